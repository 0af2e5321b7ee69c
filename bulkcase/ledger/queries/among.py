"""The rows of a run beside those of other runs that are about the same cases."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select

from bulkcase.ledger.queries.shown import ShownRows
from bulkcase.ledger.storage.tables import may_have_landed, rows, runs
from bulkcase.model import Outcome

_LATER_RUNS, _LATER_ROWS = runs.alias(), rows.alias()


class AmongRuns(ShownRows):
    """What other runs have to do with the rows of one."""

    def overtaken(self, outcomes: Collection[Outcome]) -> Iterator[tuple[int, Outcome, str]]:
        """Yield number, outcome and the later run for each row whose case a later run of the target may have changed.

        `outcomes` are those of the rows that are looked at.
        """
        query = self._with_later(rows.c.number, rows.c.state, func.max(_LATER_RUNS.c.id)).where(
            rows.c.state.in_(list(outcomes))
        )
        query = query.group_by(rows.c.number, rows.c.state)
        for number, state, run_id in self._stream(query):
            yield number, Outcome(state), run_id

    def newer(self, number: int) -> list[tuple[str, str]]:
        """Return the later runs of the target that may have changed the case of a row, each with the fields it sent."""
        query = self._with_later(_LATER_RUNS.c.id, _LATER_ROWS.c.fields).where(rows.c.number == number)
        return [(run_id, fields) for run_id, fields in self._all(query.order_by(_LATER_RUNS.c.seq.desc()))]

    def _with_later(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Return the query for the rows with those of later runs of the target that may have changed their cases."""
        later_runs, later_rows = _LATER_RUNS, _LATER_ROWS
        return (
            select(*columns)
            .select_from(rows)
            .join(later_runs, (later_runs.c.seq > rows.c.run) & (later_runs.c.target == self._target()))
            .join(later_rows, (later_rows.c.run == later_runs.c.seq) & (later_rows.c.case_key == rows.c.case_key))
            .where(rows.c.run == self._run, may_have_landed(later_rows))
        )

    def _target(self) -> ScalarSelect[Any]:
        return select(runs.c.target).where(runs.c.seq == self._run).scalar_subquery()

    def landed_before(self, earlier: Collection[int]) -> Iterator[tuple[int, str, int]]:
        """Yield, for waiting rows that say what landed last for their case in `earlier` runs, where that was.

        Each is number, id of that run, number of the row there. `earlier` are the `seq` of runs.
        """
        old, newer = rows.alias(), rows.alias()
        known = list(earlier)
        of_target = select(runs.c.seq).where(runs.c.target == self._target(), runs.c.seq != self._run)
        overwritten = (
            select(newer.c.number)
            .where(
                # Whichever it is: one that takes an earlier one back does not belong to its family.
                newer.c.run.in_(of_target),
                newer.c.run > old.c.run,
                newer.c.case_key == old.c.case_key,
                may_have_landed(newer),
            )
            .exists()
        )
        query = (
            select(rows.c.number, runs.c.id, func.min(old.c.number))
            .select_from(rows)
            .join(old, old.c.case_key == rows.c.case_key)
            .join(runs, runs.c.seq == old.c.run)
            .where(
                rows.c.run == self._run,
                rows.c.state == Outcome.PENDING,
                old.c.run.in_(known),
                old.c.state == Outcome.UPDATED,
                old.c.fingerprint == rows.c.fingerprint,
                ~overwritten,
            )
            .group_by(rows.c.number, runs.c.id)
        )
        yield from self._stream(query)

    def not_in(self, newer: int) -> int:
        """Return the number of waiting rows about whose cases the run `newer`, a `seq`, has no row."""
        ours = rows.alias()
        there = select(ours.c.number).where(ours.c.run == newer, ours.c.case_key == rows.c.case_key).exists()
        waiting = (rows.c.run == self._run, rows.c.state == Outcome.PENDING)
        return int(self._all(select(func.count()).select_from(rows).where(*waiting, ~there))[0][0])
