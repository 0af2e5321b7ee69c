"""What an answer of the API means: one pure decision, no matter who asked.

The platform documents no status code for throttling and little about errors, so the rules go from the surest sign to
the weakest:

    no answer     the request never left            NOT_SENT      try again; it cannot have landed
                  certificate not trusted           WRONG_TARGET  every call would fail: stop
                  anything else                     UNANSWERED    it may have landed
    any status    429, or the text says rate limit  THROTTLED     wait; the row is not to blame (a text about a field
                                                                  of the row, or a case that was updated, is not meant)
    401           Invalid StreamId                  WRONG_TARGET
                  else                              CREDENTIALS   one fresh token, then stop
    400           Invalid StreamId                  WRONG_TARGET
    408, 5xx                                        TRANSIENT     try again
    other non-2xx, redirects                        REFUSED       for good
    2xx           HTML, errors, no object,
                  another case's _id                REFUSED       at once, no retry
                  broken JSON, too large to read    UNANSWERED
                  a JSON object                     ACCEPTED
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from bulkcase.causes import http_code


class Kind(StrEnum):
    """What to do about an answer."""

    ACCEPTED = "accepted"
    THROTTLED = "throttled"
    TRANSIENT = "transient"
    NOT_SENT = "not_sent"
    UNANSWERED = "unanswered"
    REFUSED = "refused"
    CREDENTIALS = "credentials"
    WRONG_TARGET = "wrong_target"


class Verdict(NamedTuple):
    """The decision about one call."""

    kind: Kind
    status: int | None = None
    code: str = ""
    """The cause, one of `bulkcase.causes`."""
    message: str = ""
    wait: float | None = None
    """Seconds that the server asks to wait, by Retry-After or by the window that its text names."""
    answer: Mapping[str, Any] | None = None
    counts: bool = True
    """Whether it uses up an attempt of its row: not in an outage, for which no row is to blame."""
    date: float | None = None
    """When the server made an answer that was accepted, or refused the credentials, by its own clock; epoch seconds."""


class Silence(StrEnum):
    """How a call can end without an answer."""

    NOT_CONNECTED = "not_connected"
    CONNECTION_LOST = "connection_lost"
    TIMEOUT = "timeout"
    TLS = "tls"
    CUT_OFF = "cut_off"


_RATE_LIMIT = re.compile(r"(?i:(?<![a-z])rate.?limit)|RateLimit")
_WRONG_STREAM = re.compile(r"invalid\s+stream\s*id", re.IGNORECASE)
_WINDOWS_IN_TEXT = (
    (re.compile(r"per.?second", re.IGNORECASE), 1.0),
    (re.compile(r"per.?minute", re.IGNORECASE), 60.0),
    (re.compile(r"hourly|per.?hour", re.IGNORECASE), 3600.0),
    (re.compile(r"daily|per.?day", re.IGNORECASE), 86400.0),
)
JUDGED_HEADERS = ("Content-Type", "Date", "Location", "Retry-After")
"""The headers of an answer that `judge` reads."""

_LONGEST_MESSAGE = 300
_BROKEN = object()
"""What a body is that cannot be read as JSON."""


def judge_silence(silence: Silence, detail: str) -> Verdict:
    """Return the verdict on a call that brought no answer."""
    kinds = {Silence.NOT_CONNECTED: Kind.NOT_SENT, Silence.TLS: Kind.WRONG_TARGET}
    return Verdict(kinds.get(silence, Kind.UNANSWERED), code=silence.value, message=_short(detail))


def judge_too_large(status: int, largest: int) -> Verdict:
    """Return the verdict on a success whose answer has more than `largest` bytes, of which the rest was not read."""
    return Verdict(Kind.UNANSWERED, status, "answer_too_large", f"an answer of more than {largest >> 20} MiB")


def judge(  # noqa: PLR0911 - the table above, a line each
    status: int, headers: Mapping[str, str], body: bytes, now: datetime, case_id: str | None = None
) -> Verdict:
    """Return the verdict on an answer; `now` is needed only where Retry-After is a date.

    `case_id` is the case that was updated: the answer must not be about another one.
    """
    answer = _parsed(body)
    if _is_usual(status, answer, case_id):
        return Verdict(Kind.ACCEPTED, status, answer=answer, date=date_of(headers) if case_id is None else None)
    is_success = 200 <= status < 300
    text = body.decode("utf-8", "replace")
    html = is_html(headers, text)
    sayings = _sayings(answer)
    message = f"HTTP {status}" if html else _message(sayings, text) or f"HTTP {status}"
    complaint = _about_the_call(sayings, "" if is_success and (html or _is_data(text)) else text)
    if status == 429 or _RATE_LIMIT.search(complaint):
        return Verdict(Kind.THROTTLED, status, "rate_limited", message, _wait(headers, complaint, now))
    if is_success:
        return _odd_success(status, answer, html, message, case_id)
    if 300 <= status < 400:
        place = headers.get("Location") or "nowhere"
        return Verdict(Kind.REFUSED, status, "redirected", f"HTTP {status} to {_short(place)}")
    if status in {400, 401} and _WRONG_STREAM.search(message):
        return Verdict(Kind.WRONG_TARGET, status, "wrong_target", message)
    if status == 401:
        return Verdict(Kind.CREDENTIALS, status, "credentials_refused", message, date=date_of(headers))
    if status == 408 or status >= 500:
        return Verdict(Kind.TRANSIENT, status, http_code(status), message, _retry_after(headers, now))
    return Verdict(Kind.REFUSED, status, http_code(status), message)


def judge_usual(status: int, body: bytes, case_id: str) -> Verdict | None:
    """Return the verdict of `judge` on an update's usual answer; None for any other one, which takes more to judge."""
    answer = _parsed(body)
    return Verdict(Kind.ACCEPTED, status, answer=answer) if _is_usual(status, answer, case_id) else None


