"""What becomes of a call: window, address, credentials, then fault, refusal or change. No I/O, no clock of its own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import orjson

from bulkcase.sandbox.faults import LANDS, Fault, FaultPicker
from bulkcase.sandbox.quirks import KEPT, shown, stored
from bulkcase.sandbox.replies import Reply, fault_reply, invalid, refused, success, throttled
from bulkcase.sandbox.search import find_page
from bulkcase.sandbox.settings import SandboxSettings
from bulkcase.sandbox.store import Store
from bulkcase.sandbox.tokens import Gate
from bulkcase.sandbox.validation import (
    CREATE_CASE,
    GET_CASES,
    UPDATE_CASE,
    InvalidBody,
    check_supported,
    parse_object,
    validate,
)
from bulkcase.sandbox.windows import RollingWindows, refusal_text

_PATH = "/caseManagement/api/public/analytics/"


@dataclass(frozen=True, slots=True)
class Call:
    """The record of one call, made when its fate was decided and before the answer left."""

    arrived_at: float
    """Seconds since the epoch."""
    endpoint: str
    """updateCase, getCases, createCase; the whole path for any other."""
    case_id: str | None
    status: int | None
    """The status answered, also where its answer is spoiled on the wire; None where there is none at all."""
    body: Any
    """The JSON that came; None where it is no JSON or bodies are not kept."""
    applied: bool
    """Whether a case was changed or made."""
    rejected_by_window: bool
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call whose headers are here, counted in the windows; its body may still be on its way."""

    at: float
    method: str
    stream_id: str | None
    endpoint: str
    case_id: str | None
    full_window: float | None
    """The length in seconds of the window that refuses it."""

    @property
    def key(self) -> str:
        """What its chances are drawn for."""
        return self.case_id or self.endpoint


class _Fate(NamedTuple):
    reply: Reply
    applied: bool = False
    fault: Fault | None = None


class Api:
    """The state of a sandbox and its decisions."""

    def __init__(self, settings: SandboxSettings, cases: Iterable[Mapping[str, Any]]) -> None:
        self.store = Store(cases, settings.seed)
        self.calls: list[Call] = []
        self.before_page: Callable[[], None] | None = None
        """Called before each page of getCases is looked up."""
        self._settings = settings
        self._windows = RollingWindows(settings.windows)
        self._gate = Gate(settings)
        self._faults = FaultPicker(
            chances=settings.faults,
            script=settings.script,
            case_scripts=settings.case_scripts,
            seed=settings.seed,
        )

    def arrive(self, method: str, path: str, now: float) -> Arrival:
        """Count a call at the moment of its arrival, whatever becomes of it."""
        full = None if self._windows.admit(now) else self._windows.full(now)
        stream_id, endpoint, case_id = _address(path)
        return Arrival(now, method, stream_id, endpoint, case_id, full)

    def answer(self, arrival: Arrival, headers: Mapping[str, str], raw: bytes | None, now: float) -> Reply:
        """Decide a call, make its change, record it, and return the answer; no `raw` is a body that is too large."""
        fate = self._fate(arrival, headers, raw, now)
        if self._settings.rate_headers:
            said = {**self._windows.headers(), **fate.reply.headers}
            fate = fate._replace(reply=replace(fate.reply, headers=said))
        self.calls.append(
            Call(
                arrived_at=arrival.at,
                endpoint=arrival.endpoint,
                case_id=arrival.case_id,
                status=fate.reply.status,
                body=_parsed(raw) if self._settings.keep_bodies else None,
                applied=fate.applied,
                rejected_by_window=arrival.full_window is not None,
                fault=fate.fault,
            )
        )
        return fate.reply

    def _fate(self, arrival: Arrival, headers: Mapping[str, str], raw: bytes | None, now: float) -> _Fate:
        front = self._settings.front
        if front is not None:
            retry_after = self._settings.retry_after
            return _Fate(fault_reply(front, arrival.key, success({}), retry_after=retry_after, now=now), fault=front)
        barred = self._barred(arrival, headers)
        if barred is not None:
            return _Fate(barred)
        if raw is None:
            return _Fate(refused(413, "Request Entity Too Large"))
        if arrival.case_id is None:
            return self._attempt(arrival, raw, now)
        fault = self._faults.pick(arrival.case_id)
        if fault is None:
            return self._attempt(arrival, raw, now)
        fate = self._attempt(arrival, raw, now) if fault in LANDS else _Fate(success({}))
        retry_after = self._settings.retry_after
        reply = fault_reply(fault, arrival.case_id, fate.reply, retry_after=retry_after, now=now)
        return _Fate(reply, fate.applied, fault)

    def _barred(self, arrival: Arrival, headers: Mapping[str, str]) -> Reply | None:
        """Return why the call gets no further than the door, None where it does."""
        if arrival.full_window is not None:
            asked = self._settings.retry_after
            return throttled(refusal_text(arrival.full_window), None if asked is None else f"{asked:g}")
        if arrival.stream_id is None:
            return refused(404, "Not Found")
        if arrival.method != "POST":
            return refused(405, "Method Not Allowed")
        refusal = self._gate.refusal(headers.get("auth"), headers.get("AccountId"), arrival.at)
        if refusal is not None:
            return refused(401, refusal.text, refusal.code)
        if arrival.stream_id != self._settings.stream_id:
            return refused(400, "Invalid StreamId")
        return None

    def _attempt(self, arrival: Arrival, raw: bytes, now: float) -> _Fate:
        try:
            body = parse_object(raw)
            if arrival.case_id is not None:
                return self._update_case(arrival.case_id, body, now)
            if arrival.endpoint == "createCase":
                validate(body, CREATE_CASE)
                return _Fate(success(self.store.create(body, now)), applied=True)
            return _Fate(self._get_cases(body))
        except InvalidBody as error:
            return _Fate(invalid(error.problems))

    def _update_case(self, case_id: str, body: Mapping[str, Any], now: float) -> _Fate:
        before = self.store.cases.get(case_id)
        if before is None:
            return _Fate(refused(404, "Case not found"))
        validate(body, UPDATE_CASE)
        settings = self._settings
        kept = KEPT if settings.replaces else None
        case = self.store.update(case_id, stored(before, body, settings), now, kept=kept)
        return _Fate(success(shown(case, body, settings)), applied=True)

    def _get_cases(self, body: Mapping[str, Any]) -> Reply:
        settings = self._settings
        validate(body, GET_CASES)
        check_supported(body, refuse_sort=settings.refuse_sort, refuse_limit_above=settings.refuse_limit_above)
        if self.before_page is not None:
            self.before_page()
        return success(
            find_page(
                self.store.cases.values(),
                body,
                page_size=settings.page_size,
                ignore_skip=settings.ignore_skip,
                ignore_page=settings.ignore_page,
                ignore_sort=settings.ignore_sort,
                ignore_search=settings.ignore_search,
                finds_references=settings.finds_references,
            )
        )


def _address(path: str) -> tuple[str | None, str, str | None]:
    """Return stream, endpoint and case of a path; no stream and the whole path where it is none of the API's."""
    parts = path.removeprefix(_PATH).split("/") if path.startswith(_PATH) else []
    match parts:
        case [stream_id, "updateCase", case_id] if case_id:
            return stream_id, "updateCase", case_id
        case [stream_id, "getCases" | "createCase" as endpoint]:
            return stream_id, endpoint, None
        case _:
            return None, path, None


def _parsed(raw: bytes | None) -> Any:
    try:
        return orjson.loads(raw or b"null")
    except orjson.JSONDecodeError:
        return None
