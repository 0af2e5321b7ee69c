"""What answers of the API tell of a set-up: from what was heard to steps with remedies. Pure.

The first answer decides most. Where it refuses the credentials, up to two more calls tell the causes apart:

    what was sent              and the answer is another one    then it is
    a token with a `jti`       accepted, or about the scope     auth.jti, or auth.lifetime
                               no refusal of credentials        not known: the second answer did not tell
    what is no token at all    another refusal                  client id or secret: ours was read as a token
                               the same refusal                 account or stream: no token was looked at
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bulkcase.job.quantities import Window
from bulkcase.job.settings import Auth, Job
from bulkcase.kore.hints import Hint, broken_promises
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.mapping.faults import listed
from bulkcase.operations.diagnosis.steps import Step, cross, ok, untried, warning
from bulkcase.said import number, seconds_text

APART: Final = 30.0
"""Seconds between two clocks up to which nothing goes wrong: a token is issued 30 s in the past."""
SHORT_LIFE: Final = 300.0
"""Seconds that the token lives that is tried where one was refused."""
_HOST: Final = "check connection.host: it is the API's own, such as https://platform.kore.ai"
SCOPE: Final = 'tick the scope "Case Management Configuration" in the settings of the app, and publish it'
_SERVER: Final = "try again in some minutes; where it stays so, ask who runs the server"
_TELLS_NOTHING: Final = "the answer says nothing of it"


@dataclass(frozen=True, slots=True)
class Heard:
    """One call, and what came of it."""

    verdict: Verdict
    here: float
    """This machine's time when it came, in seconds since the epoch, as all times here."""
    server: float | None = None
    """When the server made it, by its own clock; None where it does not say."""
    issued: float | None = None
    """When the token that was shown was issued, and when it expires; None where it does not say."""
    expires: float | None = None
    hints: tuple[Hint, ...] = ()
    is_html: bool = False
    is_withheld: bool = False
    """Whether what it says may show private values."""

    @property
    def said(self) -> str:
        """What it says, as far as that may be told."""
        if self.is_withheld and self.verdict.status is not None:
            return f"HTTP {self.verdict.status}, its words withheld"
        return self.verdict.message or self.verdict.code

    @property
    def is_accepted(self) -> bool:
        """Whether the API looked at the call itself, so that its credentials are good, but for the scope."""
        return self.verdict.kind is Kind.ACCEPTED or self.lacks_scope

    @property
    def is_refused(self) -> bool:
        """Whether the credentials are refused, and not only for their scope."""
        return self.verdict.kind is Kind.CREDENTIALS and not self.lacks_scope

    @property
    def lacks_scope(self) -> bool:
        """Whether it is the scope that is missing."""
        return self.verdict.kind is Kind.CREDENTIALS and "scope" in self.verdict.message.lower()

    @property
    def is_replay(self) -> bool:
        """Whether the server has seen this very token before."""
        return self.is_refused and "replay" in self.verdict.message.lower()


def failure_of(heard: Heard) -> tuple[str, str] | None:
    """Return what is wrong with a server, and what to do, where it fails or does not answer; else None."""
    if heard.verdict.status is None:
        return f"no answer: {heard.said}", f"see that nothing between cuts it off, or {_SERVER}"
    if heard.verdict.kind is Kind.TRANSIENT:
        return f"the server fails ({heard.said})", _SERVER
    return None


def of_api(heard: Heard) -> Step:  # noqa: PLR0911 - the first sign counts, a line each
    """Judge whether it is the API that answers."""
    verdict = heard.verdict
    status = verdict.status or 0
    failure = failure_of(heard)
    if failure is not None:
        return cross("api", *failure)
    if verdict.kind is Kind.THROTTLED:
        return ok("api", f"it throttles (HTTP {status})")
    if heard.is_html:
        found = f"an HTML page (HTTP {status}) instead of an answer: a login page, or a proxy"
        return cross("api", found, f"{_HOST}; or log in where this network asks for it")
    if 300 <= status < 400:
        return cross("api", f"the host sends calls elsewhere ({heard.said})", _HOST)
    if status in {404, 405}:
        found = f"the host knows no such address ({heard.said})"
        return cross("api", found, f"{_HOST}; then connection.stream_id (st-…), which is a part of the address")
    if verdict.kind is Kind.UNANSWERED or verdict.code == "answer_not_a_case":
        return cross("api", f"what answers is not the API ({heard.said})", _HOST)
    return ok("api", f"answers (HTTP {status})")


