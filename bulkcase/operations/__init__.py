"""The verbs: each puts the rooms together for one thing that a person can ask for."""