def _is_usual(status: int, answer: Any, case_id: str | None) -> bool:
    return 200 <= status < 300 and isinstance(answer, dict) and _is_plain(answer, case_id)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _BROKEN


def _is_plain(answer: Mapping[str, Any], case_id: str | None) -> bool:
    """Say whether a JSON object of status 2xx is the usual answer."""
    if answer.get("errors") or answer.get("error"):
        return False
    if "_id" in answer:
        return case_id is None or answer["_id"] == case_id
    place, said = _saying(answer)
    return bool(place) or not _RATE_LIMIT.search(said)


def is_html(headers: Mapping[str, str], text: str) -> bool:
    """Say whether a text is a page; the type alone does not tell, servers give it to plain words too."""
    said_html = "html" in headers.get("Content-Type", "").lower()
    return text.lstrip("\ufeff \t\r\n")[:1] == "<" or (said_html and "</" in text)


def _is_data(text: str) -> bool:
    """Say whether a text was meant as JSON: what it says may be the words of a case."""
    return text.lstrip()[:1] in {"{", "["}


def _odd_success(status: int, answer: Any, html: bool, message: str, case_id: str | None) -> Verdict:
    if html:
        return Verdict(Kind.REFUSED, status, "answer_html", "an HTML page instead of an answer")
    if answer is _BROKEN:
        return Verdict(Kind.UNANSWERED, status, "answer_broken", "an answer that is no JSON")
    if not isinstance(answer, dict):
        return Verdict(Kind.REFUSED, status, "answer_not_a_case", "JSON, but no case")
    if answer.get("errors") or answer.get("error"):
        return Verdict(Kind.REFUSED, status, "answer_errors", message)
    other = answer["_id"] if isinstance(answer["_id"], str) else "something else"
    return Verdict(
        Kind.REFUSED, status, "answer_other_case", f"the answer is about {_short(other)}, not about {case_id}"
    )


def _message(sayings: Sequence[tuple[str, str]], text: str) -> str:
    """Return what an error says: the platform's envelope where there is one, else the text itself."""
    return _short("; ".join(f"{place}: {said}" if place else said for place, said in sayings) or text)


def _about_the_call(sayings: Sequence[tuple[str, str]], text: str) -> str:
    """Return what an error says about the call, leaving out what it says about a field, whose value it may repeat."""
    return " ".join(said for place, said in sayings if not place) if sayings else text


def _sayings(answer: Any) -> list[tuple[str, str]]:
    """Return what the platform's envelope says: each text with the field that it is about, if any."""
    if not isinstance(answer, dict):
        return []
    items = [item for key in ("errors", "error") for item in _as_list(answer.get(key))]
    sayings = [_saying(item) for item in (*items, answer)]
    return [(place, said) for place, said in sayings if said]


def _saying(item: Any) -> tuple[str, str]:
    """Return the field that one item of an envelope is about, and its text; empty where it has none."""
    if not isinstance(item, dict):
        return "", item if isinstance(item, str) else ""
    said = next((item[key] for key in ("msg", "message") if isinstance(item.get(key), str)), "")
    code, place = item.get("code"), item.get("property")
    if said and isinstance(code, int | str):
        said += f" (code {code})"
    return place if isinstance(place, str) else "", said


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _short(text: str) -> str:
    """Return a text on one line, shortened; what an answer says may be long and hostile."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST_MESSAGE]).split())
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"


def _wait(headers: Mapping[str, str], message: str, now: datetime) -> float | None:
    asked = _retry_after(headers, now)
    if asked is not None:
        return asked
    return next((seconds for pattern, seconds in _WINDOWS_IN_TEXT if pattern.search(message)), None)


def date_of(headers: Mapping[str, str]) -> float | None:
    """Return the moment in a Date header; None where there is none that can be read."""
    try:
        return parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, OverflowError):
        return None


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds of a Retry-After header, a number or a date (RFC 9110, 10.2.3); None where it is absurd."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    return seconds if 0 <= seconds <= 86400 else None
