"""What every verb is handed, and what it gives back."""
