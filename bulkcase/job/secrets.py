"""Secrets by reference: the job file says where a secret is, never what it is."""

import os
from pathlib import Path

from pydantic import SecretStr

from bulkcase.errors import CredentialsError
from bulkcase.hidden import hide
from bulkcase.job.owners import open_to_others
from bulkcase.job.paths import expanded

_KINDS = ("env:", "file:", "keyring:")
FILE = "file:"
_MOST = 65_536
"""Bytes that a secret in a file has at most: what never ends must not be read to its end."""


def check_reference(written: str) -> None:
    """Raise ValueError for a text that is no reference; the text itself is never repeated."""
    kind, _, rest = written.partition(":")
    if f"{kind}:" not in _KINDS or not rest.strip():
        raise ValueError("must be a reference, never the secret itself: env:NAME, file:PATH or keyring:SERVICE/USER")
    service, _, user = rest.partition("/")
    if kind == "keyring" and not (service and user):
        raise ValueError("must be keyring:SERVICE/USER")


def is_reference(written: str) -> bool:
    """Say whether a setting that may be written out says where its value is instead."""
    return written.startswith(_KINDS)


def placed(reference: str, folder: Path) -> str:
    """Return a reference as it is meant wherever one is: a path in it is whole."""
    return f"{FILE}{_file(reference, folder)}" if reference.startswith(FILE) else reference


def resolve(reference: str, folder: Path) -> SecretStr:
    """Return the secret behind a reference; a path in it is relative to `folder`.

    From then on it is masked in what is told of words that are not of this program. Raises CredentialsError, naming
    the reference and never the secret; also for a file of this user's that others can get at.
    """
    value = _value(reference, folder)
    hide(value)
    return SecretStr(value)


def resolve_or_literal(written: str, folder: Path) -> str:
    """Return what a setting that is no secret says, or what its reference points to.

    Raises CredentialsError as `resolve` does.
    """
    return _value(written, folder) if is_reference(written) else written


def _file(reference: str, folder: Path) -> Path:
    return (folder / expanded(reference.removeprefix(FILE))).absolute()


def _value(reference: str, folder: Path) -> str:
    kind, _, rest = reference.partition(":")
    if kind == "env":
        value = os.environ.get(rest, "")
        missing = f"the environment variable {rest} is not set: set it to the secret"
    elif kind == "file":
        value, missing = _from_file(_file(reference, folder))
    else:
        value, missing = _from_keyring(*rest.split("/", 1))
    if not value:
        raise CredentialsError(f"{reference}: {missing}")
    return value


def _from_file(path: Path) -> tuple[str, str]:
    try:
        if not path.is_file() and path.exists():
            return "", "it is no file: name the one that has the secret"
        if problem := open_to_others(path):
            return "", problem
        with path.open("rb") as file:
            content = file.read(_MOST + 1)
        if len(content) > _MOST:
            return "", "the file is far too long for a secret: check the path"
        return content.decode("utf-8-sig").strip(), "the file is empty: put the secret into it"
    except OSError as error:
        return "", f"the file cannot be read ({error.strerror}): check the path and its permissions"
    except ValueError:
        return "", "the file cannot be read (not UTF-8): save it as UTF-8"


def _from_keyring(service: str, user: str) -> tuple[str, str]:
    try:
        import keyring  # noqa: PLC0415 - an extra, asked for only where a job uses it
    except ImportError:
        return "", 'the keyring package is missing: pip install "bulkcase[keyring]"'
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        return "", f"the keyring cannot be read ({error}): unlock it, or use env: or file:"
    return value or "", f"no such entry: keyring set {service} {user}"
