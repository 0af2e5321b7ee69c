"""Tokens: what the `auth` header carries."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import jwt
import orjson
from pydantic import SecretStr

from bulkcase.errors import CredentialsError

_CLOCK_SKEW = 30
"""Seconds by which `iat` is set back, because the server's clock may be behind."""

_NEEDS = {
    "RS": 'it needs an unencrypted PEM private key and pip install "bulkcase[rsa]"; '
    'for a client secret set auth.algorithm = "HS256"',
    "HS": 'it needs a client secret; for a PEM private key set auth.algorithm = "RS256"',
}


class Tokens(Protocol):
    """Where tokens come from."""

    def current(self) -> str:
        """Return the token for the call that is about to leave."""
        ...

    def renew(self, refused: str) -> bool:
        """Replace a token that the server refused; return False where there is no other to be had."""
        ...


class ReadyToken:
    """A token that somebody else made; there is no other."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def current(self) -> str:
        """Return that token."""
        return self._token.get_secret_value()

    def renew(self, refused: str) -> bool:  # noqa: ARG002 - the protocol's shape
        """Return False: there is only one."""
        return False


class SignedTokens:
    """Tokens signed with the client secret: one that is renewed in time, or a new one for every call.

    `now` gives seconds since the epoch; `new_id`, where it is given, makes each token's `jti`, and so each call's own
    token (where an app enforces `jti`, a token may be used once).
    """

    def __init__(
        self,
        *,
        client_id: str,
        secret: SecretStr,
        subject: str,
        algorithm: str,
        lifetime: float,
        now: Callable[[], float],
        new_id: Callable[[], str] | None = None,
    ) -> None:
        self._claims = {"appId": client_id, "sub": subject}
        self._secret = secret
        self._algorithm = algorithm
        self._lifetime = int(lifetime)
        self._now = now
        self._new_id = new_id
        self._signer: _Signer | None = None
        self._token = ""
        self._issued = 0
        self._renew_at = float("-inf")

    def current(self) -> str:
        """Return a token with at least a fifth of its life before it."""
        if self._new_id is not None or self._now() >= self._renew_at:
            self._sign()
        return self._token

    def renew(self, refused: str) -> bool:
        """Make a new token unless somebody already has since this one was refused."""
        if refused == self._token:
            self._renew_at = float("-inf")
        return True

    def _sign(self) -> None:
        now = int(self._now())
        issued = now - _CLOCK_SKEW
        if self._new_id is None and issued == self._issued:
            issued += 1  # the same second would give the same token, and that one was refused
        self._issued = issued
        claims = {**self._claims, "iat": issued, "exp": issued + self._lifetime}
        if self._new_id is not None:
            claims["jti"] = self._new_id()
        self._token = self._signed(claims)
        self._renew_at = now + 0.8 * (self._lifetime - _CLOCK_SKEW)

    def _signed(self, claims: Mapping[str, Any]) -> str:
        try:
            if self._signer is None:
                self._signer = _Signer(self._secret.get_secret_value(), self._algorithm)
            return self._signer.sign(claims)
        except (jwt.PyJWTError, NotImplementedError, ValueError, TypeError, AttributeError):
            # The cause would show the key. AttributeError: a public key, which has no `sign`. NotImplementedError: an
            # algorithm that PyJWT knows only with `cryptography`.
            raise CredentialsError(
                f"auth.client_secret: cannot sign with {self._algorithm}: {_NEEDS[self._algorithm[:2]]}"
            ) from None


def life_of(token: str) -> tuple[float | None, float | None]:
    """Return when a token says that it was issued, and when it expires; None where it does not say, or is no token."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return None, None
    issued, expires = (claims.get(name) for name in ("iat", "exp"))
    return _moment(issued), _moment(expires)


def _moment(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


class _Signer:
    """Signs as `jwt.encode` does, which prepares the key anew for each token and takes four times as long.

    How long the key is, is not judged: the platform issues it.
    """

    def __init__(self, key: str, algorithm: str) -> None:
        self._algorithm = jwt.get_algorithm_by_name(algorithm)
        self._key = self._algorithm.prepare_key(key)
        self._header = _segment({"alg": algorithm, "typ": "JWT"})

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a token in the compact form (RFC 7515, 7.1)."""
        signed = self._header + b"." + _segment(claims)
        return (signed + b"." + _base64(self._algorithm.sign(signed, self._key))).decode()


def _segment(values: Mapping[str, Any]) -> bytes:
    return _base64(orjson.dumps(values))


def _base64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
