"""What a person is asked where the file alone does not tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bulkcase.cells import shown
from bulkcase.proposing.dates import order_in_words
from bulkcase.proposing.key import NoKey
from bulkcase.proposing.looks import SEPARATORS
from bulkcase.proposing.placing import Placing
from bulkcase.proposing.ways import How

YES: Final = ("yes",)
"""The answers of a question that has no other than this one, and none."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question to which no answer is one, too: then nothing is decided."""

    text: str
    """What it is about, on a line of its own, where `asks` goes on."""
    answers: Sequence[str]
    free: bool = False
    """Another answer than these may be given."""
    asks: str = ""
    """What is asked, where the answer is yes or nothing."""


def about_column(placing: Placing) -> Question:
    """Return the question whether, or how, a column is mapped; its answers are in the order of `placing.hows`."""
    value = f" ({placing.example})" if placing.example else ""
    text = f"Column {shown(placing.column)}{value}: {placing.why}."
    if len(placing.hows) == 1:
        return Question(text, YES, asks=f"Map it to {placing.field}?")
    return Question(f"{text} Map it to {placing.field}?", [_in_words(how) for how in placing.hows])


def about_key(found: NoKey) -> Question:
    """Return the question which of some columns has the keys; its answers are in the order of `found.among`."""
    return Question(
        f"{found.why}. Which one says which case a row is about?", [shown(key.column) for key in found.among]
    )


def about_sheet(file: str, names: Sequence[str]) -> Question:
    """Return the question which sheet of a workbook has the rows; its answers are in the order of `names`."""
    return Question(f"{file} has more sheets than one. Which one has the rows?", [shown(name) for name in names])


def about_learning(fields: Sequence[str], host: str) -> Question:
    """Return the question whether the names of some fields are learnt from live cases."""
    text = f"The live cases of {host} show the names of {' and '.join(fields)}: to learn them reads all of the cases."
    return Question(text, YES, asks="Learn them now?")


def about_zone(columns: Sequence[str], here: str | None) -> Question:
    """Return the question of which time zone dates are that do not say it."""
    listed = " and ".join(map(shown, columns))
    # What is first is taken easily, and a server is often elsewhere than whoever wrote the dates.
    answers = ["UTC", *([here] if here not in {None, "UTC"} else [])]
    return Question(f"The dates in {listed} name no time zone. Of which one are they?", answers, free=True)


def _in_words(how: How) -> str:
    if how.format is not None:
        return order_in_words(how.format)
    return f"lists, their items between {SEPARATORS[how.split]}" if how.split else "as it is"
