"""doctor: what answers tell, without any of them being asked for."""

from typing import Any

import pytest
from support.jobs import a_job

import bulkcase as bc
from bulkcase.errors import JobError, LedgerError
from bulkcase.job.quantities import Window
from bulkcase.job.settings import Auth
from bulkcase.kore.hints import Hint
from bulkcase.kore.pages import CasePage, Paging
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.operations.diagnosis.judged import (
    Heard,
    of_api,
    of_clock,
    of_names,
    of_quota,
    of_scope,
    of_target,
    of_token,
)
from bulkcase.operations.diagnosis.listed import of_no_page, of_pages, of_search
from bulkcase.operations.diagnosis.steps import STEPS, Diagnosis, State, Step, complaint, cross, ok

NOW = 1_795_000_000.0
SIGNED = Auth(client_id="cs-1", client_secret="env:SECRET")
READY = Auth(token="env:READY")


def refused(message: str = "Invalid JWT token", **more: Any) -> Heard:
    """Return a refusal of the credentials."""
    return Heard(Verdict(Kind.CREDENTIALS, 401, "credentials_refused", message), **{"here": NOW, **more})


def heard(kind: Kind, status: int | None = 200, message: str = "", code: str = "", **more: Any) -> Heard:
    """Return any other answer."""
    return Heard(Verdict(kind, status, code, message), NOW, **more)


def test_a_clock_is_the_cause_only_where_the_token_is_refused_for_it() -> None:
    """A token that is not issued yet, or has expired, by the server's clock alone: else the clock is a warning."""
    life: Any = {"issued": NOW - 30, "expires": NOW + 270}

    def judged(apart: float) -> tuple[State, State]:
        server = NOW - apart
        is_in = heard(Kind.ACCEPTED, server=server, **life)
        return of_clock(refused(server=server, **life)).state, of_clock(is_in).state

    states = {apart: judged(apart) for apart in (0.0, 29.0, 31.0, 600.0, -29.0, -31.0, -269.0, -271.0)}
    fine, told, cause = (State.OK, State.OK), (State.WARNING, State.WARNING), (State.CROSS, State.WARNING)
    assert states == {
        0.0: fine,
        29.0: fine,
        31.0: cause,
        600.0: cause,
        -29.0: fine,
        -31.0: told,
        -269.0: told,
        -271.0: cause,
    }
    assert of_clock(refused()).state is State.NOT_TRIED


def test_a_token_that_has_expired_by_both_clocks_is_no_matter_of_these() -> None:
    """A ready-made token that is old is named at its own step."""
    old = refused(server=NOW + 60, issued=NOW - 900, expires=NOW - 600)

    assert of_clock(old).state is State.WARNING
    assert "it expired 10 min ago" in of_token(old, READY).found


def test_how_far_the_clocks_are_apart_is_told_in_words() -> None:
    """Seconds, minutes, and in which direction."""
    assert of_clock(heard(Kind.ACCEPTED, server=NOW - 45)).found == "this machine is 45 s ahead of the server"
    assert of_clock(heard(Kind.ACCEPTED, server=NOW + 600)).found == "this machine is 10 min behind the server"


