"""What the way to a host tells of a set-up: addresses, connection, certificate. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from bulkcase.job import Job
from bulkcase.kore.probe import Broken, Reached, Unreached, Way
from bulkcase.operations.diagnosis.steps import Step, cross, ok

_WHOSE: Final = "check connection.host and its port; does this network need a VPN, or connection.proxy?"
_PROXY: Final = "check connection.proxy, or HTTPS_PROXY where the job names none"
_BUNDLE: Final = (
    "set connection.ca_bundle to the PEM file of who signs certificates here (a company's proxy, most likely)"
)

_SAYS: Final[Mapping[Broken, tuple[str, str]]] = {
    Broken.REFUSED: ("no connection", _WHOSE),
    Broken.TIMEOUT: ("no connection in time", f"a firewall may be in between: {_WHOSE}"),
    Broken.NOT_TLS: (
        "it does not speak TLS on this port",
        "check the port of connection.host: is it the one of https?",
    ),
    Broken.UNTRUSTED: ("its certificate is not trusted here", _BUNDLE),
    Broken.EXPIRED: (
        "its certificate has expired",
        "ask who runs the server for a new one; or is the clock of this machine ahead?",
    ),
    Broken.NOT_YET_VALID: (
        "its certificate is not valid yet",
        "set the clock of this machine, which is behind most likely; else ask who runs the server",
    ),
    Broken.OTHER_NAME: (
        "its certificate is for another name",
        "write connection.host as the certificate has it; or is a proxy in between?",
    ),
    Broken.PROXY_GONE: ("the proxy takes no connection", _PROXY),
    Broken.PROXY_REFUSES: (
        "the proxy lets nobody through",
        "ask who runs it; user and password go into its address, behind env:NAME",
    ),
    Broken.LOST: ("the connection was lost while it was made", _WHOSE),
}


def of_host(way: Way, found: Sequence[str] | OSError) -> Step:
    """Judge what the name of a host, or of the proxy before it, brought."""
    what = f"the proxy {way.host}" if way.is_proxy else way.host
    if isinstance(found, OSError):
        remedy = (
            f"{_PROXY}" if way.is_proxy else "check connection.host letter by letter; is this machine on the network?"
        )
        return cross("host", f"no address is known for {what} ({found.strerror or found})", remedy)
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return ok("host", f"{what}: {found[0]}{more}")


def of_connection(way: Way, found: Reached | Unreached, job: Job) -> Step:
    """Judge what a connection came to."""
    through = f" through the proxy {way.host}:{way.port}" if way.is_proxy else ""
    if isinstance(found, Unreached):
        says, remedy = _SAYS[found.why]
        if found.why in {Broken.PROXY_GONE, Broken.PROXY_REFUSES}:
            through = f" at {way.host}:{way.port}"
        if found.why is Broken.UNTRUSTED and job.connection.ca_bundle is not None:
            remedy = f"connection.ca_bundle ({job.connection.ca_bundle}) is not of who signed it: name another file"
        return cross("connection", f"{says}{through} ({found.said})", remedy)
    if not found.tls:
        return ok("connection", f"plain http{through}, to this machine")
    until = f", certificate good until {found.until}" if found.until else ""
    return ok("connection", f"{found.tls}{through}{until}")
