import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cells import cells
from support.ledgers import NOW, bad_row, begin, empty_row, everything, good_row, new_run, stored

from bulkcase.cells import Cell
from bulkcase.errors import LedgerError
from bulkcase.ledger import Ledger, RunRows
from bulkcase.ledger.changes import decision, intent, outcome
from bulkcase.ledger.rows import Sendable
from bulkcase.ledger.storage.stored import Difference
from bulkcase.model import Call, CaseUpdate, Edit, Outcome, Rejection, Result, Row

UPDATED = Result(Outcome.UPDATED, 1, 200)
FAILED = Result(Outcome.FAILED, 1, 412, "http_412", "no such status")


def settle(rows: RunRows, number: int, result: Result) -> None:
    rows.apply([intent(number), outcome(number, result, NOW)])


def test_a_row_waits_with_its_update(rows: RunRows) -> None:
    """A row that became a case update is pending, with key, fields and body, and without a moment of finish."""
    rows.add([good_row(2, "ci-a", status={"name": "Closed"}, desc="Größe")], NOW)
    (record,) = rows.all()
    assert (record.number, record.case_key, record.fields) == (2, "ci-a", "status desc")
    assert (record.result, record.finished_at) == (Result(Outcome.PENDING), None)
    body = orjson.dumps({"status": {"name": "Closed"}, "desc": "Größe"})
    assert list(rows.sendable()) == [Sendable(2, "ci-a", body)]


def test_a_row_keeps_what_has_to_be_compared_first(rows: RunRows) -> None:
    """Edits come back as they were, beside the body, and the fields that they are about are named once each."""
    edits = {
        "tags": Edit("add", ["x"]),
        "custom.Region": Edit("custom", "EU"),
        "custom.Tier": Edit("custom", None),
        "status": Edit("set", "Open", named=True),
    }
    rows.add([(Row(2, ("ci-a",)), CaseUpdate("ci-a", {"desc": "x"}, (), edits)), good_row(3)], NOW)
    assert list(rows.edited()) == [[(2, {"desc": "x"}, edits)]]
    assert [record.fields for record in rows.all()] == ["desc tags fields status", "desc"]


def test_a_comparison_says_what_is_sent(rows: RunRows) -> None:
    """What differs takes the place of what was mapped, and what stood there before is kept beside it."""
    rows.add([good_row(2, desc="x", name="y"), good_row(3)], NOW)
    assert list(rows.differences()) == [(orjson.dumps({"desc": "x", "name": "y"}), None), (b'{"desc":"Closed"}', None)]
    rows.differ([Difference(2, Outcome.PENDING, {"name": "y"}, {"name": "z"}, 7, NOW)])
    assert [row.body for row in rows.sendable()] == [b'{"name":"y"}', b'{"desc":"Closed"}']
    assert list(rows.differences()) == [(b'{"name":"y"}', b'{"name":"z"}'), (b'{"desc":"Closed"}', None)]
    assert [record.fields for record in rows.all()] == ["name", "desc"]


def test_a_reference_gives_way_to_the_id_of_its_case(ledger: Ledger, rows: RunRows) -> None:
    """The key of a row that waits is written anew; rows without a key, and settled ones, are not asked for."""
    rows.add([good_row(2, "CA-1"), bad_row(3), good_row(4, "CA-2"), good_row(5, "CA-3")], NOW)
    settle(rows, 4, UPDATED)
    (waiting,) = rows.waiting_keys()
    assert [(row.number, row.key, row.state) for row in waiting] == [
        (2, "CA-1", Outcome.PENDING),
        (5, "CA-3", Outcome.PENDING),
    ]
    rows.rekey([(waiting[0], "ci-1")])
    assert [row.case_id for row in rows.sendable()] == ["ci-1", "CA-3"]
    assert stored(ledger.path, "SELECT fingerprint FROM rows WHERE number = 2") == [
        (good_row(2, "ci-1")[1].fingerprint,)
    ]


