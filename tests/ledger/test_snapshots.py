"""What is read of the live cases, as the ledger keeps it."""

from collections.abc import Mapping
from typing import Any

import pytest
from support.ledgers import NOW, new_run, stored

from bulkcase.ledger import Ledger
from bulkcase.ledger.snapshots import Learnt, LiveCase, Snapshot
from bulkcase.model import RunState

TARGET = "kore.example.com/account/st-1"


def case(name: object, *, ref: str | None = None, rest: bytes = b"r", **kept: Any) -> LiveCase:
    return LiveCase(f"ci-{name}", ref, f"Case {name}", None, kept, rest)


def a_snapshot(
    ledger: Ledger, *, target: str = TARGET, filters: Mapping[str, Any] | None = None, now: float = NOW
) -> Snapshot:
    return ledger.new_snapshot(target, filters or {}, ["status", "desc"], now)


def read(snapshot: Snapshot, *cases: LiveCase, start: int = 0, now: float = NOW) -> Snapshot:
    """Add a page of cases."""
    snapshot.add(list(enumerate(cases, start)), [], now, {"position": start + len(cases)})
    return snapshot


def left(ledger: Ledger, filters: Mapping[str, Any] | None = None, since: float = NOW - 60) -> int | None:
    found = ledger.left_snapshot(TARGET, filters or {}, ["desc", "status"], since)
    return None if found is None else found.id


def test_a_snapshot_tells_how_far_it_is(ledger: Ledger) -> None:
    """Each page moves it on, and it is complete only at its end, without gaps."""
    snapshot = a_snapshot(ledger, filters={"status": ["Open"]})
    record = snapshot.record()
    assert (record.filter, record.kept) == ({"status": ["Open"]}, ("desc", "status"))
    assert (record.paging, record.pages, record.is_over, record.started_at) == ({}, 0, False, NOW)
    read(snapshot, case(1), case(2), now=NOW + 5)
    record = snapshot.record()
    assert (record.paging, record.pages, record.read_at) == ({"position": 2}, 1, NOW + 5)
    assert not record.is_complete
    snapshot.end("")
    assert snapshot.record().is_complete
    snapshot.end("cases came and went")
    assert (snapshot.record().is_complete, snapshot.record().gaps) == (False, "cases came and went")


def test_the_newest_look_at_a_case_counts(ledger: Ledger) -> None:
    """A case that is read again has the place, the values and the moment of the last time, and is there once."""
    snapshot = read(a_snapshot(ledger), case(1, ref="CS1", desc="old"), case(2, desc="x"))
    snapshot.add([(7, case(1, ref="CS9", desc="new", rest=b"s"))], [], NOW + 50, None)
    assert snapshot.size() == 2
    assert snapshot.positions(["ci-1", "ci-2", "ci-3"]) == {"ci-1": 7, "ci-2": 1}
    assert snapshot.ids_by_ref(["cs1", "cs9"]) == {"cs9": ["ci-1"]}
    assert snapshot.seen(["ci-1", "ci-2", "ci-3"], NOW + 1) == {"ci-1"}
    assert stored(ledger.path, "SELECT kept, rest FROM cases WHERE id = 'ci-1'") == [(b'{"desc":"new"}', b"s")]
    assert (snapshot.record().pages, snapshot.record().read_at) == (1, NOW), "where the reading stands is as it was"


def test_a_case_that_is_on_a_page_twice_is_kept_as_it_was_last(ledger: Ledger) -> None:
    """One page is one transaction, repeats and all."""
    snapshot = read(a_snapshot(ledger), case(1, desc="a"), case(1, desc="b"))
    assert (snapshot.size(), snapshot.positions(["ci-1"])) == (1, {"ci-1": 1})


def test_snapshots_do_not_see_each_other(ledger: Ledger) -> None:
    """What is asked of one is about its own cases and names."""
    ours = a_snapshot(ledger)
    other = a_snapshot(ledger, target="kore.example.com/account/st-2")
    read(other, case(1, ref="CS1"))
    other.add([], [Learnt("status", "Open", "sts-1", {"name": "Open"})], NOW, None)
    assert (ours.size(), ours.positions(["ci-1"]), ours.ids_by_ref(["cs1"])) == (0, {}, {})
    assert (ours.seen(["ci-1"], 0.0), ours.refs_like("", 9)) == (set(), [])
    assert list(ours.learnt("status")) == []


