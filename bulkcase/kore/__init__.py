"""The one door to the API: quota, token, request, verdict, record."""
