"""What the key of a case looks like, and what is noted where a job takes its keys for something else. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bulkcase.said import number

ID_PREFIX: Final = "ci-"
"""How the ids of cases begin."""
is_id: Final = re.compile(r"ci-[A-Za-z0-9_-]+").fullmatch
"""The id of a case."""
is_reference: Final = re.compile(r"[A-Za-z]{1,8}[-_]?[0-9]{3,15}").fullmatch
"""The reference of a case: letters, which vary by its template, and a number."""
is_usual_reference: Final = re.compile(r"CS[0-9]{3,15}").fullmatch
"""The reference of a case, as it is where nobody has changed that."""


class KeyLint:
    """Counts the keys of an input that do not look like the ids which its job takes them for."""

    def __init__(self, remedy: str) -> None:
        """Start with nothing seen; `remedy` is how the job says that its keys are references."""
        self._remedy = remedy
        self._references = _Seen()
        self._others = _Seen()

    def see(self, row: int, key: str) -> None:
        """Look at the key of a row."""
        if not key.startswith(ID_PREFIX):
            seen = self._references if is_reference(key) else self._others
            seen.first = seen.first or row
            seen.count += 1

    def notes(self) -> Iterator[str]:
        """Yield what a person should know."""
        if seen := self._references.count:
            told = number(seen, "key looks like a reference", "keys look like references")
            yield f"{told} and not like an id, first in row {self._references.first:,}: if so, {self._remedy}"
        if seen := self._others.count:
            told = number(seen, "key does", "keys do")
            yield f"{told} not begin with {ID_PREFIX}, as ids of cases do, first in row {self._others.first:,}"


@dataclass(slots=True)
class _Seen:
    """How many keys there were, and the row of the first."""

    count: int = 0
    first: int = 0