@pytest.mark.parametrize("ref", ["CS000100", "cs000100", "Cs000100"])
def test_references_are_found_in_any_case(ledger: Ledger, ref: str) -> None:
    """A case goes by its reference however that is written, and one without a reference by none."""
    snapshot = read(a_snapshot(ledger), case(1, ref=ref), case(2), case(3, ref="CS7"))
    assert snapshot.ids_by_ref(["cs000100", "cs8", ""]) == {"cs000100": ["ci-1"]}


def test_a_reference_may_be_that_of_several_cases(ledger: Ledger) -> None:
    """All of them are told, whether they are written alike or not."""
    snapshot = read(a_snapshot(ledger), case(1, ref="CS1"), case(2, ref="cs1"))
    assert {ref: sorted(ids) for ref, ids in snapshot.ids_by_ref(["cs1"]).items()} == {"cs1": ["ci-1", "ci-2"]}


@pytest.mark.parametrize("count", [0, 1, 400, 401, 1234])
def test_however_many_cases_are_asked_for_at_once(ledger: Ledger, count: int) -> None:
    """A question for more of them than a database takes in one is several questions."""
    snapshot = read(a_snapshot(ledger), *(case(number, ref=f"CS{number}") for number in range(count)))
    ids = [f"ci-{number}" for number in range(count + 5)]
    assert snapshot.positions(ids) == {f"ci-{number}": number for number in range(count)}
    assert snapshot.seen(ids, NOW) == set(ids[:count])
    assert len(snapshot.ids_by_ref([f"cs{number}" for number in range(count + 5)])) == count


def test_a_reference_that_is_asked_for_twice_is_that_of_one_case(ledger: Ledger) -> None:
    """Two rows of a file may be about one case, however far they are apart."""
    snapshot = read(a_snapshot(ledger), case(1, ref="CS1"))
    assert snapshot.ids_by_ref(["cs1", *(f"cs-{number}" for number in range(400)), "cs1"]) == {"cs1": ["ci-1"]}


@pytest.mark.parametrize(
    ("start", "most", "found"),
    [
        ("cs1", 9, ["CS1", "cs10", "CS19"]),
        ("cs1", 2, ["CS1", "cs10"]),
        ("", 9, ["CS1", "cs10", "CS19", "CS2", "Ü1"]),
        ("ü", 9, ["Ü1"]),
        ("cs%", 9, []),
        ("x", 9, []),
    ],
)
def test_references_are_found_by_their_beginning(ledger: Ledger, start: str, most: int, found: list[str]) -> None:
    """In order, as they are written, and no more of them than are wanted."""
    refs = ["CS2", "CS19", "cs10", "CS1", "Ü1", None]
    snapshot = read(a_snapshot(ledger), *(case(number, ref=ref) for number, ref in enumerate(refs)))
    assert snapshot.refs_like(start, most) == found


def test_a_name_may_be_that_of_several_objects(ledger: Ledger) -> None:
    """Each is told once, as it was seen last, in the order of names and ids."""
    snapshot = a_snapshot(ledger)
    for page in (
        [Learnt("status", "Open", "sts-2", {"_id": "sts-2"}), Learnt("status", "Open", "sts-1", {"_id": "sts-1"})],
        [Learnt("status", "Open", "sts-1", {"x": 1, "_id": "sts-1"}), Learnt("queues", "Open", "qu-1", {})],
        [Learnt("status", "Closed", "sts-3", {"_id": "sts-3"})],
    ):
        snapshot.add([], page, NOW, {})
    assert list(snapshot.learnt("status")) == [
        ("Closed", {"_id": "sts-3"}),
        ("Open", {"_id": "sts-1", "x": 1}),
        ("Open", {"_id": "sts-2"}),
    ]
    assert list(snapshot.learnt("priority")) == []


def test_objects_without_an_id_do_not_take_each_other_s_place(ledger: Ledger) -> None:
    """Which of them a name stands for is ambiguous, and must not be what was seen last."""
    snapshot = a_snapshot(ledger)
    snapshot.add([], [Learnt("queues", "Billing", "", {"name": "Billing", "x": x}) for x in (1, 2)], NOW, None)
    assert len(list(snapshot.learnt("queues"))) == 2


