"""Some rows of a run: the first ones of each outcome and cause."""

from hypothesis import given
from hypothesis import strategies as st
from support.ledgers import NOW, bad_row, good_row, new_run

from bulkcase.ledger import Ledger
from bulkcase.ledger.queries.shown import _each

COUNTS = st.lists(st.integers(1, 500), min_size=1, max_size=20)


@given(counts=COUNTS, most=st.integers(1, 3000))
def test_as_many_of_each_kind_are_taken_as_there_is_room_for(counts: list[int], most: int) -> None:
    """All where there is room; else no more than that, but for one of each kind, and one more would not do."""
    each = _each(counts, most)
    taken = sum(min(count, each) for count in counts)
    if sum(counts) <= most:
        assert taken == sum(counts)
    else:
        assert taken <= max(most, len(counts))
        assert each == 1 or sum(min(count, each + 1) for count in counts) > most


def test_the_rare_rows_are_among_the_first_ones_of_each_kind(ledger: Ledger) -> None:
    """However many rows of one kind come before them."""
    run = new_run(ledger)
    rows = ledger.rows(run)
    rows.add([good_row(number) for number in range(2, 902)], NOW)
    rows.add([bad_row(902, "bad_date"), bad_row(903, "bad_key"), bad_row(904, "bad_key")], NOW)
    found = [row.number for row, _, _ in rows.sampled(10, rows.totals())]
    assert found == [2, 3, 4, 5, 6, 7, 8, 902, 903, 904]
    assert len(list(rows.sampled(903, rows.totals()))) == 903
