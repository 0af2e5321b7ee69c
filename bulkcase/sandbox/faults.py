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
    THROTTLE_DATE = "throttle_date"
    """429 with Retry-After as a date."""
    THROTTLE_ABSURD = "throttle_absurd"
    """429 with a Retry-After that makes no sense."""
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

    # What follows is done to the bytes of an answer: see `wire`.
    RESET_BEFORE = "reset_before"
    """The connection is reset; nothing landed."""
    RESET_AFTER = "reset_after"
    """The change landed, then the connection is reset."""
    RESET_IN_HEAD = "reset_in_head"
    """The change landed; the connection is reset in the middle of the answer's head."""
    RESET_IN_BODY = "reset_in_body"
    """The change landed; the connection is reset in the middle of the answer's body."""
    HALF_BODY = "half_body"
    """The change landed; the connection is closed in the middle of the answer's body."""
    LENGTH_TOO_SMALL = "length_too_small"
    """The change landed; the answer has more bytes than it says."""
    LENGTH_TOO_LARGE = "length_too_large"
    """The change landed; the answer says that it has ten gigabytes more than come."""
    SLOW_HEAD = "slow_head"
    """The change landed; the head of the answer comes a byte at a time, see `SandboxSettings.trickle`."""
    SLOW_BODY = "slow_body"
    """The change landed; the body of the answer comes a byte at a time."""
    GZIP_BOMB = "gzip_bomb"
    """The change landed; the answer is packed by gzip and has a gigabyte of blanks in front."""
    DEFLATE_BOMB = "deflate_bomb"
    """The change landed; the same by deflate."""
    ZSTD_BOMB = "zstd_bomb"
    """The change landed; the same by zstd, in 32 kB, which no client asks for that cannot unpack it."""
    NESTED_BOMB = "nested_bomb"
    """The change landed; the gzip bomb is packed once more, into a few kB."""
    ODD_ENCODING = "odd_encoding"
    """The change landed; the answer is said to be packed by br, and is not."""
    ENDLESS_BODY = "endless_body"
    """The change landed; the answer has chunks without end."""
    LARGE_BODY = "large_body"
    """The change landed; the answer has 512 MiB of blanks in front."""
    LONG_HEADER = "long_header"
    """The change landed; one header of the answer has 64 kB."""
    MANY_HEADERS = "many_headers"
    """The change landed; the answer has ten thousand headers."""
    ENDLESS_HEAD = "endless_head"
    """The change landed; the headers of the answer do not end."""
    BAD_STATUS_LINE = "bad_status_line"
    """The change landed; the answer has no status."""
    OLD_HTTP = "old_http"
    """The change landed; the answer is a body without a head, as of HTTP/0.9."""
    INTERIM_FLOOD = "interim_flood"
    """The change landed; the answer comes behind five hundred that say that it will."""
    INTERIM_ENDLESS = "interim_endless"
    """The change landed; answers without end say that one will come."""
    UNSOLICITED = "unsolicited"
    """The change landed; behind its answer comes another one that nobody asked for."""
    CLOSE_AFTER = "close_after"
    """The change landed and is answered; then the connection is closed without a word."""


LANDS = frozenset(
    {Fault.DROP_AFTER, Fault.HANG_AFTER, Fault.GARBAGE}
    | {Fault.RESET_AFTER, Fault.RESET_IN_HEAD, Fault.RESET_IN_BODY, Fault.HALF_BODY}
    | {Fault.LENGTH_TOO_SMALL, Fault.LENGTH_TOO_LARGE, Fault.SLOW_HEAD, Fault.SLOW_BODY}
    | {Fault.GZIP_BOMB, Fault.DEFLATE_BOMB, Fault.ZSTD_BOMB, Fault.NESTED_BOMB, Fault.ODD_ENCODING}
    | {Fault.ENDLESS_BODY, Fault.LARGE_BODY, Fault.LONG_HEADER, Fault.MANY_HEADERS, Fault.ENDLESS_HEAD}
    | {Fault.BAD_STATUS_LINE, Fault.OLD_HTTP, Fault.INTERIM_FLOOD, Fault.INTERIM_ENDLESS}
    | {Fault.UNSOLICITED, Fault.CLOSE_AFTER}
)
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
