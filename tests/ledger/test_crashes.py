"""Any sequence of sendings, ends and crashes: the ledger never forgets a row and never offers one that has landed."""

from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.depth import examples
from support.ledgers import NOW, begin, good_row, new_run

from bulkcase.clock import Instant
from bulkcase.ledger import Ledger, RunRecord, RunRows
from bulkcase.ledger.changes import intent, outcome
from bulkcase.model import Call, Outcome, Result, RunState

TARGET = "kore.example.com/account/st-1"
NUMBERS = range(2, 10)
OPEN = {Outcome.PENDING, Outcome.UNKNOWN}
ENDS = [Outcome.UPDATED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.PENDING]


class Crashes(RuleBasedStateMachine):
    """A ledger beside a plain record of what happened to its rows."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.ledger = Ledger(Path(self.folder.name) / "ledger.sqlite3")
        self.run: RunRecord = new_run(self.ledger)
        self.rows: RunRows | None = None
        self.seconds = 1000.0
        self.known = dict.fromkeys(NUMBERS, Outcome.PENDING)
        self.in_flight: set[int] = set()
        self.calls = 0

    def now(self) -> Instant:
        """Return a moment later than the last one."""
        self.seconds += 1.0
        return Instant("boot-1", self.seconds, NOW + self.seconds)

    @initialize()
    def read(self) -> None:
        self.ledger.rows(self.run).add([good_row(number) for number in NUMBERS], NOW)
        self.run = self.ledger.update_run(self.run, rows=len(NUMBERS))

    @precondition(lambda self: self.rows is None)
    @rule()
    def start(self) -> None:
        self.rows = begin(self.ledger, self.run, self.now())

    @precondition(lambda self: self.rows is not None)
    @rule(chance=st.randoms())
    def send(self, chance: Random) -> None:
        """Let the call of a row leave that the ledger offers."""
        assert self.rows is not None
        offered = [row for row in self.rows.sendable(OPEN) if row.number not in self.in_flight]
        if offered:
            row = chance.choice(offered)
            self.rows.apply([intent(row.number, row.last)])
            self.in_flight.add(row.number)

    @precondition(lambda self: self.in_flight)
    @rule(chance=st.randoms(), end=st.sampled_from(ENDS))
    def answer(self, chance: Random, end: Outcome) -> None:
        """Let the outcome of a row become known and durable, with its call."""
        assert self.rows is not None
        number = chance.choice(sorted(self.in_flight))
        call = Call("updateCase", self.seconds, self.now().steady, "accepted", 200, number)
        self.rows.apply([outcome(number, Result(end, 1), NOW)], [call])
        self.in_flight.discard(number)
        self.known[number] = end
        self.calls += 1

    @precondition(lambda self: self.rows is not None)
    @rule()
    def crash(self) -> None:
        """Kill the program, and let the next one find what it left."""
        self.ledger.__exit__()
        self.ledger = Ledger(Path(self.folder.name) / "ledger.sqlite3")
        self.ledger.recover(TARGET, self.now())
        self._nobody_waits()
        self.calls += len(self.in_flight)
        self.in_flight.clear()
        assert self.ledger.run(self.run.id).state is RunState.INTERRUPTED

    @precondition(lambda self: self.rows is not None)
    @rule()
    def end(self) -> None:
        """Let the session end in good order, whatever is still in flight."""
        assert self.rows is not None
        self.rows.settle_in_flight(NOW)
        self.ledger.end(self.ledger.run(self.run.id), self.now())
        self._nobody_waits()
        self.in_flight.clear()

    def _nobody_waits(self) -> None:
        self.known |= dict.fromkeys(self.in_flight, Outcome.UNKNOWN)
        self.rows = None

    @invariant()
    def every_row_is_what_is_known_of_it(self) -> None:
        shown = {row.number: row.result.outcome for row in self.ledger.rows(self.run).all()}
        assert shown == self.known | dict.fromkeys(self.in_flight, Outcome.UNKNOWN)

    @invariant()
    def only_open_rows_are_offered(self) -> None:
        offered = {row.number for row in self.ledger.rows(self.run).sendable(OPEN)} - self.in_flight
        assert offered == {number for number, end in self.known.items() if end in OPEN} - self.in_flight

    @invariant()
    def every_row_has_one_outcome(self) -> None:
        counts = self.ledger.rows(self.run).counts()
        assert sum(counts.values()) == len(NUMBERS)
        assert Counter(self.known.values()) == {end: count for end, count in counts.items() if count} or self.in_flight

    @invariant()
    def the_quota_knows_every_call(self) -> None:
        assert len(list(self.ledger.past_calls(target=TARGET))) == self.calls

    def teardown(self) -> None:
        self.ledger.__exit__()
        self.folder.cleanup()


Crashes.TestCase.settings = settings(max_examples=examples(10), stateful_step_count=20, deadline=None)
TestCrashes = Crashes.TestCase
