"""Several rows about one case: which of them is sent.

    rows of the case      rule      sent          the others
    all the same          any       the first     superseded (same_row)
    different             refuse    none          invalid (duplicate_case)
    different             last      the last      superseded (same_row or later_row)

Rows that could not become a case update are not looked at: a bad row never stops a good one.
"""

from collections.abc import Iterator, Sequence

from bulkcase.model import Outcome, Result

_SHOWN = 5


def decide(group: Sequence[tuple[int, bytes]], rule: str) -> Iterator[tuple[int, Result]]:
    """Yield the decision for each row of a case that is not sent; `group` is number and fingerprint in input order."""
    fingerprints = dict(group)
    numbers = list(fingerprints)
    if len(set(fingerprints.values())) == 1:
        sent = numbers[0]
    elif rule == "last":
        sent = numbers[-1]
    else:
        message = f"rows {_listed(numbers)} are about the same case and differ"
        for number in numbers:
            yield number, Result(Outcome.INVALID, code="duplicate_case", message=message)
        return
    for number in numbers:
        if number == sent:
            continue
        if fingerprints[number] == fingerprints[sent]:
            yield number, Result(Outcome.SUPERSEDED, code="same_row", message=f"the same as row {sent}")
        else:
            message = f"row {sent} is about the same case"
            yield number, Result(Outcome.SUPERSEDED, code="later_row", message=message)


def _listed(numbers: Sequence[int]) -> str:
    if len(numbers) > _SHOWN:
        return f"{', '.join(map(str, numbers[:_SHOWN]))} and {len(numbers) - _SHOWN:,} more"
    return f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
