"""snapshot.filter: which live cases are read, in the filters that getCases documents."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, Final

from bulkcase.nearest import nearest

_DAY_FIRST: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]|$)", re.ASCII)


def case_filter(written: object) -> dict[str, Any]:
    """Return a filter as getCases takes it; raises ValueError, in words for the person who wrote it."""
    if not isinstance(written, dict):
        raise ValueError('must be a table of filters, such as { status = ["Open"] }')  # noqa: TRY004 - as every other
    return {name: _value(name, value) for name, value in written.items()}


def _value(name: str, written: Any) -> Any:
    if name not in _FORMS:
        near = nearest(name, _FORMS)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(_FORMS)}"
        raise ValueError(f"has {name}, which is no filter of getCases: {hint}")
    fits, called = _FORMS[name]
    if not fits(written):
        raise ValueError(f"has {name}, which must be {called}")
    return written.isoformat() if isinstance(written, dt.date) else written


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(map(_is_text, value))


def _is_date(value: Any) -> bool:
    if isinstance(value, dt.datetime):
        return value.tzinfo is not None
    if isinstance(value, str):
        if not _DAY_FIRST.match(value):
            return False
        try:
            return dt.datetime.fromisoformat(value).tzinfo is not None or len(value) == len("2026-11-24")
        except ValueError:
            return False
    return isinstance(value, dt.date)


_DATE = (_is_date, "a date, or a date-time with its offset")
_TEXTS = (_is_texts, "a list of names in brackets")
_FLAG = (lambda value: isinstance(value, bool), "true or false, without quotes")

_FORMS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "searchText": (_is_text, "a text in quotes"),
    **dict.fromkeys(("unresolved", "unassigned", "mycase"), _FLAG),
    **dict.fromkeys(("priority", "status", "channel", "queues"), _TEXTS),
    **dict.fromkeys(("startDate", "endDate", "dueDate"), _DATE),
}
"""The filters that the vendor documents, and the form of each."""