def of_clock(heard: Heard) -> Step:
    """Judge by the Date of an answer how far apart the clocks are, and whether that is why a token is refused."""
    if heard.server is None:
        return untried("clock", "the answer says no time")
    apart = heard.here - heard.server
    if abs(apart) <= APART:
        return ok("clock", f"{abs(apart):.0f} s apart")
    where = "ahead of" if apart > 0 else "behind"
    found = f"this machine is {seconds_text(abs(apart))} {where} the server"
    remedy = "set the clock of this machine, best by a time service (NTP)"
    early = heard.issued is not None and heard.issued > heard.server
    late = heard.expires is not None and heard.expires <= heard.server
    # A token that somebody else made may have expired by both clocks.
    is_cause = heard.is_refused and (early or (late and heard.here < (heard.expires or 0.0)))
    if is_cause:
        why = "is not issued yet" if early else "has expired"
        return cross("clock", f"{found}: by its clock the token {why}", remedy)
    return warning("clock", found, remedy)


def of_token(heard: Heard, auth: Auth | None, other: Heard | None = None, no_token: Heard | None = None) -> Step:
    """Judge the token by the first answer, by that to a token with a `jti`, and by that to what is no token."""
    verdict = heard.verdict
    if verdict.kind is Kind.WRONG_TARGET:
        return untried("token", "the stream is refused")
    if heard.is_accepted:
        return ok("token", "accepted" if auth is None else _shown(auth))
    if not heard.is_refused:
        return untried("token", _TELLS_NOTHING)
    return _of_refused(heard, auth, other, no_token)


def _of_refused(  # noqa: PLR0911 - the first sign counts, a line each
    heard: Heard, auth: Auth | None, other: Heard | None, no_token: Heard | None
) -> Step:
    message = heard.verdict.message
    said = f"refused ({heard.said})"
    if auth is None:
        return cross("token", said, "please report it: the embedded server and its token belong together")
    if heard.is_replay:
        return cross("token", f"{said}: this app takes each token once", _own_tokens(auth))
    if heard.expires is not None and heard.expires <= heard.here and auth.token is not None:
        ago = seconds_text(heard.here - heard.expires)
        return cross("token", f"{said}: it expired {ago} ago", f"put a new one where {auth.token} says")
    if other is not None and other.is_accepted:
        return _unlike(said, auth)
    if other is not None and not other.is_refused:
        found = f"{said}; the second answer, to another token, did not tell why ({other.said})"
        return cross("token", found, "call doctor again in some minutes")
    if no_token is not None and no_token.verdict.message == message and not _names_token(message):
        return untried("token", f"{said}, as what is no token is: it is not looked at")
    if auth.token is not None:
        return cross("token", said, f"have a new one made, and put it where {auth.token} says")
    secret = f"auth.client_secret ({auth.client_secret}): is it the secret of this very client id, and all of it?"
    if _names_token(message):
        return cross("token", said, f"check {secret}")
    ids = "connection.stream_id and account_id may be refused in these words, too"
    return cross("token", said, f"check auth.client_id (cs-…) first, then {secret}; {ids}")


def _names_token(message: str) -> bool:
    """Say whether a refusal is about the token itself."""
    return any(word in message.lower() for word in ("jwt", "token"))


def _shown(auth: Auth) -> str:
    if auth.token is not None:
        return "accepted, as it is"
    return f"accepted ({auth.algorithm}, good for {seconds_text(auth.lifetime)}{', with a jti' if auth.jti else ''})"


def _own_tokens(auth: Auth) -> str:
    if auth.token is not None:
        return "write auth.client_id and auth.client_secret instead of auth.token, and auth.jti = true"
    return "see that no other program uses this secret's tokens" if auth.jti else "set auth.jti = true"


def _unlike(said: str, auth: Auth) -> Step:
    """Return the cross of a token that was refused where one with a `jti`, and of a shorter life, was not."""
    shorter = f'auth.lifetime = "{SHORT_LIFE / 60:.0f}m"' if auth.lifetime > SHORT_LIFE else ""
    if auth.jti:
        return cross("token", f"{said}; one of a shorter life is accepted", f"set {shorter}")
    found = f"{said}; one with a jti{' and a shorter life' if shorter else ''} is accepted"
    return cross("token", found, "set auth.jti = true" + (f" and {shorter}" if shorter else ""))


def of_scope(heard: Heard, token: Step) -> Step:
    """Judge the scope of the app."""
    if heard.lacks_scope:
        return cross("scope", f"missing ({heard.said})", SCOPE)
    if heard.is_accepted:
        return ok("scope", "ticked, and published")
    return untried("scope", "the token is refused" if heard.is_refused else token.found)


