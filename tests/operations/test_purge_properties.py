"""Any sequence of runs, retries and purges beside the same one without purges: what is kept acts alike in both."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from support.depth import examples
from support.ledgers import NOW, begin, good_row, new_run, stored

from bulkcase.clock import Instant
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.changes import intent, outcome
from bulkcase.ledger.queries.found import UNFINISHED
from bulkcase.model import Outcome, Result, RunState
from bulkcase.operations.common.ended import RETRIED
from bulkcase.operations.deciding.overtaken import supersede_overtaken
from bulkcase.operations.purging.kept import why_kept

SENT = RETRIED | {Outcome.PENDING}
ENDS = [
    Result(Outcome.UPDATED, 1, 200),
    Result(Outcome.MISMATCH, 1, 200),
    Result(Outcome.FAILED, 1, 400),
    Result(Outcome.UNKNOWN, 1),
    Result(Outcome.PENDING),
]
LANDS = {Outcome.UPDATED, Outcome.MISMATCH, Outcome.UNKNOWN}
STATES = [*[RunState.FINISHED] * 4, RunState.INTERRUPTED, RunState.ABANDONED]
CASES = ["ci-1", "ci-2"]
MATTERS = """
SELECT number FROM rows JOIN runs ON runs.seq = rows.run
WHERE runs.id = ? AND (attempts > 0 OR rows.state <> 'superseded') ORDER BY number
"""
"""The rows that have to know of others: not those that were given up, and no command has sent or would send."""
FOLDERS = ("purged", "whole")


class Purges(RuleBasedStateMachine):
    """Two ledgers to which the same happens, but that one of them is purged now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.ledgers = [Ledger(Path(self.folder.name) / name / "ledger.sqlite3") for name in FOLDERS]
        for ledger in self.ledgers:
            # No power fails here, and each step would wait for the disk.
            ledger._writer.exec_driver_sql("PRAGMA synchronous = OFF")
            ledger._writer.rollback()
        self.seconds = 0.0
        self.ids: list[str] = []
        """Of all runs, in the order in which they were planned."""
        self.landed: dict[str, int] = {}
        """By case the newest run that may have changed it, by its place in that order."""

    @property
    def purged(self) -> Ledger:
        return self.ledgers[0]

    def kept(self) -> list[RunRecord]:
        return self.purged.runs()

    def now(self) -> Instant:
        """Return a moment later than the last one."""
        self.seconds += 100.0
        return Instant("boot-1", self.seconds, NOW + self.seconds)

    @rule(
        cases=st.lists(st.sampled_from(CASES), min_size=1, max_size=2, unique=True),
        link=st.sampled_from(["", "", "continues", "undoes"]),
        of=st.integers(0, 9),
    )
    def plan(self, cases: Sequence[str], link: str, of: int) -> None:
        """Plan a run, perhaps one that belongs to another."""
        kept, now = self.kept(), self.now().wall
        more: dict[str, Any] = {link: kept[of % len(kept)].id} if link and kept else {}
        for ledger in self.ledgers:
            run = new_run(ledger, now=now, suffix=f"{len(self.ids):04x}", **more)
            ledger.rows(run).add([good_row(number, case) for number, case in enumerate(cases, 2)], now)
            run = ledger.planned(run, rows=len(cases), clears=0, notes=())
        self.ids.append(run.id)

    @precondition(lambda self: self.kept())
    @rule(
        of=st.integers(0, 9),
        ends=st.lists(st.sampled_from(ENDS), min_size=2, max_size=2),
        state=st.sampled_from(STATES),
    )
    def work(self, of: int, ends: Sequence[Result], state: RunState) -> None:
        """Start a run, resume it, or send again what did not end well in it."""
        self._compare()
        now, run = self.now(), self.kept()[of % len(self.kept())]
        sent = [self._sent(ledger, ledger.run(run.id), now, ends, state) for ledger in self.ledgers]
        assert sent[0] == sent[1]
        place = self.ids.index(run.id)
        for case, end in sent[0]:
            assert self.landed.get(case, -1) <= place, "no row is sent after a later one of its case has landed"
            if end in LANDS:
                self.landed[case] = place

    def _sent(
        self, ledger: Ledger, run: RunRecord, now: Instant, ends: Sequence[Result], state: RunState
    ) -> list[tuple[str, Outcome]]:
        supersede_overtaken(ledger.rows(run), SENT, now.wall)
        rows = begin(ledger, run, now)
        sent = []
        for row in list(rows.sendable(SENT)):
            end = ends[row.number - 2]
            rows.apply([intent(row.number, row.last)])
            rows.apply([outcome(row.number, end, now.wall)])
            sent.append((row.case_id, end.outcome))
        ended = replace(ledger.run(run.id), state=state, exit_code=1, finished_at=now.wall + 50.0)
        ledger.end(ended, now)
        return sent

    @precondition(lambda self: self.kept())
    @rule(which=st.sets(st.integers(0, 5), min_size=1, max_size=3), is_named=st.booleans())
    def purge(self, which: set[int], *, is_named: bool) -> None:
        """Purge what may go of some runs."""
        every, purging = self.kept(), self.purged.purging()
        chosen = [run for place, run in enumerate(every) if place in which]
        kept = why_kept(self.purged, purging, chosen, is_named=is_named)
        going = [run for run in chosen if run.seq not in kept]
        assert not [run.id for run in going if run.state in UNFINISHED]
        purging.purge([run.seq for run in going])
        purging.purge_calls(self.now(), 0.0)
        assert stored(self.purged.path, "PRAGMA foreign_key_check") == []
        self._compare()

    def _compare(self) -> None:
        """Prove that what is kept knows the same of other runs as if none had been purged."""
        told = [list(self._told(ledger)) for ledger in self.ledgers]
        assert told[0] == told[1]

    def _told(self, ledger: Ledger) -> Iterator[Any]:
        """Yield what each run that is kept has to know of others."""
        ids = [run.id for run in self.kept()]
        for run in (ledger.run(run_id) for run_id in ids):
            rows, family = ledger.rows(run), ledger.related(run)
            matters = [number for (number,) in stored(ledger.path, MATTERS, run.id)]
            yield sorted(found for found in rows.overtaken(frozenset(Outcome)) if found[0] in matters)
            yield [rows.newer(number) for number in matters]
            yield sorted(rows.landed_before([one.seq for one in family]))
            yield [one.id for one in family], [one.id for one in ledger.undone_by(run)]
            yield [one.id for one in ledger.takes_back(run)]
        yield ledger.taken_back("kore.example.com/account/st-1").intersection(ids)

    def teardown(self) -> None:
        for ledger in self.ledgers:
            ledger.__exit__()
        self.folder.cleanup()


Purges.TestCase.settings = settings(max_examples=examples(8), stateful_step_count=14, deadline=None)
TestPurges = Purges.TestCase
