"""What a run has changed of a case: for each field the value before, and what it left there. Pure.

An image is a JSON object: `was`, where the case showed a value before; `left`, what it showed right afterwards, or
`sent`, where nobody knows what it made of that; and in `others` the same of attempts before.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from bulkcase.fields.equal import unchanged
from bulkcase.fields.proof import STANDS, prove
from bulkcase.model import Outcome

Images = Mapping[str, Mapping[str, Any]]
"""An image for each field."""


class Attempt(NamedTuple):
    """What was sent for a row, once or several times, by one comparison."""

    sent: Mapping[str, Any]
    before: Mapping[str, Any]
    """What the case showed of these fields; one that it did not show is not here."""
    left: Mapping[str, Any] | None
    """What it showed right afterwards, where that is not to the letter what was sent; None where nobody knows."""


def attempts_of(
    state: str,
    status: int | None,
    calls: int | None,
    sent: bytes,
    before: bytes | None,
    left: bytes | None,
    earlier: bytes | None,
) -> tuple[Attempt, ...]:
    """Return the attempts of a row that may have landed, from the columns of the ledger, the oldest first."""
    known = () if earlier is None else tuple(Attempt(*attempt) for attempt in orjson.loads(earlier))
    refused = state == Outcome.FAILED and status is not None and status < 500
    if not calls or refused:
        return known
    shown = None if left is None else orjson.loads(left)
    return *known, Attempt(orjson.loads(sent), {} if before is None else orjson.loads(before), shown)


def dump_attempts(attempts: Sequence[Attempt]) -> bytes | None:
    """Return attempts as `attempts_of` takes them for earlier ones; None where there are none."""
    return orjson.dumps([list(attempt) for attempt in attempts]) if attempts else None


def images_of(attempts: Iterable[Attempt]) -> Images:
    """Return what attempts brought, all in all.

    What stood there before is what did before the first of them; unless somebody else has written in between.
    """
    images: dict[str, dict[str, Any]] = {}
    for attempt in attempts:
        for field, value in attempt.sent.items():
            after = {"sent": value} if attempt.left is None else {"left": attempt.left.get(field, value)}
            known = images.get(field)
            if known is not None and _goes_on(field, known, attempt.before):
                was = {"was": known["was"]} if "was" in known else {}
                others = [*known.get("others", []), {key: known[key] for key in ("left", "sent") if key in known}]
                images[field] = {**was, **after, "others": others}
            else:
                images[field] = {**({"was": attempt.before[field]} if field in attempt.before else {}), **after}
    return images


def _goes_on(field: str, known: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Say whether a case showed before an attempt what another one had left, or had found."""
    now = before.get(field)
    if unchanged(field, known.get("was"), now):
        return True
    return any(
        unchanged(field, after["left"], now)
        if "left" in after
        else prove({field: after["sent"]}, before, is_whole=True).verified in STANDS
        for after in (known, *known.get("others", ()))
    )