@pytest.mark.parametrize(("key", "shown"), [("ci-a", "ci-a"), (None, "")])
def test_a_rejected_row_is_invalid_at_once(rows: RunRows, key: str | None, shown: str) -> None:
    """A row that could not become a case update is finished, with its cause, and is never sent."""
    rows.add([bad_row(2, "bad_date", key)], NOW)
    (record,) = rows.all()
    assert record.result == Result(Outcome.INVALID, code="bad_date", message="'?' is not good enough in row 2")
    assert (record.case_key, record.fields, record.finished_at) == (shown, "", NOW)
    assert list(rows.sendable()) == []


def test_a_batch_is_added_whole_or_not_at_all(ledger: Ledger, rows: RunRows) -> None:
    """A row number that is already there leaves out the whole batch."""
    rows.add([good_row(2)], NOW)
    before = everything(ledger.path)
    with pytest.raises(LedgerError):
        rows.add([good_row(3), good_row(2)], NOW)
    assert everything(ledger.path) == before


def test_nothing_to_add_or_apply_is_fine(ledger: Ledger, rows: RunRows) -> None:
    """An empty batch and an empty group change nothing."""
    before = everything(ledger.path)
    rows.add([], NOW)
    rows.apply([])
    assert everything(ledger.path) == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(st.lists(cells, max_size=4).map(tuple), min_size=1, max_size=5))
def test_cells_come_back_as_they_were(ledger: Ledger, lines: list[tuple[Cell, ...]]) -> None:
    """What a file held, kind and value, is what the reports get."""
    rows = ledger.rows(new_run(ledger))
    rows.add([(Row(number, line), CaseUpdate("ci-1", {"desc": "x"})) for number, line in enumerate(lines, 2)], NOW)
    found = [record.cells for record in rows.all()]
    assert found == lines
    assert [[type(cell) for cell in line] for line in found] == [[type(cell) for cell in line] for line in lines]


def test_half_a_character_in_a_message_stops_nobody(rows: RunRows) -> None:
    """Messages and keys that quote half a character of a damaged file are stored with a `?` in its place."""
    rows.add([(Row(2, ("\ud800",)), Rejection("bad_key", "'\ud800' is no key", "\ud800")), good_row(3)], NOW)
    settle(rows, 3, Result(Outcome.FAILED, 1, 400, "http_400", "the server said \udfff"))
    first, second = rows.all()
    assert (first.cells, first.case_key, first.result.message) == (("\ud800",), "?", "'?' is no key")
    assert second.result.message == "the server said ?"


def test_an_outcome_keeps_what_is_known_of_the_row(rows: RunRows) -> None:
    """Status, cause, message and moment stand beside the outcome."""
    rows.add([good_row(2)], NOW)
    settle(rows, 2, FAILED)
    (record,) = rows.all()
    assert (record.result, record.finished_at) == (FAILED, NOW)


def test_attempts_add_up_over_postponements(rows: RunRows) -> None:
    """A row that was postponed is pending and unfinished, and its attempts count when it is sent again."""
    rows.add([good_row(2)], NOW)
    settle(rows, 2, Result(Outcome.PENDING, 2, code="stopped", message="stopped"))
    (record,) = rows.all()
    assert (record.result.outcome, record.result.attempts, record.finished_at) == (Outcome.PENDING, 2, None)
    settle(rows, 2, Result(Outcome.UPDATED, 3, 200))
    (record,) = rows.all()
    assert record.result == Result(Outcome.UPDATED, 5, 200)


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1000, 1201])
def test_sendable_pages_miss_and_repeat_nothing(rows: RunRows, count: int) -> None:
    """Page after page, every waiting row comes once, in input order, wherever a page ends."""
    rows.add([good_row(number) for number in range(2, count + 2)], NOW)
    assert [row.number for row in rows.sendable()] == list(range(2, count + 2))


def test_sendable_is_read_while_its_rows_are_sent(rows: RunRows) -> None:
    """Rows that were sent, or were postponed behind it, do not confuse the pages."""
    rows.add([good_row(number) for number in range(2, 1202)], NOW)
    seen = []
    for row in rows.sendable():
        seen.append(row.number)
        if row.number % 25 == 0:
            settle(rows, row.number, UPDATED if row.number % 2 else Result(Outcome.PENDING, 1, code="stopped"))
    assert seen == list(range(2, 1202))
    assert [row.number for row in rows.sendable()] == [n for n in range(2, 1202) if n % 50 != 25]


