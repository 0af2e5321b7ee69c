"""Deciding about rows, group by group of one case, and about time. Pure."""
