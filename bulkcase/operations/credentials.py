"""Where a job's calls go, and what shows who they are: known without a connection."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkcase.job import Job
from bulkcase.job.secrets import resolve, resolve_or_literal
from bulkcase.operations.runtime import Runtime, is_sandbox

if TYPE_CHECKING:
    from bulkcase.kore.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Target:
    """Where the calls go, and what shows who they are. `repr` shows no secret."""

    base_url: str
    stream_id: str
    account_id: str
    iid: str
    tokens: "Tokens"
    proxy: str | None = None


def remote_target(job: Job, runtime: Runtime) -> Target:
    """Return the target of a job, its secrets resolved; raises CredentialsError where one cannot be had here."""
    from bulkcase.kore.tokens import ReadyToken, SignedTokens  # noqa: PLC0415 - PyJWT, which a rehearsal need not check

    connection, auth, folder = job.connection, job.auth, job.file.parent
    assert auth is not None, "the job was validated"
    tokens: Tokens
    if auth.token is not None:
        tokens = ReadyToken(resolve(auth.token, folder))
    else:
        assert auth.client_id is not None, "the job was validated"
        assert auth.client_secret is not None, "the job was validated"
        tokens = SignedTokens(
            client_id=resolve_or_literal(auth.client_id, folder),
            secret=resolve(auth.client_secret, folder),
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
        proxy=resolve_or_literal(connection.proxy, folder) if connection.proxy else None,
    )


def check_credentials(job: Job, runtime: Runtime | None = None) -> None:
    """Raise CredentialsError where a secret of the job cannot be had here."""
    if not is_sandbox(job):
        remote_target(job, runtime or Runtime())
