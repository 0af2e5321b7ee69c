"""Tokens: what the `auth` header carries."""

import warnings
from collections.abc import Callable
from typing import Protocol

import jwt
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
        try:
            with warnings.catch_warnings():
                # The platform issues the secret, so its length is not ours to judge.
                warnings.simplefilter("ignore", jwt.InsecureKeyLengthWarning)
                self._token = jwt.encode(claims, self._secret.get_secret_value(), self._algorithm)
        except (jwt.PyJWTError, NotImplementedError, ValueError, TypeError, AttributeError):
            # The cause would show the key. AttributeError: a public key, which has no `sign`.
            raise CredentialsError(
                f"auth.client_secret: cannot sign with {self._algorithm}: {_NEEDS[self._algorithm[:2]]}"
            ) from None
        self._renew_at = now + 0.8 * (self._lifetime - _CLOCK_SKEW)
