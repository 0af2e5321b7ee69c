"""The runs of one job night after night: which cases keep failing, flip, or are there no more."""

from collections.abc import Callable, Iterator, Sequence
from heapq import nsmallest
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Select, func, or_, select

from bulkcase.fields.flips import Changed, flips
from bulkcase.ledger.queries.drift import Failing, Flipping, Night, Vanished
from bulkcase.ledger.queries.figures import RunFigures
from bulkcase.ledger.records import RunRecord, as_record
from bulkcase.ledger.storage.stored import load_values
from bulkcase.ledger.storage.tables import SENT, calls, rows, runs, sessions
from bulkcase.model import NEEDS_A_PERSON, Outcome, RunState

_BATCH: Final = 500
_MOST: Final = 50
"""So many of each kind are listed."""
_MOST_ROWS: Final = 2_000_000
"""So many rows are looked through in all, unless the last two nights have more."""
_NOT_FOUND: Final = "case_not_found"
_DONE: Final = frozenset({Outcome.UPDATED, Outcome.UNCHANGED})
"""The outcomes after which a case is as its row says."""
_SAID: Final = "set."
"""How the keys of a definition start that have the values of a run without a spreadsheet."""

_T = TypeVar("_T")


class Nights(RunFigures):
    """Some runs of a ledger beside each other; what is told of cases is about the last one.

    Nothing here takes memory by the number of rows: lists are cut, and come with how many there are in all.
    """

    def __init__(self, engine: Engine, writer: Connection, path: Path, of: Sequence[RunRecord]) -> None:
        super().__init__(engine, writer, of[-1].seq, path)
        self._runs = of
        self._earlier = [run.seq for run in of[:-1]]
        self._window = [run.seq for run in of]
        # A reference that is not found has no id by which another night would know its case.
        self._has_references = "refId" in of[-1].definition.get("input.key", "")

    def window(self, most: int, most_rows: int = _MOST_ROWS) -> list[RunRecord]:
        """Return the last finished runs of the job of the last one, at its target, the oldest first.

        At most so many, and of so many rows in all, but at least two where there are two. What was taken back is not
        among them, nor what takes another run back, continues one, or has a part of the rows only.
        """
        last, back = self._runs[-1], runs.alias()
        gone = select(back.c.undoes).where(back.c.undoes.is_not(None), back.c.state == RunState.FINISHED)
        query = select(runs).where(
            runs.c.job_file == last.job_file,
            runs.c.target == last.target,
            # While its report is made, the ledger does not have the end of the last one yet.
            or_(runs.c.state == RunState.FINISHED, runs.c.seq == last.seq),
            runs.c.undoes.is_(None),
            runs.c.continues.is_(None),
            runs.c.is_part == 0,
            runs.c.id.not_in(gone),
        )
        found: list[RunRecord] = []
        total = 0
        for line in self._stream(query.order_by(runs.c.started_at.desc(), runs.c.seq.desc())):
            run = as_record(dict(zip(runs.columns.keys(), line, strict=True)))
            run = last if run.seq == last.seq else run
            if run.state is not RunState.FINISHED or _said(run) != _said(last):
                continue
            total += run.rows or 0
            if len(found) >= 2 and (len(found) >= most or total > most_rows):
                break
            found.append(run)
        return found[::-1]

    def nights(self) -> list[Night]:
        """Return the runs in numbers."""
        made = self.calls()
        return [
            Night(
                run_id=run.id,
                started_at=run.started_at or run.planned_at,
                duration=run.duration,
                state=run.state,
                exit_code=run.exit_code,
                outcomes=RunFigures(self._engine, self._writer, run.seq, self._path).counts(),
                calls=made[run.seq],
            )
            for run in self._runs
        ]

    def calls(self) -> dict[int, int]:
        """Return the number of calls of each run, by its `seq`: one pass over the calls since the first of them."""
        own = sessions.c.run.in_(self._window)
        after = select(func.min(sessions.c.calls_after)).where(own).scalar_subquery()
        whose = dict(self._all(select(sessions.c.id, sessions.c.run).where(own)))
        found = dict.fromkeys(self._window, 0)
        for session, count in self._all(
            select(calls.c.session, func.count()).where(calls.c.id > after).group_by(calls.c.session)
        ):
            if session in whose:
                found[whose[session]] += count
        return found

    def failing(self, most: int = _MOST) -> tuple[list[Failing], int]:
        """Return the cases that needed a person in the last nights in a row, two at least, the longest time first."""
        streaks, total = _first(most, self._streaks(), key=lambda found: (-found[1], found[0]))
        query = select(rows.c.case_key, rows.c.number, rows.c.code).where(
            rows.c.run == self._run, rows.c.case_key.in_([case for case, _ in streaks]), _needs_a_person()
        )
        last = {case: (row, code) for case, row, code in self._all(query.order_by(rows.c.number.desc()))}
        return [Failing(case, nights, *last[case]) for case, nights in streaks], total

    def _streaks(self) -> Iterator[tuple[str, int]]:
        """Yield each case that failed in the last nights, with the number of these."""
        now = select(rows.c.case_key).where(rows.c.run == self._run, rows.c.case_key.is_not(None), _needs_a_person())
        for keys in self._batches(now.distinct()):
            states: dict[str, dict[int, set[str]]] = {key: {} for key in keys}
            query = select(rows.c.case_key, rows.c.run, rows.c.state).distinct()
            for key, run, state in self._all(query.where(*self._about(keys))):
                states[key].setdefault(run, set()).add(state)
            for key, by_run in states.items():
                nights = _streak([by_run.get(run, set()) for run in reversed(self._window)])
                if nights >= 2:
                    yield key, nights

    def flipping(self, most: int = _MOST) -> tuple[list[Flipping], int]:
        """Return the fields of cases that were set to a value which they had had and lost, the busiest first.

        Nothing is masked: whoever shows the values has to.
        """
        return _first(most, self._flips(), key=lambda one: (-one.nights, one.case, one.field))

    def _flips(self) -> Iterator[Flipping]:
        changed = (rows.c.state == Outcome.UPDATED, rows.c.before.is_not(None))
        twice = (
            select(rows.c.case_key)
            .where(rows.c.run.in_(self._window), rows.c.case_key.is_not(None), *changed)
            .group_by(rows.c.case_key)
            .having(func.count() > 1)
        )
        place = {run: night for night, run in enumerate(self._window)}
        for keys in self._batches(twice):
            query = select(rows.c.case_key, rows.c.run, rows.c.number, SENT, rows.c.before)
            found = self._all(query.where(*self._about(keys), *changed))
            in_order = sorted(found, key=lambda line: (line[0], place[line[1]], line[2]))
            for case, lines in groupby(in_order, key=lambda line: str(line[0])):
                changes = (Changed(place[run], load_values(sent), load_values(old)) for _, run, _, sent, old in lines)
                yield from (Flipping(case, *flip) for flip in flips(changes))

    def gone(self, most: int = _MOST) -> tuple[list[Vanished], int]:
        """Return the cases that the last night did not find and an earlier one did, in the order of its rows.

        Where keys are references nobody knows.
        """
        if self._has_references:
            return [], 0
        old = rows.alias()
        known = (old.c.run.in_(self._earlier), old.c.state.in_(list(_DONE)))
        lost = (
            *(rows.c.run == self._run, rows.c.code == _NOT_FOUND, _needs_a_person()),
            select(old.c.number).where(*known, old.c.case_key == rows.c.case_key).exists(),
        )
        cut, total = self._cut(lost, most)
        query = (
            select(old.c.case_key, old.c.run).distinct().where(*known, old.c.case_key.in_([case for case, _ in cut]))
        )
        place = {run.seq: night for night, run in enumerate(self._runs)}
        seen: dict[str, int] = {}
        for case, run in self._all(query):
            seen[case] = max(seen.get(case, 0), place[run])
        return [Vanished(case, self._runs[seen[case]].id, row) for case, row in cut], total

    def left_out(self, most: int = _MOST) -> tuple[list[Vanished], int]:
        """Return the cases of the night before that the file of the last night does not name, in the order of rows.

        Where keys are references and one was not found, nobody knows.
        """
        lost = (rows.c.run == self._run, rows.c.code == _NOT_FOUND)
        if not self._earlier or (self._has_references and self._all(select(rows.c.number).where(*lost).limit(1))):
            return [], 0
        now, before = rows.alias(), self._runs[-2]
        named = select(now.c.number).where(now.c.run == self._run, now.c.case_key == rows.c.case_key).exists()
        cut, total = self._cut((rows.c.run == before.seq, rows.c.case_key.is_not(None), ~named), most)
        return [Vanished(case, before.id, None) for case, _ in cut], total

    def _cut(self, conditions: Sequence[ColumnElement[bool]], most: int) -> tuple[list[tuple[str, int]], int]:
        """Return the first cases among rows, each with its first row, and how many there are."""
        first = func.min(rows.c.number)
        query = select(rows.c.case_key, first).where(*conditions).group_by(rows.c.case_key)
        total = int(self._all(select(func.count(rows.c.case_key.distinct())).where(*conditions))[0][0])
        return [(case, row) for case, row in self._all(query.order_by(first).limit(most))], total

    def _about(self, keys: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
        return rows.c.run.in_(self._window), rows.c.case_key.in_(keys)

    def _batches(self, keys: Select[Any]) -> Iterator[list[str]]:
        """Yield the cases of a query, so many at a time as one look at their rows takes."""
        found = (key for (key,) in self._stream(keys))
        while batch := list(islice(found, _BATCH)):
            yield batch


def _needs_a_person() -> ColumnElement[bool]:
    return rows.c.state.in_(list(NEEDS_A_PERSON))


def _streak(nights: Sequence[set[str]]) -> int:
    """Return in how many nights a case failed before one in which it did not, from the states of its rows in each."""
    for number, states in enumerate(nights):
        if states.isdisjoint(NEEDS_A_PERSON) or not states.isdisjoint(_DONE):
            return number
    return len(nights)


def _said(run: RunRecord) -> dict[str, str]:
    """Return what a run without a spreadsheet sets: one that sets something else is another job, by the same file."""
    return {key: text for key, text in run.definition.items() if key.startswith(_SAID)}


def _first(most: int, found: Iterator[_T], *, key: Callable[[_T], Any]) -> tuple[list[_T], int]:
    """Return the first of what is found, in the order of a key, and how many there are."""
    total = 0

    def counted() -> Iterator[_T]:
        nonlocal total
        for one in found:
            total += 1
            yield one

    return nsmallest(most, counted(), key=key), total
