"""Chance that can be repeated: every draw is a hash of the seed and of what it is drawn for."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

_T = TypeVar("_T")
_DIGEST_BYTES = 48


class Draws:
    """A row of draws that depends on nothing but the parts given, not on the order in which others draw."""

    def __init__(self, *parts: object) -> None:
        text = "\x1f".join(map(str, parts)).encode("utf-8", "backslashreplace")
        self._rest = int.from_bytes(blake2b(text, digest_size=_DIGEST_BYTES).digest())

    def below(self, limit: int) -> int:
        """Return a whole number from 0 up to but not including `limit`."""
        self._rest, value = divmod(self._rest, limit)
        return value

    def pick(self, choices: Sequence[_T]) -> _T:
        """Return one of the choices."""
        return choices[self.below(len(choices))]

    def share(self) -> float:
        """Return a number from 0 up to but not including 1."""
        return self.below(1 << 53) / (1 << 53)

    def uuid(self) -> str:
        """Return a text in the form of a UUID."""
        digits = f"{self.below(1 << 128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
