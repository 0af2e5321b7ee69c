"""Who may call: the token and the account, judged as api-facts tells it of the platform."""

from typing import Any, NamedTuple

import jwt
import orjson

from bulkcase.sandbox.settings import SandboxSettings

IAT_LEEWAY = 5.0
"""Seconds by which a token may have been issued in the server's future."""

_CACHED_TOKENS = 1024


class Refusal(NamedTuple):
    """Why a call is not let in: the code of the envelope and its text; the status is 401."""

    code: int
    text: str


BAD_CREDENTIALS = Refusal(4002, "Invalid SDK credentials")
BAD_TOKEN = Refusal(4002, "Invalid JWT token")
NO_SCOPE = Refusal(4002, "Permission denied. Scope is incorrect!")
REPLAY = Refusal(401, "error verifying the jwt: the jti was seen before, this is possibly a replay")


class Gate:
    """Lets calls in by token and account. Time comes in as an argument."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._jws = jwt.PyJWS()
        self._claims: dict[str, dict[str, Any]] = {}
        self._used: set[str] = set()

    def refusal(self, token: str | None, account_id: str | None, now: float) -> Refusal | None:
        """Return why a call is refused, None where it may come in; with `jti` enforced this uses the token up."""
        if not token or account_id != self._settings.account_id:
            return BAD_CREDENTIALS
        claims = self._verified(token)
        if claims is None or not self._well_formed(claims, now):
            return BAD_TOKEN
        if claims.get("appId") != self._settings.client_id:
            return BAD_CREDENTIALS
        if not self._settings.scope:
            return NO_SCOPE
        return self._use_up(claims) if self._settings.require_jti else None

    def _well_formed(self, claims: dict[str, Any], now: float) -> bool:
        if not isinstance(claims.get("sub"), str) or not claims["sub"] or not _timely(claims, now):
            return False
        return not self._settings.require_jti or _for_one_call(claims, now + self._settings.longest_life)

    def _verified(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a well signed token, None for any other."""
        if token in self._claims:
            return self._claims[token]
        try:
            claims = orjson.loads(self._jws.decode(token, self._settings.client_secret, algorithms=["HS256"]))
        except (jwt.PyJWTError, orjson.JSONDecodeError):
            return None
        if not isinstance(claims, dict):
            return None
        if len(self._claims) >= _CACHED_TOKENS:
            self._claims.clear()
        self._claims[token] = claims
        return claims

    def _use_up(self, claims: dict[str, Any]) -> Refusal | None:
        if claims["jti"] in self._used:
            return REPLAY
        self._used.add(claims["jti"])
        return None


def _timely(claims: dict[str, Any], now: float) -> bool:
    """Say whether `exp` and `iat`, both optional, allow the token to be used now."""
    exp, iat = claims.get("exp", now + 1), claims.get("iat", now)
    return _is_number(exp) and _is_number(iat) and exp > now and iat <= now + IAT_LEEWAY


def _for_one_call(claims: dict[str, Any], latest: float) -> bool:
    jti = claims.get("jti")
    return isinstance(jti, str) and jti != "" and "exp" in claims and claims["exp"] <= latest


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
