"""What is asked of the ledger, for reports and people."""
