"""What follows from a verdict on a row's attempt."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.kore.backoff import backoff
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.model import Outcome, Result
from bulkcase.sending.decide import result_of, result_of_stop, worth_another

ACCEPTED = Verdict(Kind.ACCEPTED, 200)
REFUSED = Verdict(Kind.REFUSED, 412, "http_412", "no")
LOGIN_PAGE = Verdict(Kind.REFUSED, 200, "answer_html", "a page")
A_LIST = Verdict(Kind.REFUSED, 200, "answer_not_a_case", "a list")
REDIRECTED = Verdict(Kind.REFUSED, 302, "redirected", "elsewhere")
OTHER_CASE = Verdict(Kind.REFUSED, 200, "answer_other_case", "ci-2")
TRANSIENT = Verdict(Kind.TRANSIENT, 503, "http_503", "busy")
NOT_SENT = Verdict(Kind.NOT_SENT, None, "not_connected", "refused")
UNANSWERED = Verdict(Kind.UNANSWERED, None, "timeout", "late")
BROKEN = Verdict(Kind.UNANSWERED, 200, "answer_broken", "no JSON")

FAILED, UNKNOWN = Outcome.FAILED, Outcome.UNKNOWN


@dataclass(frozen=True)
class Line:
    """A line of the truth table: another attempt under each setting; its result: no doubt, a doubt, a look."""

    verdict: Verdict
    resend: bool
    leave: bool
    plain: Outcome
    doubtful: Outcome
    looked: Outcome = UNKNOWN


TABLE = {
    "refused": Line(REFUSED, False, False, FAILED, UNKNOWN, FAILED),
    "refused, other case": Line(OTHER_CASE, False, False, FAILED, UNKNOWN, FAILED),
    "refused by no API, a page": Line(LOGIN_PAGE, False, False, FAILED, UNKNOWN),
    "refused by no API, a list": Line(A_LIST, False, False, FAILED, UNKNOWN),
    "refused by no API, a redirect": Line(REDIRECTED, False, False, FAILED, UNKNOWN),
    "transient": Line(TRANSIENT, True, True, FAILED, UNKNOWN),
    "not_sent": Line(NOT_SENT, True, True, FAILED, UNKNOWN),
}
LOST = {"unanswered": UNANSWERED, "unanswered, with a status": BROKEN}


@pytest.mark.parametrize("line", TABLE.values(), ids=list(TABLE))
def test_each_line_of_the_truth_table(line: Line) -> None:
    """Another attempt, and the result when there is none, are as the table in the module says."""
    assert worth_another(line.verdict, "resend") is line.resend
    assert worth_another(line.verdict, "leave") is line.leave
    assert result_of(line.verdict, 2, None).outcome is line.plain
    assert result_of(line.verdict, 2, UNANSWERED).outcome is line.doubtful
    assert result_of(line.verdict, 2, UNANSWERED, looked=True).outcome is line.looked


@pytest.mark.parametrize("verdict", LOST.values(), ids=list(LOST))
def test_an_unanswered_attempt_is_left_or_sent_again_and_ends_unknown(verdict: Verdict) -> None:
    """The job says whether it is sent again; it is unknown when that was the last attempt."""
    assert worth_another(verdict, "resend")
    assert not worth_another(verdict, "leave")
    assert result_of(verdict, 1, verdict) == Result(UNKNOWN, 1, verdict.status, verdict.code, verdict.message)


@pytest.mark.parametrize("kind", [Kind.THROTTLED, Kind.CREDENTIALS, Kind.WRONG_TARGET])
def test_what_the_door_deals_with_is_no_reason_for_another_attempt(kind: Kind) -> None:
    """Throttling and refused credentials never reach a row; if they did, nothing would be sent again."""
    assert not worth_another(Verdict(kind), "resend")


def test_a_failed_row_says_why() -> None:
    """Status, cause, message and number of calls of the last verdict are kept."""
    assert result_of(REFUSED, 3, None) == Result(FAILED, 3, 412, "http_412", "no")


@pytest.mark.parametrize("unanswered", ["resend", "leave"])
def test_an_update_that_was_accepted_is_not_sent_again(unanswered: str) -> None:
    """There is no other attempt, whatever the job says of lost answers."""
    assert not worth_another(ACCEPTED, unanswered)


def test_an_unknown_row_says_what_was_lost_and_what_came_then() -> None:
    """The cause is that of the lost answer; the message goes on with the last verdict."""
    assert result_of(TRANSIENT, 3, UNANSWERED) == Result(UNKNOWN, 3, 503, "timeout", "late; then: busy")


@pytest.mark.parametrize(
    ("doubt", "result"),
    [
        (None, Result(Outcome.PENDING, 2, code="stopped", message="Ctrl-C")),
        (UNANSWERED, Result(UNKNOWN, 2, None, "timeout", "late")),
    ],
)
def test_a_stopped_row_is_pending_unless_it_may_have_landed(doubt: Verdict | None, result: Result) -> None:
    """A stop leaves a row for later; one whose last answer was lost is unknown."""
    assert result_of_stop("Ctrl-C", 2, doubt) == result


@given(
    failures=st.integers(1, 10**6),
    max_wait=st.floats(0.001, 86400),
    chance=st.floats(0, 1),
    asked=st.none() | st.floats(0, 86400),
)
def test_a_back_off_stays_within_its_bounds(failures: int, max_wait: float, chance: float, asked: float | None) -> None:
    """Never negative, never above max_wait, never below what the server asks for within max_wait."""
    wait = backoff(failures, max_wait, chance, asked)

    assert 0 <= wait <= max_wait
    assert wait >= min(asked or 0.0, max_wait)
    assert wait <= max(2.0 ** min(failures - 1, 1000), asked or 0.0)


@pytest.mark.parametrize(("failures", "most"), [(1, 1.0), (2, 2.0), (3, 4.0), (6, 32.0), (7, 60.0), (99, 60.0)])
def test_the_span_of_a_back_off_doubles_up_to_max_wait(failures: int, most: float) -> None:
    """Full jitter: anything from nothing to a span that doubles with each failure."""
    assert backoff(failures, 60.0, 0.0, None) == 0.0
    assert backoff(failures, 60.0, 0.5, None) == most / 2
    assert backoff(failures, 60.0, 1.0, None) == most


def test_a_row_that_stays_in_doubt_tells_of_its_last_attempt_alone() -> None:
    """However often it is sent again and refused, its message does not grow."""
    before = result_of(REFUSED, 2, UNANSWERED)
    again = result_of(REFUSED, 3, UNANSWERED._replace(message=before.message))
    assert again.message == before.message
