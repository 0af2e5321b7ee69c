"""A run while it goes on: who sends, what is sent next, and what is looked at again."""
