"""What the `auth` header carries."""

import itertools
import sys
import traceback
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from pydantic import SecretStr

from bulkcase.errors import CredentialsError
from bulkcase.kore.tokens import ReadyToken, SignedTokens

SECRET = "not-a-real-secret-not-a-real-secret-not-a-real-secret-not-a-real-secret"
NOON = 1_800_000_000


class Clock:
    """The wall clock, set by hand."""

    def __init__(self) -> None:
        self.now = NOON + 0.25

    def __call__(self) -> float:
        return self.now


def signed(secret: str = SECRET, clock: Clock | None = None, **parts: Any) -> SignedTokens:
    """Return tokens as a job asks for them."""
    wanted: dict[str, Any] = {
        "client_id": "cs-1",
        "subject": "someone",
        "algorithm": "HS256",
        "lifetime": 300.0,
        "now": clock or Clock(),
    }
    return SignedTokens(secret=SecretStr(secret), **{**wanted, **parts})


def claims(token: str, key: str = SECRET, algorithm: str = "HS256") -> dict[str, Any]:
    """Return what a token says, its signature checked, its times not."""
    return jwt.decode(token, key, [algorithm], options={"verify_exp": False, "verify_iat": False})


def test_a_token_says_who_and_from_when_to_when() -> None:
    """`iat` is thirty seconds ago, for clocks that differ, and `exp` a lifetime later; there is no jti unasked."""
    assert claims(signed().current()) == {
        "appId": "cs-1",
        "sub": "someone",
        "iat": NOON - 30,
        "exp": NOON + 270,
    }


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_tokens_are_signed_as_the_job_says(algorithm: str) -> None:
    """The algorithm in the header is the job's."""
    token = signed(algorithm=algorithm).current()

    assert jwt.get_unverified_header(token)["alg"] == algorithm
    assert claims(token, algorithm=algorithm)["appId"] == "cs-1"


@pytest.mark.parametrize("lifetime", [60.0, 300.0, 3600.0])
def test_a_token_is_kept_until_a_fifth_of_its_life_is_left(lifetime: float) -> None:
    """One token serves many calls; it is renewed while a fifth of the time that it is good for is left."""
    clock = Clock()
    tokens = signed(clock=clock, lifetime=lifetime)
    first = tokens.current()
    good_for = claims(first)["exp"] - NOON

    clock.now = NOON + 0.8 * good_for - 0.01
    assert tokens.current() == first

    clock.now = NOON + 0.8 * good_for
    second = tokens.current()
    assert second != first
    assert claims(second)["exp"] > claims(first)["exp"]


def test_no_token_lives_longer_than_an_hour() -> None:
    """Where a jti is asked for, `exp` may be an hour away at most."""
    token = claims(signed(lifetime=3600.0, new_id=lambda: "id").current())

    assert token["exp"] - token["iat"] == 3600


def test_with_a_jti_every_call_has_a_token_of_its_own() -> None:
    """A token with a jti is good for one call, so each call gets another, with another jti and the same times."""
    numbers = itertools.count()
    tokens = signed(new_id=lambda: f"id-{next(numbers)}")
    said = [claims(tokens.current()) for _ in range(50)]

    assert [one["jti"] for one in said] == [f"id-{number}" for number in range(50)]
    assert {(one["iat"], one["exp"]) for one in said} == {(NOON - 30, NOON + 270)}


def test_many_refusals_of_one_token_renew_it_once() -> None:
    """All calls that were in flight with a refused token share the one that takes its place."""
    clock = Clock()
    tokens = signed(clock=clock)
    refused = tokens.current()
    clock.now += 5

    assert tokens.renew(refused)
    fresh = tokens.current()
    seen = set()
    for _ in range(10):
        clock.now += 1
        assert tokens.renew(refused)
        seen.add(tokens.current())

    assert seen == {fresh}
    assert fresh != refused


def test_a_renewed_token_is_another_one_even_within_the_same_second() -> None:
    """Times are whole seconds, so a token renewed at once would be the very one that was refused."""
    tokens = signed()
    refused = tokens.current()
    tokens.renew(refused)

    assert tokens.current() != refused


def test_a_ready_made_token_is_the_only_one() -> None:
    """Somebody else made it, so there is no fresh one to be had."""
    tokens = ReadyToken(SecretStr("ready-made-not-real"))

    assert tokens.current() == "ready-made-not-real"
    assert not tokens.renew("ready-made-not-real")
    assert tokens.current() == "ready-made-not-real"


def test_what_is_printed_shows_no_secret() -> None:
    """Neither repr nor str of what holds a secret shows the secret or the token made with it."""
    tokens = signed()
    token = tokens.current()
    ready = ReadyToken(SecretStr("ready-made-not-real"))

    shown = f"{tokens!r} {tokens} {ready!r} {ready}"

    assert SECRET not in shown
    assert token not in shown
    assert "ready-made" not in shown


def test_a_short_secret_gives_no_warning() -> None:
    """The platform issues the secret; its length is not ours to judge, so no warning comes of it."""
    assert claims_of_short("short")


def claims_of_short(secret: str) -> dict[str, Any]:
    """Return what a token signed with a short secret says, without asking PyJWT to check it."""
    return jwt.decode(signed(secret).current(), options={"verify_signature": False})


PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE_PEM = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC_PEM = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
LOCKED_PEM = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()
CURVE_PEM = (
    ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
)


def test_a_private_key_signs_with_rsa() -> None:
    """RS256 takes a PEM private key; the public one checks what it signed."""
    assert claims(signed(PRIVATE_PEM, algorithm="RS256").current(), PUBLIC_PEM, "RS256")["sub"] == "someone"


UNUSABLE = {
    "a client secret for RSA": ("RS256", SECRET, 'auth.algorithm = "HS256"'),
    "a public key": ("RS256", PUBLIC_PEM, "PEM private key"),
    "a locked key": ("RS256", LOCKED_PEM, "unencrypted"),
    "another kind of key": ("RS512", CURVE_PEM, "PEM private key"),
    "half a key": ("RS256", PRIVATE_PEM[:300], "PEM private key"),
    "a key for HMAC": ("HS256", PRIVATE_PEM, 'auth.algorithm = "RS256"'),
    "half a character": ("HS256", "not-a-real-secret-\ud800", "client secret"),
}


@pytest.mark.parametrize(("algorithm", "secret", "advice"), UNUSABLE.values(), ids=list(UNUSABLE))
def test_a_key_that_cannot_sign_is_told_and_not_shown(algorithm: str, secret: str, advice: str) -> None:
    """An unusable key is a CredentialsError with advice; its traceback shows no part of the key."""
    with pytest.raises(CredentialsError) as caught:
        signed(secret, algorithm=algorithm).current()

    assert str(caught.value).startswith(f"auth.client_secret: cannot sign with {algorithm}: ")
    assert advice in str(caught.value)
    assert caught.value.__suppress_context__  # the cause may show what PyJWT was given
    shown = "".join(traceback.format_exception(caught.value))
    assert "not-a-real-secret" not in shown
    assert not any(line in shown for line in secret.splitlines() if len(line) > 20)


def test_without_the_rsa_extra_the_advice_is_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where cryptography is not installed, PyJWT knows no RS256; the message names the extra."""
    monkeypatch.setattr(sys.modules["jwt.algorithms"], "has_crypto", False)
    monkeypatch.setattr(jwt.api_jws._jws_global_obj, "_algorithms", jwt.algorithms.get_default_algorithms())

    with pytest.raises(CredentialsError, match=r"bulkcase\[rsa\]"):
        signed(PRIVATE_PEM, algorithm="RS256").current()
