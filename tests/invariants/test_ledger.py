"""Any sequence of commands that are killed at any commit, or in the middle of one: no row is lost or sent twice."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.depth import examples
from support.fates import WAYS, Fate, Way, fates
from support.jobs import a_job, write_cases
from support.ledgers import stored
from support.network import TIMEOUT, Sent
from support.world import HOST, End, World

from bulkcase.ledger import Ledger
from bulkcase.operations.common.ended import Run
from bulkcase.operations.resume import resume, retry
from bulkcase.operations.run import run
from bulkcase.operations.undo import undo
from bulkcase.sandbox import SandboxSettings, generate_cases

CASES = generate_cases(9, 7, 1_795_000_000.0)
KEYS = [str(case["_id"]) for case in CASES]

STEPS = {
    "pending": "sending invalid unchanged failed conflict superseded",
    "failed": "sending invalid unchanged conflict superseded",
    "mismatch": "sending invalid unchanged failed conflict superseded updated",
    "conflict": "sending invalid unchanged failed superseded updated mismatch",
    "unknown": "sending updated mismatch failed conflict superseded",
    "sending": "updated mismatch conflict failed unknown pending",
    "updated": "mismatch",
}
"""What may become of a row, by what it is."""
MAY_STAND = {"updated", "mismatch", "conflict", "unknown", "superseded", "sending"}
"""What a row may be whose update has landed."""

WATCH = """
CREATE TABLE steps (run INTEGER, number INTEGER, was TEXT, is_now TEXT);
CREATE TRIGGER watch AFTER UPDATE OF state ON rows WHEN old.state <> new.state
BEGIN INSERT INTO steps VALUES (new.run, new.number, old.state, new.state); END;
"""
LANDED_BEFORE = """
SELECT old.run, old.number FROM rows AS old JOIN rows AS new USING (case_key, fingerprint)
JOIN runs ON runs.seq = new.run
WHERE new.state = 'sending' AND new.case_key = ? AND runs.continues IS NOT NULL AND old.run < new.run
AND old.state = 'updated' AND NOT EXISTS (
  SELECT 1 FROM rows AS later WHERE later.case_key = new.case_key AND later.run > old.run AND later.run <> new.run
  AND later.attempts > 0)
