"""What a run writes, made from the ledger, again whenever asked."""

from bulkcase.reporting.decisions import write_decisions
from bulkcase.reporting.files import make_folder
from bulkcase.reporting.formats.results import write_results
from bulkcase.reporting.frame import frame_of_plan, frame_of_results
from bulkcase.reporting.summary import Summary, write_summary

__all__ = [
    "Summary",
    "frame_of_plan",
    "frame_of_results",
    "make_folder",
    "write_decisions",
    "write_results",
    "write_summary",
]
