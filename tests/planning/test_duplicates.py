import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.causes import known
from bulkcase.model import Outcome, Result
from bulkcase.planning.duplicates import decide

TRUTH = [
    # fingerprints of the rows, rule, the row that is sent, the fates of the others
    ("aa", "refuse", 2, {3: "same_row"}),
    ("aa", "last", 2, {3: "same_row"}),
    ("aaa", "refuse", 2, {3: "same_row", 4: "same_row"}),
    ("ab", "refuse", None, {2: "duplicate_case", 3: "duplicate_case"}),
    ("aab", "refuse", None, {2: "duplicate_case", 3: "duplicate_case", 4: "duplicate_case"}),
    ("ab", "last", 3, {2: "later_row"}),
    ("aba", "last", 4, {2: "same_row", 3: "later_row"}),
    ("abb", "last", 4, {2: "later_row", 3: "same_row"}),
    ("a", "refuse", 2, {}),
    ("a", "last", 2, {}),
]
OUTCOMES = {
    "same_row": Outcome.SUPERSEDED,
    "later_row": Outcome.SUPERSEDED,
    "duplicate_case": Outcome.INVALID,
}

groups = st.lists(st.tuples(st.integers(2, 10**6), st.sampled_from([b"a", b"b", b"c"])), min_size=2, max_size=30).map(
    lambda rows: sorted(dict(rows).items())
)
rules = st.sampled_from(["refuse", "last"])


def group_of(marks: str) -> list[tuple[int, bytes]]:
    return [(number, mark.encode()) for number, mark in enumerate(marks, 2)]


@pytest.mark.parametrize(("marks", "rule", "sent", "fates"), TRUTH)
def test_duplicates_follow_the_truth_table(marks: str, rule: str, sent: int | None, fates: dict[int, str]) -> None:
    """Identical rows are sent once; different ones are refused, or the last of them is sent, as the job says."""
    decided = dict(decide(group_of(marks), rule))
    assert {number: result.code for number, result in decided.items()} == fates
    assert set(dict(group_of(marks))) - set(decided) == ({sent} if sent else set())


@given(groups, rules)
def test_a_case_is_sent_once_at_most(group: list[tuple[int, bytes]], rule: str) -> None:
    """Every row but one at most has exactly one fate, which is a known cause with the outcome that belongs to it."""
    decided = list(decide(group, rule))
    numbers = [number for number, _ in decided]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) <= {number for number, _ in group}
    assert len(group) - len(numbers) in ({0, 1} if rule == "refuse" else {1})
    for _, result in decided:
        assert known(result.code)
        assert result == Result(OUTCOMES[result.code], code=result.code, message=result.message)


@given(groups)
def test_what_is_refused_is_refused_whole(group: list[tuple[int, bytes]]) -> None:
    """Where rows of a case differ and the job does not say which counts, none of them is guessed."""
    differ = len({mark for _, mark in group}) > 1
    decided = [result.outcome for _, result in decide(group, "refuse")]
    assert decided == ([Outcome.INVALID] * len(group) if differ else [Outcome.SUPERSEDED] * (len(group) - 1))


@given(groups, rules)
def test_an_identical_row_is_called_so(group: list[tuple[int, bytes]], rule: str) -> None:
    """`same_row` and `later_row` name the row that is sent, and tell whether it is the same."""
    marks, decided = dict(group), dict(decide(group, rule))
    for sent in marks.keys() - decided.keys():
        for number, result in decided.items():
            assert (result.code == "same_row") is (marks[number] == marks[sent])
            assert f"row {sent}" in result.message


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ("ab", "rows 2 and 3 are about the same case and differ"),
        ("abcde", "rows 2, 3, 4, 5 and 6 are about the same case and differ"),
        ("abcdef", "rows 2, 3, 4, 5, 6 and 1 more are about the same case and differ"),
        ("ab" * 1000, "rows 2, 3, 4, 5, 6 and 1,995 more are about the same case and differ"),
    ],
)
def test_a_refusal_lists_the_rows(marks: str, message: str) -> None:
    """The message names the rows to look at, but not thousands of them."""
    assert {result.message for _, result in decide(group_of(marks), "refuse")} == {message}
