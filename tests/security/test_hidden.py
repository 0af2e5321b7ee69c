"""Secrets that were read, in words that are not of this program."""

import json
import logging
from base64 import b64encode, urlsafe_b64encode
from time import process_time
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr
from support.program import SECRET

from bulkcase.cli.common.console import tame
from bulkcase.cli.common.logs import JsonFormatter, TextFormatter
from bulkcase.hidden import MASK, forget, hide, without_secrets
from bulkcase.kore.tokens import ReadyToken, SignedTokens
from bulkcase.reporting.telling.tell import Ways

LONG = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=("Cs", "Cc")), min_size=8)
SIGNED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.not-a-real-signature"


@given(LONG, st.text(max_size=4), st.text(max_size=4))
@example("not'a'secret", '"', "")
def test_a_secret_is_masked_in_every_form_that_others_may_give_it(secret: str, before: str, behind: str) -> None:
    """As it is, in JSON, in an address, in base64 whatever stands before it, signs of patterns included."""
    forget()
    hide(secret)
    plain = f"{before} {secret} {behind}"
    assert secret not in without_secrets(plain)
    for told in (json.dumps(plain), json.dumps(plain, ensure_ascii=False), quote(f"{secret}"), repr(plain)):
        assert MASK in without_secrets(told)
    data = f"{before}{secret}{behind}".encode()
    for encoded in (b64encode(data).decode(), urlsafe_b64encode(data).decode()):
        assert MASK in without_secrets(encoded)


@pytest.mark.parametrize(
    ("secret", "told", "left"),
    [
        ("a.c+", "a.c+ abc+ xa.c+", f"{MASK} abc+ xa.c+"),
        ("abc", "abc", "abc"),
        ("", "nothing", "nothing"),
        ("-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n", "near MIIEvQIBADANBgkqhkiG", f"near {MASK}"),
        ("not it", f"the header was {SIGNED}.", f"the header was {MASK}"),
    ],
    ids=["short, with signs of patterns", "too short", "none", "a line of a key", "any signed token"],
)
def test_what_is_recognised_is_the_secret_and_little_else(secret: str, told: str, left: str) -> None:
    """A short one stands for itself as a whole word, one of three characters is in every text."""
    forget()
    hide(secret)
    assert without_secrets(told) == left


def test_an_ordinary_word_of_an_address_is_no_secret() -> None:
    """What is long in the path of a webhook is hidden, and a command that has one of its words is told whole."""
    forget()
    Ways(webhook=SecretStr("https://chat.example.com/bulkcase/hook/not-a-real-key-0123456789"))
    told = "bulkcase retry last: hook/not-a-real-key-0123456789, of chat.example.com"
    assert without_secrets(told) == f"bulkcase retry last: hook/{MASK}, of chat.example.com"


@pytest.mark.parametrize("part", ["eyJ", "eyJ.", "x.eyJ", "eyJabcdefgh.", "a.", "-"])
def test_no_text_of_a_server_keeps_the_program_busy(part: str) -> None:
    """A megabyte that nearly is a token, over and over, is looked through at once; by the square it took an hour."""
    began = process_time()
    without_secrets(part * (1_000_000 // len(part)))
    assert process_time() - began < 2


def test_no_log_and_no_terminal_shows_a_secret_that_a_traceback_has() -> None:
    """Neither in the message, nor in what was raised, nor in a fact, whichever form the log has."""
    hide(SECRET)
    error = RuntimeError(f"broken {SECRET}")
    record = logging.LogRecord("x", 40, "", 1, f"said {SECRET}", (), (RuntimeError, error, None))
    record.facts = {"code": f"of {SECRET}"}
    told = [JsonFormatter().format(record), TextFormatter("%(message)s").format(record), tame(SECRET)]
    assert all(SECRET not in each and MASK in each for each in told)
    assert set(json.loads(told[0])) >= {"message", "traceback", "code"}


def test_what_holds_a_secret_does_not_show_it() -> None:
    """The printed form of whatever makes tokens has none of it."""

    signed = SignedTokens(
        client_id="cs-1", secret=SecretStr(SECRET), subject="x", algorithm="HS256", lifetime=60, now=lambda: 1.0
    )
    token = signed.current()
    for each in (signed, ReadyToken(SecretStr(SECRET))):
        assert SECRET not in repr(each)
        assert token not in repr(each)
