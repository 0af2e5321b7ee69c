"""Cases that runs have in common: who has to know what became of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from support.ledgers import stored
from support.nights import Told, add_night, add_nights, changed, failed, same

from bulkcase.ledger import Ledger
from bulkcase.ledger.storage.database import writing
from bulkcase.model import Outcome

OTHER = "kore.example.com/account/st-2"

NEEDS: dict[str, tuple[Told, Told, dict[str, Any], bool]] = {
    "it could be taken back": (changed("ci-1", "a", "b"), changed("ci-1", "b", "c"), {}, True),
    "it could be sent again": (failed("ci-1"), changed("ci-1", "b", "c"), {}, True),
    "the later one is in doubt": (failed("ci-1"), Told("ci-1", Outcome.UNKNOWN), {}, True),
    "another case": (changed("ci-1", "a", "b"), changed("ci-2", "b", "c"), {}, False),
    "it was never sent, and never will be": (same("ci-1"), changed("ci-1", "b", "c"), {}, False),
    "the later one changed nothing": (failed("ci-1"), same("ci-1"), {}, False),
    "it may be about any case": (failed("ref"), changed("ci-1", "b", "c"), {"input.key": "Ref = refId"}, True),
    "any case, and nothing was changed": (failed("ref"), same("ci-1"), {"input.key": "Ref = refId"}, False),
}


@pytest.mark.parametrize(("old", "new", "definition", "needs"), NEEDS.values(), ids=list(NEEDS))
@pytest.mark.parametrize("more", [0, 3], ids=["smaller", "larger"])
def test_an_earlier_run_needs_a_later_one_where_they_share_a_case(
    ledger: Ledger, old: Told, new: Told, definition: dict[str, str], *, needs: bool, more: int
) -> None:
    """Only a row that may have landed matters to one that could be sent or taken back, whichever run is larger."""
    spare = [same(f"ci-spare-{number}") for number in range(more)]
    first = add_night(ledger, [old, *spare], definition=definition or {"input.key": "Case ID"})
    second = add_night(ledger, [new, same("ci-y")], nth=1)
    cases = ledger.purging().shared_cases()
    cases.keep(first)
    assert cases.holder(second, second.seq) == (first.seq if needs else None)
    assert cases.share(second, first) is needs


def test_only_a_run_that_comes_before_counts(ledger: Ledger) -> None:
    """The first kept run with the case is told, in whatever order they are kept, and none beyond what was asked for."""
    runs = add_nights(ledger, *([changed("ci-1", "a", "b")] for _ in range(4)))
    cases = ledger.purging().shared_cases()
    for run in (runs[2], runs[1], runs[3]):
        cases.keep(run)
    assert cases.holder(runs[0], runs[0].seq) is None
    assert cases.holder(runs[3], runs[2].seq) == runs[1].seq
    cases.keep(runs[0])
    assert cases.holder(runs[3], runs[2].seq) == runs[0].seq
    # What was read for later runs is not told to one that ended before them.
    late = ledger.purging().shared_cases()
    late.keep(runs[2])
    assert late.holder(runs[3], runs[2].seq) == runs[2].seq
    assert late.holder(runs[1], runs[1].seq) is None


def test_cases_of_another_target_are_other_ones(ledger: Ledger) -> None:
    """The same key says nothing there, nor does a run that may be about any case."""
    cases = ledger.purging().shared_cases()
    cases.keep(add_night(ledger, [changed("ci-1", "a", "b")], target=OTHER))
    cases.keep(add_night(ledger, [failed("ref")], nth=1, target=OTHER, definition={"input.key": "Ref = refId"}))
    cases.keep(add_night(ledger, [changed("ci-2", "a", "b")], nth=2))
    cases.keep(add_night(ledger, [changed("ci-2", "a", "b")], nth=3, target=OTHER))
    theirs = add_night(ledger, [changed("ci-1", "a", "b")], nth=4, target=OTHER)
    assert cases.holder(theirs, theirs.seq) is not None
    run = add_night(ledger, [changed("ci-1", "a", "b")], nth=5)
    assert cases.holder(run, run.seq) is None


@contextmanager
def counted(ledger: Ledger) -> Iterator[list[str]]:
    """Yield the statements that a ledger executes meanwhile."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(ledger._engine, "before_cursor_execute", note)
    yield said
    event.remove(ledger._engine, "before_cursor_execute", note)


def test_the_rows_of_each_run_are_read_once(ledger: Ledger) -> None:
    """However many runs are kept, each costs one statement, and each that is asked about two more."""
    runs = add_nights(ledger, *([changed(f"ci-{nth}", "a", "b")] for nth in range(24)))
    cases = ledger.purging().shared_cases()
    for run in runs[::2]:
        cases.keep(run)
    with counted(ledger) as said:
        assert [cases.holder(run, run.seq) for run in runs[1::2]] == [None] * 12
    assert len(said) == 12 + 2 * 12


def test_younger_runs_are_not_read(ledger: Ledger) -> None:
    """Where all that is kept came later, as after each night, nothing is looked at; else only what came before is."""
    runs = add_nights(ledger, *([changed(f"ci-{nth}", "a", "b")] for nth in range(5)))
    cases = ledger.purging().shared_cases()
    for run in (runs[1], runs[3], runs[4]):
        cases.keep(run)
    with counted(ledger) as said:
        assert cases.holder(runs[0], runs[0].seq) is None
        assert said == []
        assert cases.holder(runs[2], runs[2].seq) is None
    assert len(said) == 1 + 2


def test_looking_waits_for_nobody_who_writes(ledger: Ledger) -> None:
    """What is known for the time of a look stands beside the ledger, not in it."""
    first, second = add_nights(ledger, [changed("ci-1", "a", "b")], [changed("ci-1", "b", "c")])
    tables = stored(ledger.path, "SELECT name FROM sqlite_schema")
    with Ledger(ledger.path) as other, writing(other._writer, other.path):
        cases = ledger.purging().shared_cases()
        cases.keep(first)
        assert cases.holder(second, second.seq) == first.seq
    assert stored(ledger.path, "SELECT name FROM sqlite_schema") == tables
