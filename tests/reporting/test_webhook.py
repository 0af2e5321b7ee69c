import json
import logging
import re
import ssl
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from support.receivers import (
    HIDDEN,
    WORD,
    Answer,
    certificates,
    endless,
    hangs,
    hangs_up,
    notice,
    redirects,
    says,
    secrets_in,
    speaks,
    webhook,
)

from bulkcase.reporting.summary import Cause
from bulkcase.reporting.telling.notices import NotTold, subject
from bulkcase.reporting.telling.webhook import PATIENCE, payload, post, trust

NEVER = "T0/B0/never-4711?sig=never-4711%2Fx"
SOON = 0.05
EVERYBODY = ["hooks.example.com", "127.0.0.1", "slack.com.example.com", "notslack.com", "discord.com"]
TEAMS = [
    "prod-06.westeurope.logic.azure.com",
    "x1.eb.environment.api.powerplatform.com",
    "example.webhook.office.com",
    "PROD.LOGIC.AZURE.COM.",
]
STRICT = ["hooks.slack.com", "hooks.slack-gov.com", "chat.googleapis.com"]


def body_of(host: str, **other: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(payload(notice(**other), host))
    return found


@pytest.mark.parametrize("host", EVERYBODY)
def test_a_plain_receiver_gets_a_text_and_the_counts(host: str) -> None:
    """People read the text, programs what stands beside it."""
    body = body_of(host)
    assert set(body) == {"text", "bulkcase"}
    assert body["bulkcase"] == notice().as_json()


@pytest.mark.parametrize("host", STRICT)
def test_a_chat_that_takes_a_text_gets_nothing_else(host: str) -> None:
    """The first line says it all, the rest stands in a block whose columns are kept."""
    body = body_of(host)
    assert set(body) == {"text"}
    first, second, *rest = body["text"].split("\n")
    assert (first, second) == ("`nightly`: 3 of 1,000 rows need a person (exit code 1)", "```")
    assert "        990  updated" in rest
    assert rest[-1] == "```"


@pytest.mark.parametrize("host", TEAMS)
def test_teams_gets_one_adaptive_card(host: str) -> None:
    """A workflow of Teams fails on anything that is no message with cards."""
    body = body_of(host)
    assert set(body) == {"type", "attachments"}
    assert body["type"] == "message"
    (attachment,) = body["attachments"]
    assert set(attachment) == {"contentType", "contentUrl", "content"}
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.2")
    assert {block["type"] for block in card["body"]} == {"TextBlock", "FactSet"}
    assert card["body"][0]["text"] == card["fallbackText"] == "nightly: 3 of 1,000 rows need a person (exit code 1)"
    facts = {fact["title"]: fact["value"] for fact in card["body"][2]["facts"]}
    assert facts["Run"] == notice().run_id
    assert facts["updated"] == "990"
    assert card["body"][3]["text"].startswith("2 rows, http\\_412: Read the message")
    assert card["body"][-2]["text"] == notice().next_command


def test_a_card_shows_at_once_whether_all_is_well() -> None:
    """Its first line is green or red."""
    colours = [body_of(TEAMS[0], exit_code=code)["attachments"][0]["content"]["body"][0]["color"] for code in (0, 1)]
    assert colours == ["Good", "Attention"]


@pytest.mark.parametrize("host", [EVERYBODY[0], STRICT[0]])
def test_a_name_calls_nobody_in_a_chat(host: str) -> None:
    """What a chat takes for a command, a mention, a link or the end of a block is nothing of the kind any more."""
    bad = "<!channel> @everyone `` ``` *b* <https://evil.example.com|x> & [x](https://evil.example.com)"
    text = body_of(host, job=bad, target=bad)["text"]
    assert not re.search(r"[<>]|@everyone.*\n```\n", text)
    assert "&lt;!channel&gt;" in text
    assert text.count("```") == 2
    assert text.split("\n")[0].count("`") == 2


def test_a_name_is_no_markdown_in_a_card() -> None:
    """Every sign of Markdown in a text of a card stands behind a backslash."""
    bad = "*b* _i_ [x](https://evil.example.com) ~s~ `c` <at>all</at> \\"
    card = body_of(TEAMS[0], job=bad, target=bad)["attachments"][0]["content"]
    texts = [block["text"] for block in card["body"] if "text" in block]
    texts += [fact["value"] for fact in card["body"][2]["facts"]]
    assert not [text for text in texts if re.search(r"(?<!\\)(?:\\\\)*[*_\[\]~`<>]", text)]
    assert re.sub(r"\\(.)", r"\1", texts[0]) == subject(notice(job=bad))


def test_a_message_is_never_too_long() -> None:
    """Teams refuses what has more than 28 KB, Discord a text of more than 2,000 characters."""
    causes = [Cause(f"http_{400 + number}", 1000, "", "Do something about it, " * 5) for number in range(60)]
    long: dict[str, Any] = {"job": "ü" * 5000, "target": "[" * 5000, "errors": causes}
    assert all(len(payload(notice(**long), host)) < 20_000 for host in [*EVERYBODY, *STRICT, *TEAMS])
    assert len(body_of(STRICT[0], errors=causes)["text"]) < 2000


@settings(deadline=None)
@given(job=st.text(st.characters()), host=st.sampled_from([*EVERYBODY, *STRICT, *TEAMS]))
def test_any_name_makes_valid_json_without_secrets(job: str, host: str) -> None:
    """Whatever a job is called, each kind of receiver gets JSON, and nothing that is hidden."""
    body = payload(notice(job=job), host)
    assert json.loads(body)
    assert HIDDEN.encode() not in body


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_a_webhook_is_told(status: int) -> None:
    """One POST of JSON arrives, its address as it was written to the letter."""
    async with webhook(says(status, "")) as told:
        await post(SecretStr(f" {told.origin}/{NEVER}\n"), notice())
    ((path, headers, body),) = told.heard
    assert path == f"/{NEVER}"
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("bulkcase/")
    assert "Authorization" not in headers
    assert body == payload(notice(), "127.0.0.1")


@pytest.mark.asyncio
async def test_a_user_in_the_address_becomes_a_login() -> None:
    """Some receivers ask for one."""
    async with webhook(says(200)) as told:
        await post(SecretStr(told.origin.replace("://", "://ops:never-4711@") + "/x"), notice())
    assert told.heard[0][1]["Authorization"].startswith("Basic ")


@pytest.mark.asyncio
async def test_a_body_is_not_waited_for() -> None:
    """Whoever answers well was told, even if that answer has no end."""
    async with webhook(endless(200)) as told:
        await post(SecretStr(f"{told.origin}/x"), notice())
    assert len(told.heard) == 1


BAD: list[tuple[Answer, str]] = [
    (says(400, HIDDEN), "it answered 400: check the secret behind notify.webhook"),
    (says(404), "it answered 404"),
    (says(503), "it answered 503"),
    (endless(500), "it answered 500"),
    (redirects, "it answered 307: redirects are not followed"),
    (hangs, "no answer came in time"),
    (hangs_up, "the connection broke before the answer"),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("answer", "expected"), BAD)
async def test_a_webhook_that_was_not_told_is_named_by_its_host(
    caplog: pytest.LogCaptureFixture, answer: Answer, expected: str
) -> None:
    """The complaint says what went wrong; address, login and answer are nowhere in it, behind it, or in the log."""
    caplog.set_level(logging.DEBUG)
    async with webhook(answer) as told:
        url = SecretStr(told.origin.replace("://", f"://{HIDDEN}:{WORD}@") + f"/{NEVER}")
        with pytest.raises(NotTold, match=f"^webhook: 127.0.0.1: {expected}") as caught:
            await post(url, notice(), patience=SOON if answer is hangs else PATIENCE)
        assert len(told.heard) == 1
    assert secrets_in(caught.value, caplog) == []


ODD = [
    "",
    "hooks.example.com/never-4711",
    "never-4711",
    "ftp://hooks.example.com/never-4711",
    "https:///never-4711",
    "https://[::1/never-4711",
    "https://hooks.example.com:never-4711/x",
    "https://hooks.example.com/never-4711\r\nX-Header: never-4711",
    "https://hooks.example.com/never 4711",
    "https://hööks.example.com/never-4711",
]


@pytest.mark.asyncio
@pytest.mark.parametrize("written", ODD)
async def test_what_is_no_address_is_not_repeated(caplog: pytest.LogCaptureFixture, written: str) -> None:
    """A secret that is no address is none of a webhook; it may be one of something else."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(NotTold, match=r"^webhook: the secret behind notify\.webhook is no address") as caught:
        await post(SecretStr(written), notice())
    assert secrets_in(caught.value, caplog) == []


@pytest.mark.asyncio
async def test_plain_http_is_for_this_machine_only(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is sent in the clear to another one."""
    with pytest.raises(NotTold, match=r"^webhook: hooks\.example\.com: is plain http") as caught:
        await post(SecretStr(f"http://hooks.example.com/{NEVER}"), notice())
    assert secrets_in(caught.value, caplog) == []


@pytest.mark.asyncio
async def test_a_server_that_does_not_speak_http_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    """What comes back is not repeated."""
    async with speaks(b"220 mail.example.com never-4711\r\n") as port:
        with pytest.raises(NotTold, match=r"^webhook: 127\.0\.0\.1: the connection broke") as caught:
            await post(SecretStr(f"http://127.0.0.1:{port}/{NEVER}"), notice())
    assert secrets_in(caught.value, caplog) == []


@pytest.mark.asyncio
async def test_nobody_there_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A port on which nobody listens is told from a server that does not answer."""
    async with speaks() as port:
        pass
    with pytest.raises(NotTold, match=r"^webhook: 127\.0\.0\.1: it cannot be reached") as caught:
        await post(SecretStr(f"https://127.0.0.1:{port}/{NEVER}"), notice())
    assert secrets_in(caught.value, caplog) == []


@pytest.mark.asyncio
async def test_a_certificate_has_to_be_trusted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An authority that the system does not know is trusted only where the job names it."""
    made = certificates(tmp_path)
    async with webhook(says(200), made.server) as told:
        url = SecretStr(f"{told.origin}/{NEVER}")
        with pytest.raises(NotTold, match=r"127\.0\.0\.1: its certificate is not trusted here") as caught:
            await post(url, notice())
        assert told.heard == []
        await post(url, notice(), ca_bundle=made.authority)
    assert len(told.heard) == 1
    assert secrets_in(caught.value, caplog) == []


@pytest.mark.asyncio
@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_bundle_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    """The complaint names the file and the key of the job."""
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_text(content)
    with pytest.raises(NotTold, match=r"^webhook: connection\.ca_bundle: .*ca\.pem: .*: give a file of PEM"):
        await post(SecretStr(f"https://hooks.example.com/{NEVER}"), notice(), ca_bundle=bundle)


def test_a_bundle_adds_to_what_the_system_trusts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job with an authority of its own still reaches a chat on the internet."""
    assert [made["subject"] for made in trust(certificates(tmp_path).authority).get_ca_certs()][-1:] == [
        ((("commonName", "authority.example.com"),),)
    ]
    asked: list[ssl.Purpose] = []
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda self, purpose: asked.append(purpose))
    trust(certificates(tmp_path).authority)
    assert asked == [ssl.Purpose.SERVER_AUTH]


@pytest.mark.asyncio
@pytest.mark.parametrize(("body", "is_told"), [("1", True), ("Webhook message delivery failed: 413", False)])
async def test_an_old_connector_of_teams_is_read(monkeypatch: pytest.MonkeyPatch, body: str, *, is_told: bool) -> None:
    """It answers 200 when the message did not arrive, and says so in a sentence."""
    monkeypatch.setattr("bulkcase.reporting.telling.webhook._TALKS_BACK", "127.0.0.1")
    async with webhook(says(200, body)) as told:
        if is_told:
            await post(SecretStr(f"{told.origin}/x"), notice())
        else:
            with pytest.raises(NotTold, match="it answered that the message was not delivered"):
                await post(SecretStr(f"{told.origin}/x"), notice())


@pytest.mark.asyncio
async def test_a_netrc_of_the_user_is_not_read(home: Path) -> None:
    """A login that is there for something else is not sent to a webhook."""
    (home / ".netrc").write_text("machine 127.0.0.1 login ops password never-4711\n")
    async with webhook(says(200)) as told:
        await post(SecretStr(f"{told.origin}/x"), notice())
    assert "Authorization" not in told.heard[0][1]


@pytest.mark.asyncio
async def test_the_proxy_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the way out leads through one, the webhook is asked for there, and its path is not shown to it."""
    async with webhook(says(502)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin.replace("://", f"://ops:{WORD}@"))
        with pytest.raises(NotTold, match=r"^webhook: hooks\.example\.com: it cannot be reached") as caught:
            await post(SecretStr(f"https://hooks.example.com/{NEVER}"), notice())
    assert NEVER not in repr(proxy.heard)
    assert secrets_in(caught.value, caplog) == []
