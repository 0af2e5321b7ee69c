"""Telling a webhook: Slack and whatever takes its form, Microsoft Teams, Google Chat, or a plain receiver."""

import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
from pydantic import SecretStr

from bulkcase.job.host import is_loopback
from bulkcase.kore.verdict import Silence
from bulkcase.reporting.telling.notices import MOST_CAUSES, Notice, NotTold, body_lines, headline, subject
from bulkcase.said import number

if TYPE_CHECKING:
    import aiohttp
    import yarl

PATIENCE: Final = 10.0
"""Seconds for all of a call."""

_TEAMS: Final = (
    "webhook.office.com",
    "logic.azure.com",
    "logic.azure.us",
    "api.powerplatform.com",
    "powerautomate.com",
    "flow.microsoft.com",
)
"""Where Teams takes messages: its old connectors, and its workflows under all the names they have had."""
_TEXT_ONLY: Final = ("slack.com", "slack-gov.com", "chat.googleapis.com")
"""Who takes a text and may refuse a message that has more."""
_TALKS_BACK: Final = "webhook.office.com"
"""Whose success is no proof: it answers 200 with a sentence about a delivery that failed."""
_ANSWER: Final = 1024
"""Bytes of an answer that are looked at."""
_LONGEST: Final = 1900
"""Characters of a text, where fewer causes can bring it there: Discord takes 2,000."""
_CARD: Final = "application/vnd.microsoft.card.adaptive"
# The oldest version that has all that is used here (`fontType`): a client that is older than a card hides all of it.
_CARD_VERSION: Final = "1.2"
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]~<>#|])")
_ENDS: Final = {
    Silence.TLS: "its certificate is not trusted here: set connection.ca_bundle",
    Silence.NOT_CONNECTED: "it cannot be reached: check the address and the network",
    Silence.TIMEOUT: "no answer came in time",
    Silence.CONNECTION_LOST: "the connection broke before the answer",
}


def payload(notice: Notice, url_host: str) -> bytes:
    """Return the JSON that a host understands, with nothing in it that would call people or break out of its line."""
    if is_under(url_host, _TEAMS):
        return orjson.dumps(_message(notice))
    if is_under(url_host, _TEXT_ONLY):
        return orjson.dumps({"text": _chat_text(notice)})
    return orjson.dumps({"text": _chat_text(notice), "bulkcase": notice.as_json()})


def is_under(host: str, domains: tuple[str, ...]) -> bool:
    """Say whether a host is one of some domains, or below one."""
    name = host.lower().rstrip(".")
    return any(name == domain or name.endswith(f".{domain}") for domain in domains)


def _chat_text(notice: Notice) -> str:
    """Return a line that starts with the job's name, then a block as it is: no chat reads commands in either."""
    # Some chats look for @everyone before they look for code.
    job = _as_code(notice.job).replace("@", "@\u200b")
    head = f"`{job}`: {headline(notice)} (exit code {notice.exit_code})"
    for most in (MOST_CAUSES, 5, 3, 1):
        body = _as_code("\n".join(body_lines(notice, most)))
        if len(body) + len(head) <= _LONGEST:
            break
    return f"{head}\n```\n{body}\n```"


def _as_code(text: str) -> str:
    """Return a text for between backticks; only these three signs have to be escaped for Slack."""
    return text.replace("`", "'").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _message(notice: Notice) -> dict[str, Any]:
    """Return a message of Teams: one Adaptive Card."""
    counts = [(f"{outcome}", f"{count:,}") for outcome, count in notice.outcomes.items() if count]
    facts = [{"title": _plain(name), "value": _plain(fact)} for name, fact in [*notice.facts, *counts]]
    causes = notice.causes[:MOST_CAUSES]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": _CARD_VERSION,
        "fallbackText": _plain(subject(notice)),
        "body": [
            _block(subject(notice), size="Medium", weight="Bolder", color="Attention" if notice.is_problem else "Good"),
            _block(notice.meaning),
            {"type": "FactSet", "facts": facts},
            *(_block(f"{number(cause.count, 'row')}, {cause.code}: {cause.tip}") for cause in causes),
            *([_block(f"and {len(notice.causes) - MOST_CAUSES} more")] if len(notice.causes) > MOST_CAUSES else []),
            *(_block(line, fontType="Monospace") for line in (notice.next_command, notice.folder) if line),
        ],
    }
    return {"type": "message", "attachments": [{"contentType": _CARD, "contentUrl": None, "content": card}]}


