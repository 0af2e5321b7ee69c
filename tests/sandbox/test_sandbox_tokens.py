"""Who is let into the sandbox."""

from typing import Any

import jwt
import pytest

from bulkcase.sandbox.settings import SandboxSettings
from bulkcase.sandbox.tokens import BAD_CREDENTIALS, BAD_TOKEN, NO_SCOPE, REPLAY, Gate, Refusal

NOW = 1_795_000_000.0
SETTINGS = SandboxSettings()
GOOD: dict[str, Any] = {"appId": "cs-sandbox", "sub": "somebody", "iat": NOW - 30, "exp": NOW + 300}
ENOUGH_FOR_JTI = GOOD | {"jti": "once"}
OTHER_SECRET = "another-fake-secret-that-is-long-enough-0123456789"


def signed(claims: dict[str, Any], secret: str = SETTINGS.client_secret, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, secret, algorithm=algorithm)


def without(claims: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name != key}


TABLE: list[tuple[str, str | None, Refusal | None]] = [
    ("a good token", signed(GOOD), None),
    ("exp and iat are optional", signed({"appId": "cs-sandbox", "sub": "somebody"}), None),
    ("no token", None, BAD_CREDENTIALS),
    ("an empty token", "", BAD_CREDENTIALS),
    ("garbage", "not.a.token", BAD_TOKEN),
    ("another secret", signed(GOOD, OTHER_SECRET), BAD_TOKEN),
    ("another algorithm", signed(GOOD, SETTINGS.client_secret * 2, "HS512"), BAD_TOKEN),
    ("no signature", signed(GOOD, "", "none"), BAD_TOKEN),
    ("another app", signed(GOOD | {"appId": "cs-other"}), BAD_CREDENTIALS),
    ("no subject", signed(without(GOOD, "sub")), BAD_TOKEN),
    ("expired this moment", signed(GOOD | {"exp": NOW}), BAD_TOKEN),
    ("issued a little in the future", signed(GOOD | {"iat": NOW + 4}), None),
    ("issued too far in the future", signed(GOOD | {"iat": NOW + 6}), BAD_TOKEN),
    ("a lifetime that is no number", signed(GOOD | {"exp": None}), BAD_TOKEN),
]

ONE_CALL: list[tuple[str, dict[str, Any], Refusal | None]] = [
    ("a token for one call", ENOUGH_FOR_JTI, None),
    ("no jti", GOOD, BAD_TOKEN),
    ("an empty jti", GOOD | {"jti": ""}, BAD_TOKEN),
    ("no end", without(ENOUGH_FOR_JTI, "exp"), BAD_TOKEN),
    ("an hour", ENOUGH_FOR_JTI | {"exp": NOW + 3600}, None),
    ("more than an hour", ENOUGH_FOR_JTI | {"exp": NOW + 3601}, BAD_TOKEN),
]


@pytest.mark.parametrize(("token", "refusal"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_token_is_judged_by_signature_claims_and_time(token: str | None, refusal: Refusal | None) -> None:
    """Each line of the table says how a token fares, at first sight and from the cache."""
    gate = Gate(SETTINGS)
    assert [gate.refusal(token, "sandbox-account", NOW) for _ in range(2)] == [refusal, refusal]


@pytest.mark.parametrize(("claims", "refusal"), [row[1:] for row in ONE_CALL], ids=[row[0] for row in ONE_CALL])
def test_an_enforced_jti_wants_tokens_for_one_call(claims: dict[str, Any], refusal: Refusal | None) -> None:
    """Each line of the table says how a token fares where jti is enforced."""
    gate = Gate(SandboxSettings(require_jti=True))
    assert gate.refusal(signed(claims), "sandbox-account", NOW) == refusal


def test_a_jti_is_good_once() -> None:
    """A token that was used is a replay, and so is another one with the same jti."""
    gate = Gate(SandboxSettings(require_jti=True))
    tokens = [signed(ENOUGH_FOR_JTI), signed(ENOUGH_FOR_JTI), signed(ENOUGH_FOR_JTI | {"exp": NOW + 1})]
    assert [gate.refusal(token, "sandbox-account", NOW) for token in tokens] == [None, REPLAY, REPLAY]
    assert "possibly a replay" in REPLAY.text


def test_a_known_token_still_expires() -> None:
    """The cache holds what a token says, not that it is good."""
    gate = Gate(SETTINGS)
    token = signed(GOOD)
    assert gate.refusal(token, "sandbox-account", NOW) is None
    assert gate.refusal(token, "sandbox-account", NOW + 301) == BAD_TOKEN


def test_the_account_has_to_be_the_right_one() -> None:
    """A good token for another account, or without one, is refused."""
    gate = Gate(SETTINGS)
    assert gate.refusal(signed(GOOD), "other-account", NOW) == BAD_CREDENTIALS
    assert gate.refusal(signed(GOOD), None, NOW) == BAD_CREDENTIALS


def test_a_missing_scope_is_told_apart_from_a_bad_token() -> None:
    """Without its scope an app with a good token is told of the scope, one with a bad token is not."""
    gate = Gate(SandboxSettings(scope=False))
    assert gate.refusal(signed(GOOD), "sandbox-account", NOW) == NO_SCOPE
    assert gate.refusal("garbage", "sandbox-account", NOW) == BAD_TOKEN