def test_only_waiting_rows_are_looked_at(rows: RunRows) -> None:
    """Rows that are settled, rejected or in flight are neither sent, nor compared, nor called empty."""
    rows.add([good_row(2, "a"), good_row(3, "a"), good_row(4, "a"), bad_row(5, key="a"), empty_row(6, "a")], NOW)
    rows.apply([decision(6, Result(Outcome.UNCHANGED), NOW), intent(4)])
    assert [row.number for row in rows.sendable()] == [2, 3]
    assert list(rows.case_keys()) == ["a", "a"]
    assert [[number for number, *_ in group] for group in rows.repeated()] == [[2, 3]]
    assert list(rows.empty()) == []


def test_repeated_needs_two_waiting_rows(rows: RunRows) -> None:
    """A case of which one row waits is not repeated, however many rows of it were settled or rejected."""
    rows.add([good_row(2, "a"), bad_row(3, key="a"), good_row(4, "b"), good_row(5, "b"), bad_row(6), bad_row(7)], NOW)
    settle(rows, 4, UPDATED)
    assert list(rows.repeated()) == []


def test_repeated_groups_by_case_in_input_order(rows: RunRows) -> None:
    """Each group is one case, with numbers in input order and fingerprints that tell equal updates."""
    rows.add([good_row(2, "b", desc="x"), good_row(3, "a", desc="x"), good_row(4, "c")], NOW)
    rows.add([good_row(5, "a", desc="y"), good_row(6, "b", desc="x")], NOW)
    groups = {tuple(number for number, *_ in group): [mark for _, mark, _ in group] for group in rows.repeated()}
    assert set(groups) == {(2, 6), (3, 5)}
    assert groups[2, 6][0] == groups[2, 6][1]
    assert groups[3, 5][0] != groups[3, 5][1]


def test_empty_finds_updates_without_a_field(rows: RunRows) -> None:
    """A row whose mapped cells are all blank has nothing to send."""
    rows.add([empty_row(2, "a"), good_row(3), empty_row(4, "b"), bad_row(5)], NOW)
    assert sorted(rows.empty()) == [2, 4]


def test_counts_have_all_nine_outcomes(rows: RunRows) -> None:
    """Every outcome is counted, zeros too, and a row in flight counts as unknown."""
    assert rows.counts() == dict.fromkeys(Outcome, 0)
    rows.add([good_row(2), good_row(3), good_row(4), bad_row(5)], NOW)
    rows.apply([intent(2), intent(3)])
    rows.apply([outcome(2, Result(Outcome.UNKNOWN, 1), NOW)])
    expected = {Outcome.UNKNOWN: 2, Outcome.PENDING: 1, Outcome.INVALID: 1}
    assert rows.counts() == dict.fromkeys(Outcome, 0) | expected
    assert list(rows.counts()) == list(Outcome)


def test_totals_are_what_the_rows_say(rows: RunRows) -> None:
    """One pass over the rows counts outcomes, retries, causes and what cases showed, for any mixture of them."""
    rows.add([good_row(number) for number in range(2, 9)] + [bad_row(9), bad_row(10, "bad_list")], NOW)
    for number, verified in ((2, "equal"), (3, "normalised"), (4, "equal"), (5, "")):
        settle(rows, number, Result(Outcome.UPDATED, number, 200, verified=verified))
    settle(rows, 6, FAILED)
    rows.apply([intent(7)])
    totals, every = rows.totals(), list(rows.all())
    assert totals.outcomes == rows.counts()
    assert sum(kind.rows for kind in totals.kinds) == len(every)
    assert totals.verified == {"equal": 2, "normalised": 1}
    assert totals.retries == sum(max(row.result.attempts - 1, 0) for row in every) == 10
    assert totals.causes == [("bad_date", 1, 9), ("bad_list", 1, 10), ("http_412", 1, 6)]


