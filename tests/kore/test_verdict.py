"""What each answer of the API means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase import causes
from bulkcase.kore.verdict import Kind, Silence, judge, judge_silence

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
CASE = "ci-0001"
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Answer:
    """An answer, and what is to follow from it."""

    status: int
    body: Any
    kind: Kind
    code: str
    says: str = ""
    """A part of the message."""
    wait: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    case_id: str | None = CASE

    @property
    def sent(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


def envelope(text: str, code: int = 0) -> dict[str, Any]:
    """Return an error as the platform writes it."""
    return {"errors": [{"msg": text, "code": code}]}


ACCEPTED, THROTTLED, TRANSIENT, REFUSED = Kind.ACCEPTED, Kind.THROTTLED, Kind.TRANSIENT, Kind.REFUSED
CREDENTIALS, WRONG_TARGET, UNANSWERED = Kind.CREDENTIALS, Kind.WRONG_TARGET, Kind.UNANSWERED
PER_MINUTE = "You've exceeded the per-minute rate limit"
HOURLY = "You've exceeded the hourly rate limit"
OLDER = "Rate limit for this API has been reached"
LIMITED = "rate_limited"
REFUSED_TOKEN = "credentials_refused"

ANSWERS = {
    # success
    "the case": Answer(200, {"_id": CASE, "name": "one"}, ACCEPTED, ""),
    "another 2xx": Answer(201, {"_id": CASE}, ACCEPTED, ""),
    "an answer without _id": Answer(200, {"name": "one"}, ACCEPTED, ""),
    "an empty object": Answer(200, {}, ACCEPTED, ""),
    "no errors in a list of errors": Answer(200, {"_id": CASE, "errors": [], "error": None}, ACCEPTED, ""),
    "a page of cases": Answer(200, {"results": [], "page": 1}, ACCEPTED, "", case_id=None),
    "any _id where no case was meant": Answer(200, {"_id": "ci-9"}, ACCEPTED, "", case_id=None),
    "a case that speaks of rate limits": Answer(200, {"_id": CASE, "desc": OLDER, "message": OLDER}, ACCEPTED, ""),
    "a success with Retry-After": Answer(200, {"_id": CASE}, ACCEPTED, "", headers={"Retry-After": "5"}),
    # a success that is none
    "a page": Answer(200, b"<html>Log in</html>", REFUSED, "answer_html", "HTML", headers=HTML),
    "a page without its type": Answer(200, b"\xef\xbb\xbf\n <!doctype html>", REFUSED, "answer_html"),
    "a page that speaks of rate limits": Answer(200, b"<p>rate limit</p>", REFUSED, "answer_html", headers=HTML),
    "errors": Answer(200, envelope("no such field", 7), REFUSED, "answer_errors", "no such field (code 7)"),
    "an error": Answer(200, {"error": "no"}, REFUSED, "answer_errors", "no"),
    "errors beside the case": Answer(200, {"_id": CASE, **envelope("half")}, REFUSED, "answer_errors", "half"),
    "errors in another form": Answer(200, {"errors": {"odd": 1}}, REFUSED, "answer_errors", '{"errors":{"odd":1}}'),
    "another case": Answer(
        200, {"_id": "ci-2", "desc": OLDER}, REFUSED, "answer_other_case", "ci-2, not about ci-0001"
    ),
    "an _id of null": Answer(200, {"_id": None}, REFUSED, "answer_other_case"),
    "an _id that is no text": Answer(200, {"_id": [["ci-2"]]}, REFUSED, "answer_other_case", "something else"),
    "broken JSON": Answer(200, b'{"_id": "ci-0001", "desc": "rate limit', UNANSWERED, "answer_broken"),
    "words": Answer(200, b"OK", UNANSWERED, "answer_broken"),
    "words that claim to be a page": Answer(200, b"OK", UNANSWERED, "answer_broken", headers=HTML),
    "nothing": Answer(200, b"", UNANSWERED, "answer_broken"),
    "no content": Answer(204, b"", UNANSWERED, "answer_broken"),
    "a list": Answer(200, [{"_id": CASE, "desc": OLDER}], REFUSED, "answer_not_a_case"),
    "a number": Answer(200, 1, REFUSED, "answer_not_a_case"),
    # credentials and target
    "bad credentials": Answer(401, envelope("Invalid SDK credentials", 4002), CREDENTIALS, REFUSED_TOKEN, "SDK"),
    "a bad token": Answer(401, envelope("Invalid JWT token", 4002), CREDENTIALS, REFUSED_TOKEN, "(code 4002)"),
    "no scope": Answer(
        401, envelope("Permission denied. Scope is incorrect!", 4002), CREDENTIALS, REFUSED_TOKEN, "Scope is incorrect!"
    ),
    "a replay": Answer(
        401, envelope("error verifying the jwt: possibly a replay", 401), CREDENTIALS, REFUSED_TOKEN, "replay"
    ),
    "a bare 401": Answer(401, b"", CREDENTIALS, REFUSED_TOKEN, "HTTP 401"),
    "a wrong stream": Answer(400, envelope("Invalid StreamId", 400), WRONG_TARGET, "wrong_target", "Invalid StreamId"),
    "a wrong stream in words": Answer(400, b"Invalid StreamId", WRONG_TARGET, "wrong_target", headers=HTML),
    "a wrong stream, as 401": Answer(401, envelope("Invalid Stream ID"), WRONG_TARGET, "wrong_target"),
    # refused for good
    "bad request": Answer(400, envelope("no", 400), REFUSED, "http_400", "no (code 400)"),
    "forbidden": Answer(403, {"message": "not yours"}, REFUSED, "http_403", "not yours"),
    "not found": Answer(404, b"Not Found", REFUSED, "http_404", "Not Found"),
    "not found, a page": Answer(404, b"<h1>Not Found</h1>", REFUSED, "http_404", "HTTP 404", headers=HTML),
    "no such method": Answer(405, envelope("Method Not Allowed", 405), REFUSED, "http_405", "Method Not Allowed"),
    "invalid": Answer(
        412,
        {
            "errors": [{"msg": "Validation errors/ Invalid arguments", "code": 412}],
            "error": [{"property": "dueDate", "message": "must be a number"}],
        },
        REFUSED,
        "http_412",
        "Invalid arguments (code 412); dueDate: must be a number",
    ),
    "invalid, and the value speaks of rate limits": Answer(
        412, {"error": [{"property": "desc", "message": "'rate limit' is no word"}]}, REFUSED, "http_412", "desc: 'rate"
    ),
    "too large": Answer(413, b"", REFUSED, "http_413", "HTTP 413"),
    "no rate limit at all": Answer(400, envelope("the corporate limit is 5 tags"), REFUSED, "http_400"),
    "a redirect": Answer(
        302, b"", REFUSED, "redirected", "to https://x.example.com", headers={"Location": "https://x.example.com"}
    ),
    "a redirect that keeps the method": Answer(307, b"", REFUSED, "redirected", headers={"Location": "/elsewhere"}),
    "a redirect to nowhere": Answer(308, b"", REFUSED, "redirected", "to nowhere"),
    # may pass
    "a timeout of the server": Answer(408, b"", TRANSIENT, "http_408"),
    "an error of the server": Answer(500, envelope("oops", 500), TRANSIENT, "http_500", "oops"),
    "a bad gateway": Answer(502, b"<html></html>", TRANSIENT, "http_502", "HTTP 502", headers=HTML),
    "unavailable for a while": Answer(503, b"", TRANSIENT, "http_503", wait=120, headers={"Retry-After": "120"}),
    "a gateway that waited in vain": Answer(504, b"", TRANSIENT, "http_504"),
    # throttled, whatever the status
    "too many requests": Answer(429, b"", THROTTLED, LIMITED, "HTTP 429"),
    "too many requests, a page": Answer(429, b"<html>slow down</html>", THROTTLED, LIMITED, "HTTP 429", headers=HTML),
    "per minute": Answer(429, envelope(PER_MINUTE, 429), THROTTLED, LIMITED, PER_MINUTE, wait=60),
    "hourly": Answer(400, envelope(HOURLY), THROTTLED, LIMITED, HOURLY, wait=3600),
    "per second": Answer(403, envelope("rate limit per second"), THROTTLED, LIMITED, wait=1),
    "per day": Answer(500, envelope("Daily rate limit"), THROTTLED, LIMITED, wait=86400),
    "an older text": Answer(401, {"message": OLDER}, THROTTLED, LIMITED, OLDER),
    "within success": Answer(200, envelope(PER_MINUTE), THROTTLED, LIMITED, wait=60),
    "within success, without errors": Answer(200, {"message": OLDER}, THROTTLED, LIMITED),
    "within success, in words": Answer(200, OLDER.encode(), THROTTLED, LIMITED),
    "a page of a proxy": Answer(
        503, b"<p>You are being rate limited</p>", THROTTLED, LIMITED, "HTTP 503", headers=HTML
    ),
    "a code": Answer(400, envelope("RATE_LIMIT_EXCEEDED"), THROTTLED, LIMITED),
    "a code in one word": Answer(400, envelope("ApiRateLimitExceeded"), THROTTLED, LIMITED),
    "in an object without envelope": Answer(400, {"reason": "rate-limit"}, THROTTLED, LIMITED),
    "far behind other words": Answer(400, envelope("x" * 5000 + " rate limit"), THROTTLED, LIMITED),
    "Retry-After before the text": Answer(
        429, envelope(HOURLY), THROTTLED, LIMITED, wait=7, headers={"Retry-After": "7"}
    ),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=list(ANSWERS))
def test_each_answer_has_its_verdict(answer: Answer) -> None:
    """Every row of the table of answers leads to its kind, code, message and wait."""
    verdict = judge(answer.status, {**JSON, **answer.headers}, answer.sent, NOW, answer.case_id)

    assert (verdict.kind, verdict.code, verdict.wait) == (answer.kind, answer.code, answer.wait)
    assert verdict.status == answer.status
    assert answer.says in verdict.message
    assert causes.known(verdict.code) or answer.kind is ACCEPTED


def test_an_accepted_answer_is_handed_on() -> None:
    """What the API shows of the case comes with the verdict, and nothing else does."""
    verdict = judge(200, JSON, b'{"_id":"ci-0001","desc":"new"}', NOW, CASE)

    assert verdict.answer == {"_id": CASE, "desc": "new"}
    assert verdict.message == ""


DATES = {
    format_datetime(NOW): NOW.timestamp(),
    "Mon, 23 Nov 2026 20:01:30 GMT": NOW.timestamp() + 90.0,
    "Mon, 23 Nov 2026 21:00:00 +0100": NOW.timestamp(),
    "Mon, 99 Nov 2026 20:00:00 GMT": None,
    "01 Jan 9999999999 00:00:00 GMT": None,
    "soon": None,
    "": None,
}


@pytest.mark.parametrize(("text", "moment"), DATES.items(), ids=lambda value: str(value)[:20])
def test_an_answer_that_is_about_no_one_case_has_its_date(text: str, moment: float | None) -> None:
    """Where cases are read, it counts by the server's own clock when they were; a Date that is none is left out."""
    page = b'{"cases":[],"moreAvailable":false}'
    assert judge(200, {**JSON, "Date": text}, page, NOW).date == moment
    assert judge(200, {**JSON, "Date": text}, b'{"_id":"ci-0001"}', NOW, CASE).date is None
    assert judge(500, {**JSON, "Date": text}, page, NOW).date is None


