"""What a row may end as that was hit by faults, said once for each member of `Fault`, and judged by a server's record.

Nothing here knows how the program decides: it is design.md, sections 7 and 8, in the plainest form.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from bulkcase.sandbox import Call, Fault


class Effect(Enum):
    """What a fault means for the row that it hits."""

    NONE = "updated: the answer is good, whatever comes with it"
    WAITS = "throttled: sent again, and it costs no attempt"
    RENEWS = "sent again with a fresh token; refused twice, the run stops, and the row is pending"
    AGAIN = "sent again; failed where no attempt is left, unknown where an earlier answer was lost"
    LOST = "an answer that is lost: sent again where the job says so; unknown where no attempt is left"
    REFUSED = "failed at once; unknown where an earlier answer was lost and nobody has looked since"


_OF = {
    Effect.WAITS: (
        *(Fault.THROTTLE, Fault.THROTTLE_RETRY_AFTER, Fault.THROTTLE_DATE, Fault.THROTTLE_ABSURD),
        Fault.THROTTLE_TEXT,
    ),
    Effect.RENEWS: (Fault.UNAUTHORIZED,),
    Effect.AGAIN: (Fault.SERVER_ERROR, Fault.UNAVAILABLE),
    Effect.REFUSED: (
        *(Fault.HTML, Fault.ERRORS, Fault.OTHER_CASE, Fault.REFUSE, Fault.REDIRECT),
        Fault.NOT_JSON_OBJECT,
    ),
    Effect.LOST: (
        *(Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.HANG, Fault.HANG_AFTER, Fault.GARBAGE),
        *(Fault.RESET_BEFORE, Fault.RESET_AFTER, Fault.RESET_IN_HEAD, Fault.RESET_IN_BODY, Fault.HALF_BODY),
        *(Fault.LENGTH_TOO_SMALL, Fault.LENGTH_TOO_LARGE, Fault.SLOW_HEAD, Fault.SLOW_BODY),
        *(Fault.GZIP_BOMB, Fault.DEFLATE_BOMB, Fault.ZSTD_BOMB, Fault.NESTED_BOMB, Fault.ODD_ENCODING),
        *(Fault.ENDLESS_BODY, Fault.LARGE_BODY, Fault.LONG_HEADER, Fault.MANY_HEADERS, Fault.ENDLESS_HEAD),
        *(Fault.BAD_STATUS_LINE, Fault.OLD_HTTP, Fault.INTERIM_ENDLESS),
    ),
    Effect.NONE: (Fault.INTERIM_FLOOD, Fault.UNSOLICITED, Fault.CLOSE_AFTER),
}
EFFECTS: Mapping[Fault, Effect] = {fault: effect for effect, faults in _OF.items() for fault in faults}
_COUNTED = frozenset({Effect.AGAIN, Effect.LOST})
_OPEN = frozenset({*Effect} - {Effect.REFUSED, Effect.NONE})
_RARE = {Effect.WAITS: 0.2, Effect.RENEWS: 0.2}
"""Everybody has to wait for these."""
_RAREST = {
    **dict.fromkeys((Fault.THROTTLE_RETRY_AFTER, Fault.THROTTLE_DATE), 0.04),
    **dict.fromkeys((Fault.GZIP_BOMB, Fault.DEFLATE_BOMB, Fault.ENDLESS_BODY, Fault.LARGE_BODY), 0.2),
    Fault.INTERIM_ENDLESS: 0.2,
}
"""For the first two for a second or two; the others take some MiB for an instant."""


def chances(share: float) -> Mapping[Fault, float]:
    """Return chances of all faults, `share` in all: those that cost everybody much are rarer than others."""
    weights = {fault: _RAREST.get(fault, _RARE.get(EFFECTS[fault], 1.0)) for fault in Fault}
    whole = sum(weights.values())
    return {fault: share * weight / whole for fault, weight in weights.items()}


class Try(NamedTuple):
    """One call for a case, and what came of it."""

    process: int
    """Which process made it, counted from 0."""
    effect: Effect
    has_landed: bool
    is_crash: bool
    """Whether it was the last one of a process that was killed: its answer may not have been written."""


def tries_of(calls: Iterable[Call], firsts: Sequence[int], killed: Iterable[int]) -> Mapping[str, list[Try]]:
    """Return the calls of each case in order, by all calls that a server had.

    `firsts` says for each process how many calls there were before it, `killed` which of the processes were killed.
    """
    found: dict[str, list[Try]] = defaultdict(list)
    for number, call in enumerate(calls):
        if call.endpoint == "updateCase":
            assert call.case_id is not None
            assert call.applied or call.fault is not None, f"the server refused a call by itself: {call}"
            effect = Effect.NONE if call.fault is None else EFFECTS[call.fault]
            process = bisect_right(firsts, number) - 1
            found[call.case_id].append(Try(process, effect, call.applied, is_crash=False))
    crashed = set(killed)
    for tries in found.values():
        for place, one in enumerate(tries):
            is_last = place + 1 == len(tries) or tries[place + 1].process != one.process
            tries[place] = one._replace(is_crash=is_last and one.process in crashed)
    return found


def too_late(tries: Mapping[str, list[Try]]) -> int:
    """Return for how many calls the client had no time left when the answer came, and count these as lost.

    The server does not know of it: where it stood still, it may see a call when its caller has given up. So it is for
    whoever asks to say how many such calls there can have been.
    """
    found = 0
    for of_case in tries.values():
        for place, (one, after) in enumerate(pairwise(of_case)):
            if one.effect not in _OPEN and one.process == after.process:
                of_case[place] = one._replace(effect=Effect.LOST)
                found += 1
    return found


def wrong_with(tries: Sequence[Try], outcome: str, *, attempts: int, looks: bool) -> str:
    """Return what is wrong with a row that ended so after these calls; empty where nothing is.

    `attempts` is the job's; `looks` says that a case is read before it is sent again.
    """
    for place, (one, after) in enumerate(pairwise(tries), start=1):
        is_resumed = one.process != after.process and "unknown" in _allowed(tries[:place], looks=looks)
        if one.effect not in _OPEN and not one.is_crash and not is_resumed:
            return "it was sent again though it was settled"
    *_, last = tries
    failures = sum(one.effect in _COUNTED for one in tries)
    if failures > attempts * len({one.process for one in tries}):
        return "it was sent more often than the job says"
    allowed = _allowed(tries, looks=looks)
    if outcome not in allowed:
        return f"it has to be {' or '.join(sorted(allowed)) or 'sent again'}, and is {outcome}"
    is_settled = outcome == "updated" or last.effect not in _COUNTED
    return "" if is_settled or failures >= attempts else "it was given up early"


def _allowed(tries: Sequence[Try], *, looks: bool) -> frozenset[str]:
    """Return what a row may end as after these calls."""
    *earlier, last = tries
    is_in_doubt = any(one.effect is Effect.LOST for one in earlier)
    may_be_in_doubt = any(one.is_crash for one in earlier)
    may_be_seen = {"updated"} if looks and any(one.has_landed for one in tries) else set()
    if last.effect is Effect.NONE:
        return frozenset({"updated"})
    if last.effect is Effect.LOST:
        return frozenset(may_be_seen or {"unknown"})
    if last.effect in {Effect.AGAIN, Effect.REFUSED}:
        if is_in_doubt and looks and last.effect is Effect.REFUSED:
            # It was looked at before it was sent again.
            may_be_seen |= {"failed"}
        ends = {"unknown"} if is_in_doubt else {"failed"} | ({"unknown"} if may_be_in_doubt else set())
        return frozenset(ends | may_be_seen)
    return frozenset(may_be_seen if any(one.is_crash for one in tries) else ())
