"""What a command of the command line said, without a process of its own."""

from collections.abc import Callable
from typing import NamedTuple


class Said(NamedTuple):
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]