def test_cases_counts_different_keys(rows: RunRows) -> None:
    """A case counts once, and a row without a readable key not at all."""
    assert rows.cases() == 0
    rows.add([good_row(2, "a"), good_row(3, "a"), bad_row(4, key="b"), bad_row(5)], NOW)
    assert rows.cases() == 2


def test_cases_waiting_counts_different_keys_of_waiting_rows(rows: RunRows) -> None:
    """What a look at the live cases could spare: not what is settled or was rejected."""
    rows.add([good_row(2, "a"), good_row(3, "a"), good_row(4, "b"), good_row(5, "c"), bad_row(6, key="d")], NOW)
    settle(rows, 5, UPDATED)
    assert (rows.cases_waiting(), rows.cases()) == (2, 4)


def test_retries_are_the_attempts_after_the_first(rows: RunRows) -> None:
    """Only what carried a row's update again is a retry."""
    assert rows.totals().retries == 0
    rows.add([good_row(2), good_row(3), good_row(4), bad_row(5)], NOW)
    settle(rows, 2, UPDATED)
    settle(rows, 3, Result(Outcome.FAILED, 5, 500, "http_500"))
    assert rows.totals().retries == 4


def test_causes_come_with_the_first_row_of_each(rows: RunRows) -> None:
    """Causes of rows that did not end well: the most frequent first, then by code; fine rows are left out."""
    assert rows.causes(rows.totals()) == []
    rows.add([bad_row(2, "bad_list"), bad_row(3), bad_row(4), good_row(5), good_row(6)], NOW)
    rows.apply([decision(5, Result(Outcome.UNCHANGED, code="nothing_to_change"), NOW)])
    settle(rows, 6, FAILED)
    assert rows.causes(rows.totals()) == [
        ("bad_date", 2, 3, "'?' is not good enough in row 3"),
        ("bad_list", 1, 2, "'?' is not good enough in row 2"),
        ("http_412", 1, 6, "no such status"),
    ]


def test_calls_are_kept_and_counted(ledger: Ledger, rows: RunRows) -> None:
    """Every call is kept as it was made, and counted by endpoint and by verdict."""
    assert (rows.calls_by_endpoint(), rows.calls_by_verdict()) == ({}, {})
    rows.apply([], [Call("getCases", 1.0, 2.0, "accepted", 200), Call("updateCase", 3.0, 4.5, "throttled", 429, 7)])
    rows.apply([], [Call("updateCase", 5.0, 6.0, "unanswered", None, 7)])
    assert rows.calls_by_endpoint() == {"getCases": 1, "updateCase": 2}
    assert rows.calls_by_verdict() == {"accepted": 1, "throttled": 1, "unanswered": 1}
    assert stored(ledger.path, "SELECT endpoint, left_at, ended_at, verdict, status, row FROM calls ORDER BY id") == [
        ("getCases", 1.0, 2.0, "accepted", 200, None),
        ("updateCase", 3.0, 4.5, "throttled", 429, 7),
        ("updateCase", 5.0, 6.0, "unanswered", None, 7),
    ]


def test_runs_do_not_see_each_other(ledger: Ledger, rows: RunRows) -> None:
    """Everything that is asked of a run is about its own rows and calls."""
    other = begin(ledger, new_run(ledger))
    other.add([good_row(2, "a"), good_row(3, "a"), empty_row(4, "b"), bad_row(5)], NOW)
    settle(other, 2, FAILED)
    other.apply([], [Call("updateCase", 1.0, 2.0, "accepted", 200, 2)])
    rows.add([good_row(2, "a")], NOW)
    assert [row.number for row in rows.sendable()] == [2]
    assert [record.result for record in rows.all()] == [Result(Outcome.PENDING)]
    assert (list(rows.repeated()), list(rows.empty()), list(rows.case_keys())) == ([], [], ["a"])
    assert rows.counts() == dict.fromkeys(Outcome, 0) | {Outcome.PENDING: 1}
    assert (rows.cases(), rows.totals().retries, rows.causes(rows.totals())) == (1, 0, [])
    assert (rows.calls_by_endpoint(), rows.calls_by_verdict()) == ({}, {})