def _block(text: str, **looks: str) -> dict[str, Any]:
    return {"type": "TextBlock", "text": _plain(text), "wrap": True, **looks}


def _plain(text: str) -> str:
    """Return a text in which a card finds no Markdown."""
    return _MARKDOWN.sub(r"\\\1", text)


async def post(url: SecretStr, notice: Notice, *, ca_bundle: Path | None = None, patience: float = PATIENCE) -> None:
    """Tell a webhook; `patience` is in seconds. Raises NotTold, which names its host and nothing else of its address.

    Trusted are the authorities of the system and those in `ca_bundle`. Redirects are not followed. A name service that
    hangs is given up as the rest is, but its look-up goes on in a thread, and no process ends before that does.
    """
    address, problem = _address(url.get_secret_value().strip())
    if address is not None:
        problem = await _refusal(address, payload(notice, address.host or ""), ca_bundle, patience)
    # Raised here and not where it was caught: the exceptions of aiohttp carry the address.
    if problem:
        raise NotTold(f"webhook: {problem}")


def _address(written: str) -> "tuple[yarl.URL | None, str]":
    """Return the address as it is written, or None and why it cannot be used."""
    from yarl import URL  # noqa: PLC0415 - comes with aiohttp, which only a job with a webhook needs here

    try:
        # Not normalised: in the address of a workflow, the signature covers what its escapes stand for.
        address = URL(written, encoded=True) if re.fullmatch(r"[!-~]+", written) else URL()
        host, _ = address.host or "", address.port
    except ValueError:
        host = ""
    if not host or address.scheme not in {"http", "https"}:
        return None, "the secret behind notify.webhook is no address: it has to start with https://"
    if address.scheme == "http" and not is_loopback(host):
        return None, f"{host}: is plain http, so everybody on the way could read its secret: use https"
    return address, ""


async def _refusal(address: "yarl.URL", body: bytes, ca_bundle: Path | None, patience: float) -> str:
    """Post; return why that did not work, empty where it did."""
    from bulkcase.kore.transport import NO_ANSWER, silence_of  # noqa: PLC0415 - aiohttp takes a quarter of a second

    try:
        why = await _post(address, body, trust(ca_bundle), patience)
    except NotTold as error:
        return str(error)
    except NO_ANSWER as error:
        why = _ENDS[silence_of(error)]
    except ValueError:
        # What aiohttp raises for an address with parts that it cannot take.
        why = "its address cannot be used: check the secret behind notify.webhook"
    return why and f"{address.host}: {why}"


async def _post(address: "yarl.URL", body: bytes, tls: ssl.SSLContext, patience: float) -> str:
    from bulkcase.kore.transport import open_session  # noqa: PLC0415 - as above

    origin = str(address.origin())
    async with (
        open_session(base_url=origin, timeout=patience, headers={}, ca_bundle=None, proxy=None) as session,
        session.post(
            address, data=body, headers={"Content-Type": "application/json"}, ssl=tls, allow_redirects=False
        ) as answer,
    ):
        return await _verdict(answer, address.host or "")


async def _verdict(answer: "aiohttp.ClientResponse", host: str) -> str:
    if 300 <= answer.status < 400:
        return f"it answered {answer.status}: redirects are not followed, give the address that it leads to"
    if not 200 <= answer.status < 300:
        return (
            f"it answered {answer.status}: check the secret behind notify.webhook, and whether the webhook still exists"
        )
    if is_under(host, (_TALKS_BACK,)) and b"failed" in (await answer.content.read(_ANSWER)).lower():
        return "it answered that the message was not delivered"
    return ""


def trust(ca_bundle: Path | None) -> ssl.SSLContext:
    """Return whom to trust: the authorities of the system, and those in `ca_bundle`.

    Raises NotTold where that is no file of certificates.
    """
    context = ssl.create_default_context()
    if ca_bundle is not None:
        try:
            context.load_verify_locations(ca_bundle)
        except (OSError, ssl.SSLError) as error:
            why = error.strerror or "not PEM"
            raise NotTold(f"connection.ca_bundle: {ca_bundle}: {why}: give a file of PEM certificates") from None
    return context
