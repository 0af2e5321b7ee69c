"""From a job and its file to the decision for every row."""