def test_an_answer_without_a_date_has_none() -> None:
    """The header may be left out."""
    assert judge(200, JSON, b"{}", NOW).date is None


@given(text=st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ [+-]\d+"))
def test_no_date_breaks_the_judge(text: str) -> None:
    """Whatever stands in the header, there is a verdict."""
    assert judge(200, {**JSON, "Date": text}, b"{}", NOW).kind is ACCEPTED


RETRY_AFTER = {
    "7": 7.0,
    " 7 ": 7.0,
    "0": 0.0,
    "86400": 86400.0,
    "86401": None,
    "9" * 400: None,
    "-5": None,
    "1.5": None,
    "1e3": None,
    "soon": None,
    "": None,
    "\u0667": None,
    "Mon, 23 Nov 2026 20:01:30 GMT": 90.0,
    "Mon, 23 Nov 2026 21:01:30 +0100": 90.0,
    "Mon, 23 Nov 2026 20:01:30 -0000": 90.0,
    format_datetime(NOW): 0.0,
    "Mon, 23 Nov 2026 19:59:00 GMT": None,
    "Fri, 23 Nov 2096 20:00:00 GMT": None,
    "Fri, 99 Nov 2026 20:00:00 GMT": None,
    "01 Jan 9999999999 00:00:00 GMT": None,
}


@pytest.mark.parametrize(("text", "seconds"), RETRY_AFTER.items(), ids=lambda value: str(value)[:20])
def test_retry_after_is_a_number_or_a_date_and_nothing_absurd(text: str, seconds: float | None) -> None:
    """Seconds and dates within a day are waited for; anything else counts as no Retry-After."""
    assert judge(503, {"Retry-After": text}, b"", NOW).wait == seconds


@given(text=st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ [+-]\d+"))
def test_no_retry_after_breaks_the_judge(text: str) -> None:
    """Whatever the header says, the wait is within a day or there is none."""
    wait = judge(429, {"Retry-After": text}, b"", NOW).wait

    assert wait is None or 0 <= wait <= 86400


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["_id", "errors", "error", "msg", "message", "code", "property"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(
    status=st.sampled_from([200, 204, 302, 400, 401, 404, 412, 429, 500]),
    body=st.binary(max_size=60) | ANYTHING.map(orjson.dumps),
    page=st.booleans(),
)
def test_whatever_the_answer_is_there_is_a_verdict_in_one_short_line(status: int, body: bytes, page: bool) -> None:
    """No body of any form raises, and every message is one printable line."""
    verdict = judge(status, HTML if page else JSON, body, NOW, CASE)

    assert verdict.message.isprintable()
    assert len(verdict.message) <= 400
    assert bool(verdict.message) is (verdict.kind is not ACCEPTED)


DEPTH = 1000
HOSTILE = {
    "long": b"x" * 1_000_000,
    "long envelope": orjson.dumps(envelope("y" * 1_000_000)),
    "lines": orjson.dumps(envelope("one\r\ntwo\tthree\x00\x1b[31mfour\u2028five\u202esix")),
    "not UTF-8": b"\xff\xfe\xfa no text",
    "deep": b'{"errors":[' + b'{"msg":' * DEPTH + b"1" + b"}" * DEPTH + b"]}",
    "deep _id": b'{"_id":' + b"[" * DEPTH + b"]" * DEPTH + b"}",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_long_and_hostile_answers_end_on_one_short_line(status: int, body: bytes) -> None:
    """Control characters, line breaks and sheer size are gone from what a report shows."""
    message = judge(status, JSON, body, NOW, CASE).message

    assert 0 < len(message) <= 400
    assert message.isprintable()


def test_a_shortened_message_says_so() -> None:
    """A message that was cut ends with an ellipsis, in the place of the last of its 300 characters."""
    message = judge(400, JSON, orjson.dumps(envelope("z" * 301)), NOW).message

    assert message == "z" * 299 + "…"


SILENCES = {
    Silence.NOT_CONNECTED: Kind.NOT_SENT,
    Silence.TLS: Kind.WRONG_TARGET,
    Silence.CONNECTION_LOST: Kind.UNANSWERED,
    Silence.TIMEOUT: Kind.UNANSWERED,
    Silence.CUT_OFF: Kind.UNANSWERED,
}


@pytest.mark.parametrize("silence", Silence)
def test_silence_is_unanswered_unless_the_request_cannot_have_left(silence: Silence) -> None:
    """Only what never reached the server is known not to have landed."""
    verdict = judge_silence(silence, "what\nhappened")

    assert (verdict.kind, verdict.status, verdict.message) == (SILENCES[silence], None, "what happened")
    assert causes.known(verdict.code)
