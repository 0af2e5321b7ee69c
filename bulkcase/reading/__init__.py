"""Live cases: read page by page into the ledger, and again where they got old."""

from bulkcase.reading.reader import Reader

__all__ = ["Reader"]
