"""What a run writes, made from the ledger, again whenever asked."""

from bulkcase.reporting import results, summary
from bulkcase.reporting.decisions import write_decisions
from bulkcase.reporting.files import make_folder
from bulkcase.reporting.frame import frame_of
from bulkcase.reporting.results import write_results
from bulkcase.reporting.summary import Summary, write_summary

FILES = (results.RESULTS, results.FAILED, summary.FILE)
"""The files of a report."""

__all__ = ["FILES", "Summary", "frame_of", "make_folder", "write_decisions", "write_results", "write_summary"]
