"""The rows of a run beside those of other runs that are about the same cases."""

from collections.abc import Collection, Iterator

from sqlalchemy import func, select

from bulkcase.ledger.figures import RunFigures
from bulkcase.ledger.tables import may_have_landed, rows, runs
from bulkcase.model import Outcome


class AmongRuns(RunFigures):
    """What other runs have to do with the rows of one."""

    def overtaken(self, outcomes: Collection[Outcome]) -> Iterator[tuple[int, Outcome, str]]:
        """Yield number, outcome and the later run for each row whose case a later run of the target may have changed.

        `outcomes` are those of the rows that are looked at.
        """
        later_runs, later_rows = runs.alias(), rows.alias()
        target = select(runs.c.target).where(runs.c.seq == self._run).scalar_subquery()
        query = (
            select(rows.c.number, rows.c.state, func.max(later_runs.c.id))
            .select_from(rows)
            .join(later_runs, (later_runs.c.seq > rows.c.run) & (later_runs.c.target == target))
            .join(later_rows, (later_rows.c.run == later_runs.c.seq) & (later_rows.c.case_key == rows.c.case_key))
            .where(
                rows.c.run == self._run,
                rows.c.state.in_(list(outcomes)),
                may_have_landed(later_rows),
            )
            .group_by(rows.c.number, rows.c.state)
        )
        for number, state, run_id in self._stream(query):
            yield number, Outcome(state), run_id

    def newer(self, number: int) -> list[tuple[str, str]]:
        """Return the later runs of the target that may have changed the case of a row, each with the fields it sent."""
        later_runs, later_rows = runs.alias(), rows.alias()
        target = select(runs.c.target).where(runs.c.seq == self._run).scalar_subquery()
        query = (
            select(later_runs.c.id, later_rows.c.fields)
            .select_from(rows)
            .join(later_runs, (later_runs.c.seq > rows.c.run) & (later_runs.c.target == target))
            .join(later_rows, (later_rows.c.run == later_runs.c.seq) & (later_rows.c.case_key == rows.c.case_key))
            .where(rows.c.run == self._run, rows.c.number == number, may_have_landed(later_rows))
            .order_by(later_runs.c.seq.desc())
        )
        return [(run_id, fields) for run_id, fields in self._all(query)]

    def landed_before(self, earlier: Collection[int]) -> Iterator[tuple[int, str, int]]:
        """Yield, for waiting rows that say what landed last for their case in `earlier` runs, where that was.

        Each is number, id of that run, number of the row there. `earlier` are the `seq` of runs.
        """
        old, newer = rows.alias(), rows.alias()
        known = list(earlier)
        target = select(runs.c.target).where(runs.c.seq == self._run).scalar_subquery()
        of_target = select(runs.c.seq).where(runs.c.target == target, runs.c.seq != self._run)
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