def test_a_list_that_is_read_once_more_keeps_what_it_had(ledger: Ledger) -> None:
    """Its reading starts anew, and what was read before that is not taken for seen."""
    snapshot = read(a_snapshot(ledger), case(1), case(2))
    snapshot.end("cases came and went")
    snapshot.begin_again({}, NOW + 100)
    record = snapshot.record()
    assert (record.paging, record.is_over, record.gaps, record.started_at) == ({}, False, "", NOW + 100)
    assert snapshot.size() == 2
    assert snapshot.seen(["ci-1", "ci-2"], record.started_at) == set()
    read(snapshot, case(2), now=NOW + 101)
    assert snapshot.seen(["ci-1", "ci-2"], record.started_at) == {"ci-2"}


def test_what_an_interrupted_plan_read_is_found_again(ledger: Ledger) -> None:
    """The newest that is about the same cases and fields of the same target, however these are written."""
    read(a_snapshot(ledger, filters={"status": ["Open"], "mycase": True}), case(1))
    newest = read(a_snapshot(ledger, filters={"status": ["Open"], "mycase": True}, now=NOW + 1), case(2))
    assert left(ledger, {"mycase": True, "status": ["Open"]}) == newest.id
    assert left(ledger, {"status": ["Open"]}) is None
    assert ledger.left_snapshot(TARGET, {"status": ["Open"], "mycase": True}, ["desc"], NOW - 60) is None
    assert ledger.left_snapshot("elsewhere", newest.record().filter, ["desc", "status"], NOW - 60) is None


def test_what_was_read_too_long_ago_is_not_gone_on_with(ledger: Ledger) -> None:
    """Its age is that of its last page, and one without a page is none."""
    snapshot = a_snapshot(ledger)
    assert left(ledger) is None
    read(snapshot, case(1), now=NOW + 30)
    assert left(ledger, since=NOW + 30) == snapshot.id
    assert left(ledger, since=NOW + 31) is None


def test_a_snapshot_of_a_run_is_nobody_else_s(ledger: Ledger) -> None:
    """Its rows were compared with it, whatever has become of that run."""
    snapshot = read(a_snapshot(ledger), case(1))
    run = ledger.update_run(new_run(ledger), rows=0, snapshot=snapshot.id)
    assert left(ledger) is None
    ledger.discard(run)
    assert left(ledger) == snapshot.id


@pytest.mark.parametrize(("started", "finished", "is_used"), [(-9, -1, True), (-9, 9, False), (1, None, False)])
def test_what_was_read_before_something_was_sent_is_not_gone_on_with(
    ledger: Ledger, started: float, finished: float | None, is_used: bool
) -> None:
    """A run of the target that was at work since then has changed cases; one of another target has not."""
    snapshot = read(a_snapshot(ledger), case(1))
    times = {"started_at": NOW + started, "finished_at": None if finished is None else NOW + finished}
    ledger.update_run(new_run(ledger, target="elsewhere"), **times)
    assert left(ledger) == snapshot.id
    ledger.update_run(new_run(ledger), **times)
    assert left(ledger) == (snapshot.id if is_used else None)


@pytest.mark.parametrize("state", RunState)
def test_a_new_snapshot_empties_those_that_nobody_needs(ledger: Ledger, state: RunState) -> None:
    """Cases and names of a run that may still go on are kept, and so are those of another target."""
    used = read(a_snapshot(ledger), case(1))
    used.add([], [Learnt("status", "Open", "sts-1", {})], NOW, None)
    ledger.update_run(new_run(ledger), rows=0, snapshot=used.id, state=state)
    elsewhere = read(a_snapshot(ledger, target="elsewhere"), case(1))
    unused = read(a_snapshot(ledger), case(1), case(2))
    a_snapshot(ledger)
    is_kept = state not in {RunState.FINISHED, RunState.ABANDONED}
    assert (used.size(), len(list(used.learnt("status")))) == ((1, 1) if is_kept else (0, 0))
    assert (elsewhere.size(), unused.size()) == (1, 0)


def test_a_snapshot_that_was_emptied_is_not_gone_on_with(ledger: Ledger) -> None:
    """The cases that it had are not there any more, and its reading would go on behind them without a gap."""
    read(a_snapshot(ledger, filters={"status": ["Open"]}), case(1), case(2))
    a_snapshot(ledger)
    found = ledger.left_snapshot(TARGET, {"status": ["Open"]}, ["desc", "status"], NOW - 60)
    assert found is None or found.size() == 2
