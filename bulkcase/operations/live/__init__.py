"""Calls: from a job to an open door, and live cases read through it."""
