"""What can go wrong with an updateCase call, and whom it hits: by script, or by chance that can be repeated."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from enum import StrEnum

from bulkcase.sandbox.chance import Draws


class Fault(StrEnum):
    """One way in which an updateCase call can end badly; the change lands only where that is said."""

    THROTTLE = "throttle"
    """429 without Retry-After."""
    THROTTLE_RETRY_AFTER = "throttle_retry_after"
    """429 with Retry-After."""
    THROTTLE_TEXT = "throttle_text"
    """400 whose text speaks of a rate limit."""
    SERVER_ERROR = "server_error"
    """500."""
    UNAVAILABLE = "unavailable"
    """503."""
    DROP_BEFORE = "drop_before"
    """The connection is closed; nothing landed."""
    DROP_AFTER = "drop_after"
    """The change landed, then the connection is closed."""
    HANG = "hang"
    """No answer, ever; nothing landed."""
    HANG_AFTER = "hang_after"
    """The change landed, then no answer, ever."""
    HTML = "html"
    """200 with a login page."""
    GARBAGE = "garbage"
    """The change landed; 200 with broken JSON."""
    ERRORS = "errors"
    """200 with `errors`."""
    OTHER_CASE = "other_case"
    """200 with the `_id` of another case."""
    UNAUTHORIZED = "unauthorized"
    """401 with code 4002, as for a bad token."""
    REFUSE = "refuse"
    """412."""
    REDIRECT = "redirect"
    """302 to another host."""
    NOT_JSON_OBJECT = "not_json_object"
    """200 with a JSON list."""


LANDS = frozenset({Fault.DROP_AFTER, Fault.HANG_AFTER, Fault.GARBAGE})
"""The faults that hit after the change was made."""


class FaultPicker:
    """Chooses the fault of each updateCase call: the script of its case, else the shared script, else chance.

    A None in a script lets one call pass. Chance depends on the seed, the case and how many calls of that case came
    before, so that concurrency does not change who is hit.
    """

    def __init__(
        self,
        *,
        chances: Mapping[Fault, float],
        script: Iterable[Fault | None],
        case_scripts: Mapping[str, Iterable[Fault | None]],
        seed: int,
    ) -> None:
        self._chances = sorted(chances.items())
        self._script = deque(script)
        self._case_scripts = {case_id: deque(faults) for case_id, faults in case_scripts.items()}
        self._seed = seed
        self._calls = Counter[str]()

    def pick(self, case_id: str) -> Fault | None:
        """Return the fault of this call, None where it is to go well."""
        self._calls[case_id] += 1
        for script in (self._case_scripts.get(case_id), self._script):
            if script:
                return script.popleft()
        return self._by_chance(case_id) if self._chances else None

    def _by_chance(self, case_id: str) -> Fault | None:
        rest = Draws(self._seed, "fault", case_id, self._calls[case_id]).share()
        for fault, chance in self._chances:
            rest -= chance
            if rest < 0:
                return fault
        return None
