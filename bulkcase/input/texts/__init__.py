"""Text files to rows: CSV, TSV and lists of keys."""