def of_target(heard: Heard, job: Job, no_token: Heard | None = None) -> Step:
    """Judge stream and account."""
    connection, verdict = job.connection, heard.verdict
    if heard.lacks_scope:
        return untried("target", "the scope is missing")
    if heard.is_refused:
        return _of_whatever(heard, no_token)
    if verdict.kind is Kind.WRONG_TARGET:
        remedy = "check connection.stream_id (st-…): copy it again from the settings of the bot"
        return cross("target", f"{connection.stream_id} is refused ({heard.said})", remedy)
    if verdict.kind is Kind.REFUSED and "account" in verdict.message.lower():
        return cross("target", f"refused ({heard.said})", "check connection.account_id: copy it again")
    if verdict.kind is not Kind.ACCEPTED:
        return untried("target", _TELLS_NOTHING)
    what = f"stream {connection.stream_id}, account {connection.account_id}"
    return ok("target", what if connection.stream_id else "those of the embedded server")


def _of_whatever(heard: Heard, no_token: Heard | None) -> Step:
    """Judge stream and account where the credentials are refused: whether what is no token is refused alike."""
    message = heard.verdict.message
    if no_token is None or no_token.verdict.message != message or _names_token(message):
        return untried("target", "the token is refused")
    remedy = "check connection.account_id first, then connection.stream_id (st-…); then client id and secret"
    return cross("target", f"refused ({heard.said}), whatever the token is", remedy)


def of_quota(heard: Sequence[Heard], windows: Sequence[Window], waits_for: str = "") -> Step:
    """Judge [quota] by what the answers hint at; `waits_for` says why a call could not leave for it."""
    ours = ", ".join(f"{window.limit:,} in {seconds_text(window.seconds)}" for window in windows) or "no limit"
    if waits_for:
        return cross("quota", waits_for, "wait for it, and call doctor again")
    place, throttled = next((one for one in enumerate(heard, 1) if one[1].verdict.kind is Kind.THROTTLED), (0, None))
    if throttled is not None:
        wait = f" for {seconds_text(throttled.verdict.wait)}" if throttled.verdict.wait else ""
        found = f"throttled at call {place} ({throttled.said})"
        others = "see who else uses this quota (it is shared with the bot's other traffic), or lower quota.windows"
        return cross("quota", found, f"wait{wait}; {others}")
    if all(one.verdict.status is None for one in heard):
        return untried("quota", "no call was answered")
    hints = list(dict.fromkeys(hint for one in heard for hint in one.hints))
    if not hints:
        return ok("quota", f"no answer says anything of it, and nothing is documented; the job keeps to {ours}")
    told = "; ".join(dict.fromkeys(hint.said for hint in hints))
    broken = broken_promises(hints, windows)
    if broken:
        limits = ", ".join(f'"{limit}/{seconds:.15g}s"' for seconds, limit in _tightened(windows, broken).items())
        return warning("quota", f"{told}; the job keeps to {ours}", f"set quota.windows = [{limits}], or fewer calls")
    return ok("quota", f"{told}; the job keeps to {ours}")


def _tightened(windows: Iterable[Window], hints: Iterable[Hint]) -> Mapping[float, int]:
    """Return the limit of each window, its seconds first: the quota's own, and those of hints; the lower one counts."""
    told = [(hint.limit, hint.seconds) for hint in hints if hint.limit and hint.seconds]
    lowest: dict[float, int] = {}
    for limit, seconds in (*windows, *told):
        lowest[seconds] = min(limit, lowest.get(seconds, limit))
    return lowest


def of_names(wanted: Mapping[str, Iterable[str]], seen: Mapping[str, set[str]], hidden: Collection[str]) -> Step:
    """Judge whether the names that rows use were seen, by field; `hidden` are fields whose names are private."""
    if not seen:
        return ok("lookups", "no names are learnt from the live cases")
    missing = []
    for field, names in seen.items():
        known = {name.strip().casefold() for name in names}
        lost = sorted(name for name in wanted.get(field, ()) if name.strip().casefold() not in known)
        if lost:
            missing.append(f"{field}: {len(lost)} of them" if field in hidden else f"{field}: {listed(lost, 5)}")
    counts = [f"{field}: {number(len(names), 'name')}" for field, names in seen.items()]
    found = f"seen so far: {', '.join(counts)}"
    if not missing:
        return ok("lookups", found)
    remedy = "check these words of the file; bulkcase lookups reads all cases, and writes down which names there are"
    return warning("lookups", f"{found}; not among them {'; '.join(missing)}", remedy)
