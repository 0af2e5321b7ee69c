"""From the columns of a file to the proposal of a job: names, looks, and what neither of them tells. Pure."""

from bulkcase.proposing.key import LOOKS, Column, Key, Match, NoKey, find_key, told_key
from bulkcase.proposing.looks import Look, look_at
from bulkcase.proposing.placing import Placing, State, placings
from bulkcase.proposing.proposal import Proposal
from bulkcase.proposing.questions import YES, Question, about_column, about_key, about_learning, about_sheet, about_zone
from bulkcase.proposing.text import Setting, Tables, job_text
from bulkcase.proposing.toml import is_whole
from bulkcase.proposing.ways import How

__all__ = [
    "LOOKS",
    "YES",
    "Column",
    "How",
    "Key",
    "Look",
    "Match",
    "NoKey",
    "Placing",
    "Proposal",
    "Question",
    "Setting",
    "State",
    "Tables",
    "about_column",
    "about_key",
    "about_learning",
    "about_sheet",
    "about_zone",
    "find_key",
    "is_whole",
    "job_text",
    "look_at",
    "placings",
    "told_key",
]
