"""How the values of a column can be read for a field: tried with what reads them in a run."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from bulkcase.fields import Kind
from bulkcase.job.needs import CUSTOM, LEARNABLE
from bulkcase.job.sources import FieldSource
from bulkcase.mapping.faults import Fault
from bulkcase.mapping.places import place_of
from bulkcase.mapping.readers import Convert
from bulkcase.mapping.types.converters import DATES, LISTS, Surroundings, converter
from bulkcase.mapping.types.lookups import LiveLookup
from bulkcase.proposing.dates import formats_of, order_in_words
from bulkcase.proposing.looks import SEPARATORS, Look, is_email

_MANY_NAMES: Final = 40
"""Different values from which on they are hardly names of something that is looked up, where most are different."""

_SWAPPED: Final = "some of its dates are texts: a spreadsheet may have taken day for month in the others"


@dataclass(frozen=True, slots=True)
class How:
    """What the mapping says of a column beside its name."""

    format: str | None = None
    split: str | None = None
    mode: Literal["replace", "add"] = "replace"

    def settings(self) -> Mapping[str, str]:
        """Return what is set, by its key in the job file."""
        found = {"format": self.format, "split": self.split, "mode": None if self.mode == "replace" else self.mode}
        return {key: value for key, value in found.items() if value is not None}

    def source(self, column: str) -> FieldSource:
        """Return what the job says of where the value comes from."""
        return FieldSource.model_validate({"column": column, **self.settings()})


@dataclass(frozen=True, slots=True)
class Ways:
    """How a column may be read: one way where nothing else is possible."""

    hows: Sequence[How]
    """At least one; the first one is an example where there is a doubt."""
    why: str
    """What its values are."""
    doubt: str = ""
    """Why a person has to look; empty where it is sure."""
    fits: bool = True
    """Whether some value can be read so."""


def ways_of(field: str, look: Look, *, fed_back: bool = False) -> Ways:
    """Return how a column can be read for a field, a path, or a custom field."""
    kind = place_of(field, FieldSource(column="-")).kind
    if not look.values:
        return Ways((_example(kind),), "", "it has no value in the sample")
    if kind in DATES:
        return _dates(field, look, fed_back)
    if kind in LISTS:
        return _lists(field, kind, look)
    if kind is Kind.OBJECT:
        return _objects(field, look)
    # A text that is ISO 8601 already stands as it is.
    is_date = field.startswith(CUSTOM) and formats_of(look.values[:1])
    if is_date and _misfits("dueDate", How(), look, fed_back=fed_back):
        return _dates(field, look, fed_back)
    return _plain(field, look, kind)


def needs_zone(field: str, how: How, look: Look, *, fed_back: bool = False) -> bool:
    """Say whether a date among the values has no time zone, so that the job has to name one."""
    convert = _converter(field, how, None, fed_back)
    return any(isinstance(found, Fault) and found.code == "no_zone" for found in map(convert, look.values))


def _dates(field: str, look: Look, fed_back: bool) -> Ways:
    plain = How()
    bad = _misfits(field, plain, look, fed_back)
    if _are_few(bad, look) and not field.startswith(CUSTOM):
        texts = map(How, formats_of([look.values[index] for index in bad]))
        # A text that is no day of any year, such as 31/11, tells nothing of the others.
        if _has_typed(look) and any(bad - _misfits(field, how, look, fed_back) for how in texts):
            return Ways((plain,), "", _SWAPPED)
        return Ways((plain,), f"dates that need no format{_but_for(bad, look)}")
    tried = {how: _misfits(field, how, look, fed_back) for how in map(How, formats_of(look.values))}
    if not tried:
        return Ways((How("%d/%m/%Y"),), "", "its values are no dates in a form that is known")
    least = min(map(len, tried.values()))
    best = [how for how, missed in tried.items() if len(missed) == least]
    missed = tried[best[0]]
    if doubt := _doubt_of_dates(tried, best, look):
        return Ways(best, "", doubt)
    return Ways(best, f"dates, {order_in_words(str(best[0].format))}{_but_for(missed, look)}")


def _doubt_of_dates(tried: Mapping[How, frozenset[int]], best: Sequence[How], look: Look) -> str:
    """Return why the best of the formats that were tried is not surely the one; empty where it is."""
    missed = tried[best[0]]
    # A date that another format reads tells that not all of them are of this one.
    if any(missed - others for others in tried.values()):
        return "its dates have more forms than one, such as day first and month first"
    if len(best) > 1:
        return f"its dates do not tell their order: {' or '.join(_orders(best))}"
    if _has_typed(look):
        return _SWAPPED
    return "" if _are_few(missed, look) else f"{len(missed):,} of its {look.filled:,} values are no dates"


def _has_typed(look: Look) -> bool:
    return any(isinstance(value, dt.date) for value in look.values)


def _orders(hows: Sequence[How]) -> list[str]:
    return [order_in_words(str(how.format)).partition(":")[0] for how in hows]


def _lists(field: str, kind: Kind, look: Look) -> Ways:
    # What only adds takes nothing away from a case, whatever is in the file.
    mode: Literal["replace", "add"] = "add" if kind is Kind.TEXTS else "replace"
    if look.is_json("["):
        how = How(mode=mode)
        return _fit(field, how, look, "JSON lists")
    found = look.separators()
    hows = [How(split=each, mode=mode) for each in found or [","]]
    if len(found) == 1:
        return Ways(hows, f"lists, their items between {SEPARATORS[found[0]]}")
    if not found:
        return Ways(hows, "", "no separator is seen in its values")
    called = " and ".join(SEPARATORS[each] for each in found)
    return Ways(hows, "", f"its values have {called}, and one of these divides the items")


def _objects(field: str, look: Look) -> Ways:
    if look.is_json("{"):
        return _fit(field, How(), look, "JSON objects")
    if field not in LEARNABLE:
        return Ways(
            (How(),), "", f"{field} is an object: its values would have to be JSON, or names of lookups.{field}"
        )
    if look.distinct > _MANY_NAMES and look.distinct * 2 > look.filled:
        return Ways(
            (How(),), "", f"{look.distinct:,} different values in {look.filled:,} are hardly names of a {field}"
        )
    if look.mostly(lambda text: text.replace(".", "").isdigit()):
        return Ways((How(),), "", "its values are numbers, no names")
    names = "1 name" if look.distinct == 1 else f"{look.distinct:,} different names"
    return Ways((How(),), f"{names}, to be looked up in lookups.{field}")


def _plain(field: str, look: Look, kind: Kind) -> Ways:
    if field == "userInfo.emailId" and not look.mostly(is_email):
        return Ways((How(),), "", "its values are no e-mail addresses")
    what = {Kind.BOOLEAN: "true or false", Kind.NUMBER: "numbers"}.get(kind, "texts")
    return _fit(field, How(), look, what)


def _fit(field: str, how: How, look: Look, what: str) -> Ways:
    bad = _misfits(field, how, look)
    if not _are_few(bad, look):
        return Ways(
            (how,), "", f"{len(bad):,} of its {look.filled:,} values are not {what}", fits=len(bad) < look.filled
        )
    return Ways((how,), what + _but_for(bad, look))


def _misfits(field: str, how: How, look: Look, fed_back: bool = False) -> frozenset[int]:
    convert = _converter(field, how, dt.UTC, fed_back)
    return frozenset(index for index, value in enumerate(look.values) if isinstance(convert(value), Fault))


def _converter(field: str, how: How, zone: dt.tzinfo | None, fed_back: bool) -> Convert:
    source = how.source("-")
    around = Surroundings(header=(), zone=zone, marker=None, lookups={field: LiveLookup()}, fed_back=fed_back)
    return converter(place_of(field, source), source, around)


def _are_few(bad: frozenset[int], look: Look) -> bool:
    return len(bad) * 10 <= look.filled


def _but_for(bad: frozenset[int], look: Look) -> str:
    return f", but for {len(bad):,} of {look.filled:,} values" if bad else ""


def _example(kind: Kind) -> How:
    if kind in DATES:
        return How(format="%d/%m/%Y")
    if kind in LISTS:
        return How(split=",", mode="add" if kind is Kind.TEXTS else "replace")
    return How()
