"""What a purge deletes, and what stays."""
