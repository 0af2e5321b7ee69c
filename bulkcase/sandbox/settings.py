"""How a sandbox behaves: who may call it, how fast, and what goes wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bulkcase.sandbox.faults import Fault
from bulkcase.sandbox.windows import Window


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """The behaviour of a sandbox; the same settings and the same calls give the same answers.

    Raises ValueError for a limit, a latency or chances that cannot be.
    """

    client_id: str = "cs-sandbox"
    client_secret: str = "not-a-secret-sandbox-only-0123456789abcdef"  # noqa: S105 - visibly fake; opens nothing
    stream_id: str = "st-sandbox"
    account_id: str = "sandbox-account"
    windows: Sequence[Window] = ()
    """Strict rolling windows as (calls, seconds); none: no limit."""
    latency: tuple[float, float] = (0.0, 0.0)
    """Shortest and longest time to an answer, in seconds; uniform between them."""
    faults: Mapping[Fault, float] = field(default_factory=dict)
    """The chance of each fault, from 0 to 1, for each updateCase call."""
    trickle: float = 1.0
    """Seconds between two bytes of a slow answer."""
    script: Sequence[Fault | None] = ()
    """Faults for updateCase calls in the order of their arrival; None lets a call pass."""
    case_scripts: Mapping[str, Sequence[Fault | None]] = field(default_factory=dict)
    """Faults for the calls of one case, before the shared script and not taken from it."""
    seed: int = 0
    made_at: float | None = None
    """The moment before which cases that are made for keys were made, in seconds since the epoch; None: today."""
    clock_ahead: float = 0.0
    """Seconds by which the server's clock is ahead of this machine's; less than 0: behind."""
    require_jti: bool = False
    """A token is good for one call, and lives no longer than `longest_life`."""
    longest_life: float = 3600.0
    """Seconds that a token may live where it is good for one call."""
    scope: bool = True
    """Whether the app has the scope that the API asks for."""
    page_size: int = 50
    """The most cases that one answer of getCases holds."""
    ignore_skip: bool = False
    """Page by `page` only, as a server may that does not know `skip`."""
    ignore_page: bool = False
    """Do not know `page`; with `ignore_skip` every answer of getCases is the first page."""
    refuse_sort: bool = False
    """Answer 412 to getCases with `sortBy`."""
    ignore_sort: bool = False
    """Show the newest case first, in the order of creation reversed, whatever `sortBy` says."""
    refuse_limit_above: int | None = None
    """Answer 412 to getCases with a `limit` above it; None: a limit that is too large is cut to `page_size`."""
    finds_references: bool = False
    """Let searchText find references, too; else names alone."""
    ignore_search: bool = False
    """Take searchText and filter nothing by it."""
    front: Fault | None = None
    """What stands before the API and answers every call in its place, such as a login page."""
    rate_headers: bool = False
    """Say in headers of every answer which windows there are, and how many calls are left in the first one."""
    retry_after: float | None = None
    """Seconds in the Retry-After header of a full window; None: no header."""
    ignores: frozenset[str] = frozenset()
    """Fields that updateCase takes without complaint and does not store; the answer shows the old value.

    What these settings down to `touches` say holds for calls alone, not for a change by `Sandbox.change`.
    """
    pretends: frozenset[str] = frozenset()
    """Fields that updateCase does not store either, but whose value as it was sent is in the answer."""
    normalises: bool = False
    """Store what is sent to updateCase in a tidy form.

    Texts lose outer white space and get "\\n" for "\\r\\n", in objects and lists too; tags are lower-cased, sorted and
    not repeated; an ETA is in UTC with milliseconds; an `emailId` of `userInfo` is lower-cased; and a status or a
    priority with the `_id` of one in the catalogue is that one, whole.
    """
    trims_answers: bool = False
    """Answer updateCase with a few fixed keys of the case, as documented samples of the API do."""
    replaces: bool = False
    """Let updateCase replace the whole case: what is not sent is gone, but for what a server keeps in any case."""
    reshapes: frozenset[str] = frozenset()
    """Fields whose texts updateCase cuts to their first 10 characters, so that they are neither old nor new."""
    touches: Mapping[str, Any] = field(default_factory=dict)
    """Values that each updateCase sets by itself, whatever was sent; `_id`, `lname` and `updatedAt` cannot be."""
    keep_bodies: bool = True
    """Keep the body of each call in its record; off saves memory in large runs."""

    def __post_init__(self) -> None:
        shortest, longest = self.latency
        if not 0 <= shortest <= longest:
            raise ValueError(f"latency must go up from 0 or more: {self.latency}")
        if self.trickle < 0:
            raise ValueError(f"time between two bytes must be 0 or more: {self.trickle}")
        if any(limit < 1 or seconds <= 0 for limit, seconds in self.windows):
            raise ValueError(f"a window needs at least one call and some time: {self.windows}")
        if any(chance < 0 for chance in self.faults.values()) or sum(self.faults.values()) > 1:
            raise ValueError("chances must be 0 or more and at most 1 in all")
        if self.page_size < 1:
            raise ValueError(f"a page holds at least one case: {self.page_size}")
        if self.refuse_limit_above is not None and self.refuse_limit_above < 1:
            raise ValueError(f"a limit of at least one case has to be accepted: {self.refuse_limit_above}")
