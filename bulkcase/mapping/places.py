"""Where a mapped value goes: a field of the case, a path into one, a custom field, an item of a list."""

from dataclasses import dataclass
from typing import Final

from bulkcase.fields import FIELDS, Kind
from bulkcase.job.needs import CUSTOM
from bulkcase.job.sources import FieldSource

CUSTOM_ROOT: Final = "fields"
"""The field of a case that holds its custom fields."""


@dataclass(frozen=True, slots=True)
class Place:
    """One key of the mapping, taken apart."""

    key: str
    """As in the job file behind `mapping.`."""
    do: str
    """set, add, remove, path or custom: see `bulkcase.model.Edit`."""
    root: str
    """The field of the case that is sent."""
    kind: Kind
    """What its cells are read as."""

    @property
    def waits_for_the_case(self) -> bool:
        """Whether only the live case tells what is sent."""
        return self.do != "set"


def place_of(key: str, source: FieldSource) -> Place:
    """Return where the value of a key of the mapping goes; for a field that nobody knows, a text."""
    if key.startswith(CUSTOM):
        return Place(key, "custom", CUSTOM_ROOT, Kind.TEXT)
    root, dot, _ = key.partition(".")
    if dot:
        return Place(key, "path", root, Kind.TEXT)
    do = "set" if source.mode == "replace" else source.mode
    return Place(key, do, key, FIELDS.get(key, Kind.TEXT))
