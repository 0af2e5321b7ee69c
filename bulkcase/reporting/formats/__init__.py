"""The forms of a report: one module or folder each."""