REPLAY = "error verifying the jwt: the jti was seen, possibly a replay"
SDK = "Invalid SDK credentials"
TOKENS: list[tuple[Heard, Auth, Heard | None, Heard | None, State, str]] = [
    (heard(Kind.ACCEPTED), SIGNED, None, None, State.OK, ""),
    (refused("Permission denied. Scope is incorrect!"), SIGNED, None, None, State.OK, ""),
    (heard(Kind.WRONG_TARGET, 400, "Invalid StreamId"), SIGNED, None, None, State.NOT_TRIED, ""),
    (refused(REPLAY), SIGNED, None, None, State.CROSS, "set auth.jti = true"),
    (refused(REPLAY), SIGNED.model_copy(update={"jti": True}), None, None, State.CROSS, "no other program"),
    (refused(REPLAY), READY, None, None, State.CROSS, "instead of auth.token"),
    (refused(), SIGNED, heard(Kind.ACCEPTED), None, State.CROSS, "set auth.jti = true"),
    (refused(), SIGNED, refused("Scope is incorrect"), None, State.CROSS, "set auth.jti = true"),
    (refused(), SIGNED, heard(Kind.WRONG_TARGET, 400), None, State.CROSS, "call doctor again"),
    (refused(), SIGNED, heard(Kind.THROTTLED, 429), None, State.CROSS, "call doctor again"),
    (refused(), SIGNED, heard(Kind.TRANSIENT, 503), None, State.CROSS, "call doctor again"),
    (refused(), SIGNED, heard(Kind.UNANSWERED, None), None, State.CROSS, "call doctor again"),
    (heard(Kind.REFUSED, 403), SIGNED, None, None, State.NOT_TRIED, ""),
    (refused(), SIGNED, refused(), refused(), State.CROSS, "check auth.client_secret (env:SECRET)"),
    (refused(SDK), SIGNED, refused(SDK), refused(), State.CROSS, "check auth.client_id"),
    (refused(SDK), SIGNED, refused(SDK), refused(SDK), State.NOT_TRIED, ""),
    (refused(SDK), READY, None, refused(), State.CROSS, "have a new one made"),
]


@pytest.mark.parametrize(("first", "auth", "other", "no_token", "state", "remedy"), TOKENS)
def test_what_is_wrong_with_a_token_is_told_apart(
    first: Heard, auth: Auth, other: Heard | None, no_token: Heard | None, state: State, remedy: str
) -> None:
    """By its words, by what another token brings, and by what no token at all brings."""
    found = of_token(first, auth, other, no_token)
    assert (found.state, remedy in found.remedy) == (state, True), found


def test_where_no_token_is_looked_at_account_and_stream_are_named(tmp_path: Any) -> None:
    """The same words for what is no token mean that it is not the token, and words about an account name it."""
    job = a_job(tmp_path)

    assert of_target(refused(SDK), job, refused(SDK)).remedy.startswith("check connection.account_id first")
    assert of_target(refused(SDK), job, refused()).state is State.NOT_TRIED
    assert of_target(refused(), job, refused()).state is State.NOT_TRIED
    assert of_target(heard(Kind.REFUSED, 403, "No such account"), job).remedy.startswith("check connection.account_id")
    assert of_target(heard(Kind.REFUSED, 412, "Invalid arguments"), job).state is State.NOT_TRIED
    assert of_target(heard(Kind.ACCEPTED), job).state is State.OK


def test_the_scope_is_judged_only_behind_a_token(tmp_path: Any) -> None:
    """What is refused before it says nothing of it."""
    assert of_scope(refused(), cross("token", "", "")).state is State.NOT_TRIED
    assert of_scope(heard(Kind.WRONG_TARGET, 400), ok("token", "")).state is State.NOT_TRIED
    assert of_scope(heard(Kind.REFUSED, 403, "Forbidden"), ok("token", "")).state is State.NOT_TRIED
    assert of_scope(refused("Scope is incorrect"), ok("token", "")).state is State.CROSS


APIS = [
    (heard(Kind.REFUSED, 404, "HTTP 404"), State.CROSS, "check connection.host"),
    (heard(Kind.REFUSED, 404, "Stream not found"), State.CROSS, "connection.stream_id"),
    (heard(Kind.REFUSED, 403, "HTTP 403", is_html=True), State.CROSS, "log in where this network asks for it"),
    (refused("HTTP 401", is_html=True), State.CROSS, "check connection.host"),
    (heard(Kind.TRANSIENT, 503, "HTTP 503", is_html=True), State.CROSS, "try again in some minutes"),
    (heard(Kind.UNANSWERED, 200, "an answer that is no JSON", "answer_broken"), State.CROSS, "check connection.host"),
    (heard(Kind.UNANSWERED, None, "no answer came in time", "timeout"), State.CROSS, "nothing between"),
    (heard(Kind.THROTTLED, 429, "slow", is_html=True), State.OK, ""),
    (refused(), State.OK, ""),
    (heard(Kind.REFUSED, 412, "Invalid arguments"), State.OK, ""),
]


