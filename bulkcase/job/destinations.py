"""Where a job sends, and with which secrets: what a person has to know before the first call.

A job file is somebody's word on whom to trust: it names hosts, and it names secrets of whoever runs it. So each host is
told together with the references of what goes there, never with a value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bulkcase.errors import CredentialsError
from bulkcase.job.host import host_of
from bulkcase.job.secrets import is_reference, placed, resolve
from bulkcase.job.settings import SANDBOX, Auth, Job


@dataclass(frozen=True, slots=True)
class Destination:
    """One host that a job sends to."""

    told: str
    """A line for people."""
    trusted: str
    """What a person agrees to: the host, the references, and the way there; not the account or the stream."""


def destinations(job: Job, *, tells: bool) -> list[Destination]:
    """Return where a job sends; nothing for the embedded server, to which nothing leaves this machine.

    `tells` includes the hosts by which people are told how a run ended.
    """
    found = [] if job.connection.host == SANDBOX else [_target(job)]
    return [*found, *(_ways(job) if tells else ())]


def _target(job: Job) -> Destination:
    connection, folder = job.connection, job.file.parent
    parts = [] if job.auth is None else list(_credentials(job.auth, folder))
    if connection.proxy is not None:
        parts.append(f"through the proxy {_host(connection.proxy, folder)}")
    if connection.ca_bundle is not None:
        parts.append(f"trusting the certificates in {job.path(connection.ca_bundle)}")
    how = ", ".join(parts)
    where = f"account {connection.account_id}, stream {connection.stream_id}"
    return Destination(
        f"sends to {connection.host} ({where}) {how}".rstrip(), f"sends to {connection.host} {how}".rstrip()
    )


def _credentials(auth: Auth, folder: Path) -> Iterator[str]:
    if auth.token is not None:
        yield f"with {placed(auth.token, folder)} as it is"
    if auth.client_id is not None and is_reference(auth.client_id):
        yield f"with {placed(auth.client_id, folder)} as it is"
    if auth.client_secret is not None:
        yield f"with tokens signed by {placed(auth.client_secret, folder)}"


def _ways(job: Job) -> Iterator[Destination]:
    notify, folder = job.notify, job.file.parent
    if notify.webhook is not None:
        yield _same(f"tells the webhook at {_host(notify.webhook, folder)}")
    if notify.smtp is not None and notify.email:
        smtp = notify.smtp
        password = f" with {placed(smtp.password, folder)} as it is" if smtp.password is not None else ""
        yield _same(f"mails by {smtp.host}:{smtp.port} to {', '.join(notify.email)}{password}")


def _same(text: str) -> Destination:
    return Destination(text, text)


def _host(written: str, folder: Path) -> str:
    """Return the host of an address that is written out, or behind a reference, which is then named with it."""
    if not is_reference(written):
        return host_of(written)
    name = placed(written, folder)
    try:
        host = host_of(resolve(written, folder).get_secret_value())
    except CredentialsError:
        # Whoever needs it says so.
        host = ""
    return f"{host} with {name}" if host else f"that {name} names"