"""

ENDS = st.one_of(
    st.just(End()),
    st.builds(End, st.just("commit"), st.integers(1, 45), st.floats(0, 1)),
    st.builds(End, st.sampled_from(["killed", "stop", "abandon", "cancel"]), st.integers(0, 300)),
)
BAD_DAYS = st.lists(fates([*WAYS, Way.REFUSED], longest=40), max_size=12)


class Commands(RuleBasedStateMachine):
    """A world beside a plain record of what was sent in it."""

    def __init__(self) -> None:
        super().__init__()
        self.place = TemporaryDirectory()
        self.folder = Path(self.place.name)
        self.version = 0
        self.sent_for: dict[Sent, tuple[int, int]] = {}
        """The row of each update."""
        self.before = 0
        """Calls that earlier commands have made."""
        self.odd: list[str] = []

    @initialize(
        workers=st.integers(1, 4),
        read=st.sampled_from(["never", "always"]),
        unanswered=st.sampled_from(["resend", "leave"]),
        canary=st.sampled_from([0, 2]),
    )
    def begin(self, workers: int, read: str, unanswered: str, canary: int) -> None:
        self.workers = workers
        self.world = World(self.folder, CASES, most=workers, settings=SandboxSettings(page_size=4))
        self.world.on_leaving, self.world.on_killed = self.leaves, self.killed
        self.opened = self.world.open()
        self.opened.__enter__()
        self.write(range(len(KEYS)))
        self.job = a_job(
            self.folder,
            host=HOST,
            timeout="4s",
            quota=f"windows = []\nmax_in_flight = {workers}",
            retry=f'attempts = 2\nunanswered = "{unanswered}"',
            snapshot=f'read = "{read}"',
            more=f'[safety]\nmax_failures = "off"\ncanary = {canary}',
        )
        with Ledger(self.world.ledger):
            for statement in WATCH.strip().split(";\nCREATE"):
                stored(self.world.ledger, statement if statement.startswith("CREATE") else f"CREATE{statement}")

    def write(self, numbers: Sequence[int]) -> None:
        """Write the input anew, with other notes for some cases."""
        self.version += 1
        write_cases(self.folder, [(KEYS[number], f"note {number} of {self.version}") for number in numbers])

    def leaves(self, call: Sent) -> None:
        """Note for which row a call leaves, and what it breaks."""
        rows = self.world.rows
        if rows("SELECT count(*) FROM calls")[0][0] < self.before:
            self.odd.append("calls of earlier commands are forgotten")
        if call.case_id is None:
            return
        self.sent_for[call] = rows(
            "SELECT run, number FROM rows WHERE state = 'sending' AND case_key = ?", call.case_id
        )[0]
        if rows(LANDED_BEFORE, call.case_id):
            self.odd.append(f"what has landed of {call.case_id} is sent again for a corrected file")

    def killed(self) -> None:
        """See what a command leaves that was killed."""
        ((doubtful,),) = self.world.rows("SELECT count(*) FROM rows WHERE state = 'sending'")
        if doubtful > self.workers:
            self.odd.append(f"{doubtful} rows are in doubt")

    def go(self, bad: list[Fate], end: End, verb: Any, *arguments: Any, **options: Any) -> None:
        """Let a command do its work, on a day as bad as that, and all its calls arrive."""
        self.world.network.fates = chain(bad, repeat(Fate()))
        self.before = len(self.world.network.sent)
        ended = self.world.run(verb, *arguments, end=end, **options)
        self.world.pass_time(3 * TIMEOUT)
        said = f"{ended} {ended.summary.reason}" if isinstance(ended, Run) else str(ended)
        if "report it" in said:
            self.odd.append(said)
        if isinstance(ended, Run) and sum(ended.outcomes.values()) != ended.summary.rows:
            self.odd.append(f"{ended.summary.rows} rows have ended as {ended.outcomes}")

    def runs(self) -> list[str]:
        """Return the runs that were started, the first one first."""
        return [
            run_id for (run_id,) in self.world.rows("SELECT id FROM runs WHERE started_at IS NOT NULL ORDER BY seq")
        ]

    @rule(bad=BAD_DAYS, end=ENDS)
    def night(self, bad: list[Fate], end: End) -> None:
        """As cron does every night."""
        self.go(bad, end, run, self.job, unfinished="continue")

    @rule(bad=BAD_DAYS, end=ENDS, numbers=st.sets(st.integers(0, len(KEYS) - 1), min_size=1))
    def another_file(self, bad: list[Fate], end: End, numbers: set[int]) -> None:
        self.write(sorted(numbers))
        self.go(bad, end, run, self.job, unfinished="new")

    @precondition(lambda self: self.runs())
    @rule(bad=BAD_DAYS, end=ENDS, verb=st.sampled_from([resume, resume, retry, undo]), back=st.integers(0, 3))
    def go_on(self, bad: list[Fate], end: End, verb: Any, back: int) -> None:
        """With the last run, or an earlier one."""
        known = self.runs()
        self.go(bad, end, verb, known[max(len(known) - 1 - back, 0)], state=self.world.ledger.parent)

    @precondition(lambda self: self.runs())
    @rule(bad=BAD_DAYS, end=ENDS, is_new=st.booleans(), numbers=st.sets(st.integers(0, len(KEYS) - 1), min_size=1))
    def correct(self, bad: list[Fate], end: End, is_new: bool, numbers: set[int]) -> None:
        """Let a corrected file, or the same one, take the place of the last run."""
        if is_new:
            self.write(sorted(numbers))
        file = str(self.folder / "cases.csv")
        self.go(bad, end, resume, self.runs()[-1], state=self.world.ledger.parent, input=file)

    @invariant()
    def nothing_is_odd(self) -> None:
        assert self.odd == []
        assert self.world.wrong == []

    @invariant()
    def every_row_has_one_outcome(self) -> None:
        found = Counter(dict(self.world.rows("SELECT run, count(*) FROM rows GROUP BY run")))
        for seq, rows in self.world.rows("SELECT seq, rows FROM runs WHERE started_at IS NOT NULL"):
            assert found[seq] == rows

    @invariant()
    def rows_take_legal_steps(self) -> None:
        taken = set(self.world.rows("SELECT was, is_now FROM steps"))
        assert {(was, now) for was, now in taken if now not in STEPS.get(was, "").split()} == set()

    @invariant()
    def what_has_landed_is_not_forgotten(self) -> None:
        states = {(seq, number): state for seq, number, state in self.world.rows("SELECT run, number, state FROM rows")}
        lost = {states.get(self.sent_for[call]) for call in self.sent_for if call.landed}
        assert lost <= MAY_STAND

    @invariant()
    def a_case_has_what_the_newest_row_has_sent(self) -> None:
        """Where all that was sent for it is known to have landed, or not to have been sent at all."""
        newest: dict[str, tuple[str, Any]] = {}
        query = """SELECT case_key, state, coalesce(sent, body) FROM rows
            WHERE state = 'sending' OR attempts > 0 AND state IN
            ('updated', 'unknown', 'mismatch', 'superseded', 'conflict') ORDER BY run"""
        for key, state, sent in self.world.rows(query):
            newest[key] = (state, sent) if state == "updated" else (state, None)
        for key, (_, sent) in newest.items():
            if sent is not None:
                assert self.world.cases[key]["desc"] == orjson.loads(sent)["desc"]

    def teardown(self) -> None:
        if hasattr(self, "opened"):
            self.opened.__exit__(None, None, None)
        self.place.cleanup()


Commands.TestCase.settings = settings(max_examples=examples(4), stateful_step_count=10, deadline=None)
TestCommands = Commands.TestCase