@pytest.mark.parametrize(("answer", "state", "remedy"), APIS)
def test_the_api_is_known_by_its_answers(answer: Heard, state: State, remedy: str) -> None:
    """Refusals in its own words are the API's; pages, and what knows no such address, are not."""
    found = of_api(answer)
    assert (found.state, remedy in found.remedy) == (state, True), found


def test_the_quota_is_judged_by_what_there_is() -> None:
    """Throttled at which call, hints that fit or do not, or nothing at all."""
    windows = [Window(50, 60.0)]
    slow = heard(Kind.THROTTLED, 429, "hourly rate limit", hints=(Hint("X-RateLimit-Limit: 9", 9, 1.0),))

    assert of_quota([heard(Kind.ACCEPTED), slow], windows).found == "throttled at call 2 (hourly rate limit)"
    mute = [heard(Kind.ACCEPTED)]
    assert of_quota(mute, windows).found.endswith("nothing is documented; the job keeps to 50 in 60 s")
    assert of_quota(mute, []).found.endswith("the job keeps to no limit")
    assert of_quota([heard(Kind.UNANSWERED, None)], windows).state is State.NOT_TRIED
    fits = heard(Kind.ACCEPTED, hints=(Hint("X-RateLimit-Limit: 60", 60, None), Hint("RateLimit: 60;w=60", 60, 60.0)))
    assert of_quota([fits, fits], windows).state is State.OK
    assert of_quota([fits], [Window(100, 60.0)]).remedy == 'set quota.windows = ["60/60s"], or fewer calls'


def test_the_quota_that_is_proposed_loosens_nothing() -> None:
    """It has the job's own windows and the hints, the lower limit where both name a window, and never none at all."""
    own = [Window(50, 60.0), Window(1700, 3600.0)]
    hints = (Hint("a", 10, 1.0), Hint("b", 40, 60.0), Hint("c", 2000, 3600.0), Hint("d", 0, 86400.0))

    found = of_quota([heard(Kind.ACCEPTED, hints=hints)], own)
    assert found.remedy == 'set quota.windows = ["40/60s", "1700/3600s", "10/1s"], or fewer calls'
    assert of_quota([heard(Kind.ACCEPTED, hints=hints[3:])], own).state is State.OK


def test_lists_are_judged_by_every_sign(tmp_path: Any) -> None:
    """A total that is not told, a gap, or a second page that nobody saw are said."""
    job = a_job(tmp_path)
    whole = Paging(page=2, size=50, total=3, first_total=3, seen=3, sure=3, is_over=True)

    assert of_pages(whole, job).found == "3 cases on 1 page, complete by every sign"
    assert of_pages(Paging(page=2, total=4, first_total=4, seen=3, is_over=True), job).state is State.WARNING
    assert of_pages(Paging(page=3, size=50, seen=100), job).state is State.WARNING
    assert "was not looked at" in of_pages(Paging(page=2, size=50, total=90, seen=50), job, is_whole=False).found


def test_words_of_a_refusal_are_withheld_where_fields_are_private(tmp_path: Any) -> None:
    """Nobody knows whose words they are, whichever step tells them."""
    told, hidden = (heard(Kind.REFUSED, 412, "Mrs Smith's account", is_withheld=is_it) for is_it in (False, True))
    slow = heard(Kind.THROTTLED, 429, "Mrs Smith", is_withheld=True)

    assert "Mrs Smith" in of_no_page(told).found
    assert of_no_page(hidden).found == "getCases is refused (HTTP 412, its words withheld)"
    assert of_target(hidden, a_job(tmp_path)).found == "refused (HTTP 412, its words withheld)"
    assert of_quota([slow], []).found == "throttled at call 1 (HTTP 429, its words withheld)"


