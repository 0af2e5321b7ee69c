"""What init takes, asks and learns."""
