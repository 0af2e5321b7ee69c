"""A run when it ends: its state, its page, who is told."""
