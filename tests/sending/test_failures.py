"""Whether so many rows have failed that a run must stop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.job.quantities import failure_limit
from bulkcase.model import Outcome
from bulkcase.sending.failures import FAILURES, FailureRule

LETTERS = {
    "u": Outcome.UPDATED,
    "F": Outcome.FAILED,
    "M": Outcome.MISMATCH,
    "U": Outcome.UNKNOWN,
    "c": Outcome.CONFLICT,
    "i": Outcome.INVALID,
    "=": Outcome.UNCHANGED,
    "s": Outcome.SUPERSEDED,
    "p": Outcome.PENDING,
}


def stops_at(limit: str, outcomes: str) -> tuple[int, str] | None:
    """Return the row, counted from 1, at which a run of these outcomes is first to be stopped, and what is told."""
    rule = FailureRule(failure_limit(limit))
    for number, letter in enumerate(outcomes, start=1):
        message = rule.note(LETTERS[letter])
        if message is not None:
            return number, message
    return None


@pytest.mark.parametrize(
    ("line", "limit", "outcomes", "row"),
    [
        ("ten of ten is a plain count reached, not exceeded", "10", "F" * 10, None),
        ("the eleventh failed row is over a plain count of ten", "10", "F" * 11, 11),
        ("a plain count forgets nothing, however many rows landed between", "1", "F" + "u" * 5000 + "F", 5002),
        ("mismatch and unknown count as failed does", "2", "FuMuU", 5),
        ("invalid, conflict, unchanged and superseded are no failures", "1", "Fiiccc==ss" + "u" * 20, None),
        ("pending rows are not finished", "1", "Fppppp", None),
        ("nineteen failed rows are too few to judge a share", "20% of 200", "F" * 19, None),
        ("the twentieth finished row is judged", "20% of 200", "F" * 20, 20),
        ("a row that landed can be the twentieth", "20% of 200", "F" * 5 + "u" * 15, 20),
        ("pending rows do not make the twentieth", "20% of 200", "F" * 19 + "p" * 50, None),
        ("four of the first twenty are 20 %, not over it", "20% of 200", "F" * 4 + "u" * 196, None),
        ("while there are fewer than 200, all of them are judged", "20% of 200", "u" * 80 + "F" * 21, 101),
        ("40 of 200 are 20 %, not over it", "20% of 200", "u" * 160 + "F" * 40, None),
        ("41 of the last 200 are over it", "20% of 200", "u" * 1000 + "F" * 41, 1041),
        ("failures that are longer ago than 200 rows are forgotten", "20% of 200", ("u" * 160 + "F" * 40) * 9, None),
        ("a burst over the seam of two windows is seen", "20% of 200", ("u" * 160 + "F" * 40) + "F" + "u" * 160, 201),
        ("a share of fewer than twenty rows is judged when they are there", "50% of 4", "FFF", None),
        ("two of four are half, not over it", "50% of 4", "FFuu", None),
        ("three of four are over half", "50% of 4", "FFuF", 4),
        ("the smallest share of one row: the first failure stops", "1% of 1", "uuuF", 4),
        ("a fraction of a percent is exact: 1 of 200 is 0.5 %", "0.5% of 200", "u" * 199 + "F", None),
        ("a fraction of a percent is exact: 2 of 200 are over 0.5 %", "0.5% of 200", "u" * 199 + "FF", 201),
    ],
)
def test_each_line_of_the_table_of_failures(line: str, limit: str, outcomes: str, row: int | None) -> None:
    """The rule speaks at the row at which the line says so, and at none before."""
    stopped = stops_at(limit, outcomes)
    assert (stopped and stopped[0]) == row, line


@pytest.mark.parametrize(
    ("limit", "outcomes", "told"),
    [
        ("10", "F" * 11, "11 rows ended failed, mismatch or unknown: safety.max_failures is 10"),
        (
            "20% of 200",
            "u" * 200 + "FMU" * 14,
            "41 of the last 200 finished rows ended failed, mismatch or unknown: safety.max_failures is 20% of 200",
        ),
        (
            " 2.50%of 200",
            "F" * 20,
            "20 of the first 20 finished rows ended failed, mismatch or unknown: safety.max_failures is 2.5% of 200",
        ),
    ],
)
def test_the_message_has_the_numbers_and_the_setting(limit: str, outcomes: str, told: str) -> None:
    """What happened, what is allowed, and where that is written."""
    stopped = stops_at(limit, outcomes)
    assert stopped is not None
    assert stopped[1] == told


def test_without_a_limit_nothing_is_said() -> None:
    """A job that switches the rule off is never stopped by it."""
    rule = FailureRule(None)
    assert [rule.note(Outcome.FAILED) for _ in range(1000)] == [None] * 1000


def test_every_outcome_is_in_the_letters_of_this_test() -> None:
    """A new outcome must be thought about here."""
    assert set(LETTERS.values()) == set(Outcome)
    assert {LETTERS[letter] for letter in "FMU"} == FAILURES


@given(
    st.lists(st.sampled_from(list(Outcome)) | st.just(Outcome.UPDATED), max_size=120),
    st.integers(1, 99),
    st.integers(1, 60),
    st.integers(0, 1),
)
def test_a_share_is_what_counting_again_would_find(
    outcomes: list[Outcome], percent: int, of: int, repeated: int
) -> None:
    """After every row the rule says the same as a recount of the last finished rows."""
    rule = FailureRule(failure_limit(f"{percent}% of {of}"))
    finished: list[Outcome] = []
    for outcome in outcomes * (1 + repeated):
        told = rule.note(outcome)
        if outcome is Outcome.PENDING:
            assert told is None
            continue
        finished.append(outcome)
        last = finished[-of:]
        failures = sum(one in {"failed", "mismatch", "unknown"} for one in last)
        exceeded = len(finished) >= min(20, of) and 100 * failures > percent * len(last)
        assert (told is not None) is exceeded
        assert told is None or told.startswith(f"{failures} of the ")


@given(st.lists(st.sampled_from(list(Outcome))), st.integers(1, 30))
def test_a_count_is_what_counting_again_would_find(outcomes: list[Outcome], most: int) -> None:
    """After every finished row the rule speaks if, and only if, more rows than the count have failed."""
    rule = FailureRule(failure_limit(most))
    for number, outcome in enumerate(outcomes, start=1):
        failures = sum(one in {"failed", "mismatch", "unknown"} for one in outcomes[:number])
        exceeded = failures > most and outcome is not Outcome.PENDING
        assert (rule.note(outcome) is not None) is exceeded
