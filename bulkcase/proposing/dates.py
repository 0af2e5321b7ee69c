"""In which formats the dates of a column may be written, told by the shape of each value."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from bulkcase.cells import Cell
from bulkcase.mapping.types.dates import check_format
from bulkcase.proposing.looks import short_text

_PARTS: Final = re.compile(
    r"(?P<a>[0-9]{1,4})(?P<s>[-/.]|\. ?| )(?P<b>[0-9]{1,2}|[A-Za-z]{3,9})(?P<t>[-/.]|\. ?| )(?P<c>[0-9]{4}|[0-9]{1,2})"
)
_MONTH_FIRST: Final = re.compile(r"(?P<b>[A-Za-z]{3,9}) [0-9]{1,2}(?P<comma>,?) [0-9]{4}")
_DIGITS: Final = re.compile(r"(?:19|20)[0-9]{6}")
_TIME: Final = re.compile(
    r"(?:(?P<gap>,? |T)[0-9]{1,2}:[0-9]{2}(?P<seconds>:[0-9]{2})?(?P<fraction>\.[0-9]{1,6})?"
    r"(?P<noon> ?[AaPp][Mm])?(?P<zone> ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?)?"
)
_MOST: Final = 8
"""Formats that are tried on all values of a column."""
_ABBREVIATED: Final = 3
_ORDERS: Final = {"%d%m": "day first", "%m%d": "month first", "%y%m": "year first"}
_SHOWN: Final = dt.datetime(2026, 4, 3, 14, 5, 6, tzinfo=dt.UTC)


def formats_of(values: Sequence[Cell]) -> list[str]:
    """Return the formats of strptime that some of the values may have, the most frequent first."""
    found = Counter(each for value in values if isinstance(value, str | int) for each in _formats(short_text(value)))
    return [each for each, _ in found.most_common(_MOST) if _is_one(each)]


def order_in_words(fmt: str) -> str:
    """Return which part of a date a format has first, with an example."""
    letters = "".join(re.findall("%[dmy]", fmt.replace("%Y", "%y").replace("%b", "%m").replace("%B", "%m")))
    example = f"3 April 2026 is {_SHOWN.strftime(fmt)}"
    return f"{_ORDERS.get(letters[:4], 'another order')}: {example}"


def _formats(text: str) -> Iterator[str]:
    for pattern, dates in ((_PARTS, _of_parts), (_MONTH_FIRST, _month_first), (_DIGITS, lambda _: iter(["%Y%m%d"]))):
        found = pattern.match(text)
        rest = _TIME.fullmatch(text, found.end()) if found else None
        if found and rest:
            yield from (date + _time(rest) for date in dates(found))


def _of_parts(found: re.Match[str]) -> Iterator[str]:
    first, second, third = found["a"], found["b"], found["c"]
    year = "%Y" if len(third) == 4 else "%y"
    if second.isalpha():
        yield (
            _joined(found, "%Y", _month(second), "%d")
            if len(first) == 4
            else _joined(found, "%d", _month(second), year)
        )
    elif len(first) == 4:
        yield _joined(found, "%Y", "%m", "%d")
    else:
        yield _joined(found, "%d", "%m", year)
        yield _joined(found, "%m", "%d", year)
        if year == "%y" and len(first) == 2:
            yield _joined(found, "%y", "%m", "%d")


def _joined(found: re.Match[str], *parts: str) -> str:
    return f"{parts[0]}{found['s']}{parts[1]}{found['t']}{parts[2]}"


def _month_first(found: re.Match[str]) -> Iterator[str]:
    yield f"{_month(found['b'])} %d{found['comma']} %Y"


def _month(name: str) -> str:
    return "%b" if len(name) == _ABBREVIATED else "%B"


def _time(found: re.Match[str]) -> str:
    if found["gap"] is None:
        return ""
    noon, zone = found["noon"] or "", found["zone"] or ""
    return (
        found["gap"]
        + ("%I:%M" if noon else "%H:%M")
        + (":%S" if found["seconds"] else "")
        + (".%f" if found["fraction"] else "")
        + (f"{' ' if noon.startswith(' ') else ''}%p" if noon else "")
        + (f"{' ' if zone.startswith(' ') else ''}%z" if zone else "")
    )


def _is_one(fmt: str) -> bool:
    try:
        check_format(fmt)
    except ValueError:
        return False
    return True
