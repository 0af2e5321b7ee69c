"""The database that knows every run, row, call and outcome."""

from bulkcase.ledger.compared import ComparedRows
from bulkcase.ledger.journal import Journal
from bulkcase.ledger.queries.shown import RowRecord
from bulkcase.ledger.records import Place, RunRecord
from bulkcase.ledger.rows import RunRows
from bulkcase.ledger.runs import Ledger
from bulkcase.ledger.sessions import Worker
from bulkcase.ledger.snapshots import Snapshot

__all__ = ["ComparedRows", "Journal", "Ledger", "Place", "RowRecord", "RunRecord", "RunRows", "Snapshot", "Worker"]
