"""The database that knows every run, row, call and outcome."""

from bulkcase.ledger.journal import Journal
from bulkcase.ledger.rows import RowRecord, RunRows
from bulkcase.ledger.runs import Ledger, Place, RunRecord
from bulkcase.ledger.sessions import Worker

__all__ = ["Journal", "Ledger", "Place", "RowRecord", "RunRecord", "RunRows", "Worker"]