def test_what_shows_no_list_is_told_by_its_kind() -> None:
    """A server that fails, no answer, a missing right, and a later page that is refused are not one and the same."""
    down, gone = heard(Kind.TRANSIENT, 503, "HTTP 503"), heard(Kind.UNANSWERED, None, "cut off")

    assert of_no_page(down).found == "the server fails (HTTP 503)"
    assert of_no_page(gone, page=2).found == "page 2: no answer: cut off"
    assert of_no_page(heard(Kind.ACCEPTED)).found == "getCases answers without cases (no list of cases in it)"
    assert "right" in of_no_page(heard(Kind.REFUSED, 403, "Forbidden")).remedy
    assert "snapshot.filter" not in of_no_page(heard(Kind.REFUSED, 412, "skip too large"), page=2).remedy


def test_a_search_is_judged_by_the_case_that_was_looked_for() -> None:
    """Found by reference, by name alone, not at all, or with everything else."""
    case = {"_id": "ci-1", "refId": "CS1", "name": "one"}
    hit, miss, every = (CasePage(cases, 50, False, total) for cases, total in (([case], 1), ([], 0), ([case], 9)))

    def says(**found: CasePage | None) -> tuple[State, str]:
        judged = of_search(case, 9, found)
        return judged.state, judged.found

    assert says(reference=hit, name=hit) == (State.OK, "finds references and names: single cases can be looked up")
    assert says(reference=miss, name=hit)[1].startswith("finds names, not references")
    assert says(reference=hit, name=miss)[1].startswith("finds references: ")
    assert says(reference=None, name=hit)[1].startswith("finds names, not references")
    assert {says(reference=miss, name=miss)[0], says(reference=None)[0], says(name=every)[0]} == {State.WARNING}
    assert of_search(None, 0, {}).state is State.NOT_TRIED


def test_private_names_are_counted_and_not_shown() -> None:
    """What a field's names are is nobody's business where it is private."""
    shown = of_names({"status": ["Klosed", " OPEN "]}, {"status": {"Open"}}, ())
    hidden = of_names({"status": ["Klosed"]}, {"status": {"Open"}}, ["status"])

    assert '"Klosed"' in shown.found
    assert "OPEN" not in shown.found
    assert "Klosed" not in hidden.found
    assert "status: 1 of them" in hidden.found


def test_an_error_becomes_what_was_found_and_what_to_do() -> None:
    """Its last colon parts them; several problems have one remedy."""
    assert complaint("job", JobError("job.toml: quota: is odd: mend it"), "all") == cross(
        "job", "job.toml: quota: is odd", "mend it"
    )
    assert complaint("job", JobError("a: b", "c: d"), "all") == cross("job", "a: b\nc: d", "all")
    assert complaint("state", LedgerError("gone"), "all") == cross("state", "gone", "all")


def test_the_exit_code_is_that_of_what_was_in_the_way() -> None:
    """Ticks and warnings are 0, a cross is 1, and what let no call leave has its own."""
    well = [Step(name, State.WARNING, "", "look") for name in STEPS]

    assert Diagnosis(well, 4).exit_code == 0
    assert Diagnosis([cross("host", "", "")], 0).exit_code == 1
    assert Diagnosis([cross("lock", "", "")], 0, 4).exit_code == 4


def test_the_blocking_verb_does_the_same(tmp_path: Any) -> None:
    """bulkcase.sync has it for scripts without a loop."""
    (tmp_path / "cases.csv").write_text("Case ID,Notes\nci-1,note\n", encoding="utf-8")
    assert bc.sync.doctor(a_job(tmp_path), sandbox=True).exit_code == 0
