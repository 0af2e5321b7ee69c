"""Where a job's calls go, and what shows who they are: known without a connection.

A job file may be a stranger's, and names secrets of whoever runs it. What goes out as it is, readable for the host, has
to look like what it is called: a token like a token, a client id like a client id. So the name of another secret in
their place sends nothing.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from bulkcase.errors import CredentialsError, JobError
from bulkcase.hidden import hide
from bulkcase.job import Job
from bulkcase.job.destinations import destinations
from bulkcase.job.host import check_proxy_address, check_way, is_loopback
from bulkcase.job.paths import near
from bulkcase.job.secrets import is_reference, resolve, resolve_or_literal
from bulkcase.operations.common.options import Options
from bulkcase.operations.common.runtime import Runtime, is_sandbox

if TYPE_CHECKING:
    from bulkcase.kore.tokens import Tokens

_TOKEN: Final = re.compile(r"e[wy][\w-]+(?:\.[\w-]*){2,4}", re.ASCII)
"""A token as RFC 7519 has it: it begins with a JSON object, so with one of these letters."""
_CLIENT_ID: Final = re.compile(r"cs-[A-Za-z0-9-]+")
_MADE_UP: Final = re.compile(r"(?:[a-z]+-)?[0-]*0[0-]*")
"""An id of zeros only, as it stands in a job file that nobody has filled in yet."""
ZEROS: Final = "zeros stand where your own belongs"
WHERE_IDS_ARE: Final = "write your own, which stand in the settings of the bot and of its API app"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the calls go, and what shows who they are. `repr` shows no secret."""

    base_url: str
    stream_id: str
    account_id: str
    iid: str
    tokens: "Tokens"
    proxy: str | None = field(default=None, repr=False)
    """Its address, which may have a password."""


def disclose(job: Job, options: Options) -> None:
    """Let whoever asked for it know where a job sends, and with which secrets, before it does.

    Raises Declined where a person does not want that.
    """
    told = options.get("before_calls")
    if told is not None and (found := destinations(job, tells=options.get("tells", False))):
        told(job, found)


def made_up_ids(job: Job) -> list[str]:
    """Return the keys of those ids that nobody has filled in yet; a server on this machine may have them."""
    connection, client = job.connection, None if job.auth is None else job.auth.client_id
    if is_sandbox(job) or is_loopback(urlsplit(connection.host).hostname or ""):
        return []
    ids = {"connection.stream_id": connection.stream_id, "connection.account_id": connection.account_id}
    return [key for key, value in {**ids, "auth.client_id": client or ""}.items() if _MADE_UP.fullmatch(value)]


def check_ids(job: Job) -> None:
    """Raise JobError where ids of a job are not filled in yet."""
    if found := made_up_ids(job):
        raise JobError(f"{near(job.file.absolute())}: {', '.join(found)}: {ZEROS}: {WHERE_IDS_ARE}")


def remote_target(job: Job, runtime: Runtime) -> Target:
    """Return the target of a job, its secrets resolved: no call goes to another machine without it.

    Raises JobError where its ids are not filled in, and CredentialsError where a secret cannot be had here, or is not
    what it is used for.
    """
    check_ids(job)
    return _resolved(job, runtime)


def _resolved(job: Job, runtime: Runtime) -> Target:
    from bulkcase.kore.tokens import ReadyToken, SignedTokens  # noqa: PLC0415 - PyJWT, which a rehearsal need not check

    connection, auth, folder = job.connection, job.auth, job.file.parent
    assert auth is not None, "the job was validated"
    tokens: Tokens
    if auth.token is not None:
        token = _secret("auth.token", auth.token, folder)
        if not _TOKEN.fullmatch(token.get_secret_value()):
            raise CredentialsError(
                f"auth.token: {auth.token}: what is there is no token (eyJ…, with dots), and was not sent: "
                "check the name"
            )
        tokens = ReadyToken(token)
    else:
        assert auth.client_id is not None, "the job was validated"
        assert auth.client_secret is not None, "the job was validated"
        tokens = SignedTokens(
            client_id=_client_id(auth.client_id, job),
            secret=_secret("auth.client_secret", auth.client_secret, folder),
            subject=auth.subject,
            algorithm=auth.algorithm,
            lifetime=auth.lifetime,
            now=runtime.clock.now,
            new_id=runtime.new_id if auth.jti else None,
        )
        tokens.current()  # a key that cannot sign is found now, not at the first row
    return Target(
        base_url=connection.host,
        stream_id=connection.stream_id,
        account_id=connection.account_id,
        iid=connection.iid or connection.stream_id,
        tokens=tokens,
        proxy=_proxy(connection.proxy, job) if connection.proxy else None,
    )


def check_credentials(job: Job, runtime: Runtime | None = None) -> None:
    """Raise as `remote_target` does, where a job needs one."""
    check_ids(job)
    check_secrets(job, runtime)


def check_secrets(job: Job, runtime: Runtime | None = None) -> None:
    """Raise CredentialsError where a secret of the job cannot be had here, or is not what it is used for."""
    if not is_sandbox(job):
        _resolved(job, runtime or Runtime())


def _secret(key: str, reference: str, folder: Path) -> SecretStr:
    """Return the secret behind a reference; raises CredentialsError, naming the key of the job as well."""
    try:
        return resolve(reference, folder)
    except CredentialsError as error:
        raise CredentialsError(f"{key}: {error}") from None


def _client_id(written: str, job: Job) -> str:
    """Return the client id, which every token shows: what a reference points to has to be one."""
    value = resolve_or_literal(written, job.file.parent)
    if is_reference(written) and not _CLIENT_ID.fullmatch(value):
        raise CredentialsError(
            f"auth.client_id: {written}: what is there is no client id (cs-…), and was not sent: check the name, or "
            "write the id itself, which is no secret"
        )
    return value


def _proxy(written: str, job: Job) -> str:
    """Return the address of the proxy, whose password is masked from then on wherever words of others are told."""
    address = resolve_or_literal(written, job.file.parent)
    if is_reference(written):
        try:
            check_proxy_address(address)
            check_way(job.connection.host, address)
        except ValueError as error:
            raise CredentialsError(f"connection.proxy: {written}: {error}") from None
    parts = urlsplit(address)
    if parts.password:
        password = unquote(parts.password)
        for secret in (address, parts.password, password, f"{unquote(parts.username or '')}:{password}"):
            hide(secret)
    return address
