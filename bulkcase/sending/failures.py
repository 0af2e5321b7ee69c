"""Whether so many rows have failed that a run must stop. Pure.

What is counted: `failed`, `mismatch` and `unknown`. Not `invalid`, whose rows are never sent, and not `conflict`, whose
rows are left alone on purpose. `pending` rows are not finished.

A share is judged over the last so many finished rows; over all of them while there are fewer, from the 20th on.
"""

from collections import deque

from bulkcase.job.quantities import FailureLimit
from bulkcase.model import Outcome

FAILURES = frozenset({Outcome.FAILED, Outcome.MISMATCH, Outcome.UNKNOWN})
"""Outcomes that `safety.max_failures` counts."""

_FIRST_JUDGED = 20
"""Finished rows of which a share tells something."""


class FailureRule:
    """Watches the finished rows of a run; its limit is that of the job, None where the job has none."""

    def __init__(self, limit: FailureLimit | None) -> None:
        self._limit = limit
        # Whole numbers: a fraction would cost every row ten times as much.
        self._most, self._per = (0, 1) if limit is None else limit.most.as_integer_ratio()
        self._last: deque[bool] = deque()
        self._failures = 0

    def note(self, outcome: Outcome) -> str | None:
        """Note what became of a row; return what to tell the operator where more have failed than may."""
        limit = self._limit
        if limit is None or outcome is Outcome.PENDING:
            return None
        self._failures += outcome in FAILURES
        if limit.of is None:
            return _message(f"{self._failures} rows", limit) if self._failures * self._per > self._most else None
        self._last.append(outcome in FAILURES)
        if len(self._last) > limit.of:
            self._failures -= self._last.popleft()
        rows = len(self._last)
        if rows < min(_FIRST_JUDGED, limit.of) or self._failures * self._per <= self._most * rows:
            return None
        which = "last" if rows == limit.of else "first"
        return _message(f"{self._failures} of the {which} {rows} finished rows", limit)


def _message(rows: str, limit: FailureLimit) -> str:
    return f"{rows} ended failed, mismatch or unknown: safety.max_failures is {limit.text}"
