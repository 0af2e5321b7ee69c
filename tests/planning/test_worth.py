"""Whether live cases are read before anything is sent."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.planning.worth import Choice, Question, at_once, by_pages

NEED = "input.key.match: keys are references"
PLAIN = Question(setting="auto", need="", cases=100)


def choice(question: Question, pages: int | None) -> Choice:
    """Return the choice, made with the number of pages where nothing else makes it."""
    return at_once(question) or by_pages(question, pages)


TABLE = [
    ("never", "", 1, False),
    ("never", "", None, False),
    ("never", NEED, 1, False),
    ("always", "", 1000, True),
    ("always", "", None, True),
    ("always", NEED, None, True),
    ("auto", NEED, 1000, True),
    ("auto", NEED, None, True),
    ("auto", "", None, False),
    ("auto", "", 101, False),
    ("auto", "", 100, True),
    ("auto", "", 1, True),
    ("auto", "", 0, True),
]


@pytest.mark.parametrize(("setting", "need", "pages", "read"), TABLE)
def test_the_table_row_by_row(setting: str, need: str, pages: int | None, read: bool) -> None:
    """What the job says comes first, then what it needs, then what costs less; a tie is for reading."""
    assert choice(replace(PLAIN, setting=setting, need=need), pages).read is read


@pytest.mark.parametrize("setting", ["auto", "always"])
@pytest.mark.parametrize("need", ["", NEED])
def test_nothing_is_read_where_nothing_is_to_be_sent(setting: str, need: str) -> None:
    """A call for no row at all is one too many."""
    question = Question(setting=setting, need=need, cases=0, names=3)
    assert at_once(question) == Choice(read=False, why="nothing is to be sent")


def test_one_case_is_not_worth_a_look() -> None:
    """One case costs one call either way, unless the job needs its live values or a name costs another call."""
    one = replace(PLAIN, cases=1)
    assert at_once(one) == Choice(read=False, why="one case costs one call either way")
    assert at_once(replace(one, need=NEED)) == Choice(read=True, why=NEED)
    assert at_once(replace(one, names=1)) is None


@pytest.mark.parametrize(
    ("cases", "names", "share", "pages", "read"),
    [
        (100, 0, None, 100, True),
        (100, 5, None, 105, True),
        (100, 5, None, 106, False),
        (100, 0, 0.5, 50, True),
        (100, 0, 0.5, 51, False),
        (100, 10, 0.5, 60, True),
        (100, 0, 0.0, 100, True),
        (100, 0, 1.0, 0, True),
        (100, 0, 1.0, 1, False),
    ],
)
def test_what_changed_the_last_time_is_reckoned_with(
    cases: int, names: int, share: float | None, pages: int, read: bool
) -> None:
    """Pages and what changes all the same stand against one call a case and one a name."""
    assert by_pages(Question("auto", "", cases, names, share), pages).read is read


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (replace(PLAIN, setting="never"), 'snapshot.read is "never"'),
        (replace(PLAIN, setting="always"), 'snapshot.read is "always"'),
        (replace(PLAIN, setting="always", need=NEED), NEED),
    ],
)
def test_a_choice_that_the_job_makes_says_so(question: Question, why: str) -> None:
    """The setting, or the key that needs live cases, is the reason."""
    assert at_once(question) == Choice(read=question.setting == "always", why=why)


@pytest.mark.parametrize(
    ("question", "pages", "facts"),
    [
        (PLAIN, None, ["does not say how many"]),
        (replace(PLAIN, cases=4200), 1100, ["1,100 pages", "4,200 cases"]),
        (replace(PLAIN, cases=1), 1, ["1 page ", "1 case "]),
        (replace(PLAIN, share=0.034), 7, ["7 pages", "100 cases", "3.4%"]),
    ],
)
def test_a_choice_by_numbers_tells_them(question: Question, pages: int | None, facts: list[str]) -> None:
    """A person can check what was reckoned."""
    why = by_pages(question, pages).why
    assert [fact for fact in facts if fact not in why] == []


numbers = st.integers(2, 10_000)


@given(numbers, numbers, st.integers(0, 50), st.none() | st.floats(0, 1), st.integers(0, 10_000))
def test_reading_more_never_gets_more_attractive(
    cases: int, pages: int, names: int, share: float | None, more: int
) -> None:
    """Where a list is worth reading, a shorter one is too, and one of which less changed."""
    question = Question("auto", "", cases, names, share)
    if by_pages(question, pages + more).read:
        assert by_pages(question, pages).read
        assert by_pages(replace(question, share=None), pages).read


@given(numbers, st.integers(0, 50), st.none() | st.floats(0, 1), st.integers(0, 10_000))
def test_reading_costs_no_more_calls_than_it_may_spare(cases: int, names: int, share: float | None, pages: int) -> None:
    """A list is read only where its pages are no more than the calls that may be left out."""
    if by_pages(Question("auto", "", cases, names, share), pages).read:
        assert pages <= cases + names
