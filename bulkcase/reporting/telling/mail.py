"""Telling people by e-mail."""

import asyncio
import socket
import ssl
from collections.abc import Collection, Sequence
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from bulkcase.clock import SystemClock, moment
from bulkcase.job.reports import Smtp
from bulkcase.reporting.telling.notices import Notice, NotTold, subject, text
from bulkcase.reporting.telling.webhook import trust

PATIENCE: Final = 20.0
"""Seconds for all of it, from the connection to the last answer."""

# Never the name of this machine: it is nobody's business outside.
_ID_DOMAIN: Final = "bulkcase.invalid"


async def mail(
    smtp: Smtp,
    password: SecretStr | None,
    to: Sequence[str],
    notice: Notice,
    *,
    ca_bundle: Path | None = None,
    patience: float = PATIENCE,
) -> None:
    """Send one e-mail to all addresses; `patience` is in seconds. Raises NotTold, which names the mail server.

    With `starttls`, nothing is said to a server that does not encrypt. Where it takes the message for some of the
    addresses only, those get it, and NotTold names the others. A name service that hangs is given up as the rest is,
    but its look-up goes on in a thread, and no process ends before that does.
    """
    problem = await _refusal(smtp, password, _message(smtp.sender, to, notice), list(to), ca_bundle, patience)
    # Raised here and not where it was caught: what a server says may repeat what it was told.
    if problem:
        raise NotTold(f"e-mail: {problem}")


def _message(sender: str, to: Sequence[str], notice: Notice) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject(notice)
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Date"] = format_datetime(moment(SystemClock.now()))
    message["Message-ID"] = make_msgid(domain=_ID_DOMAIN)
    # Nobody's "I am on holiday" should answer.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text(notice), cte="quoted-printable")
    return message


async def _refusal(
    smtp: Smtp,
    password: SecretStr | None,
    message: EmailMessage,
    to: list[str],
    ca_bundle: Path | None,
    patience: float,
) -> str:
    """Send; return why that did not work, empty where it did."""
    import aiosmtplib  # noqa: PLC0415 - only a job with addresses needs it

    client = aiosmtplib.SMTP(
        hostname=smtp.host,
        port=smtp.port,
        username=smtp.user,
        password=password.get_secret_value() if password else None,
        # Its own default asks the name service, which may be what is down.
        local_hostname=_own_name(socket.gethostname()),
        timeout=patience,
        use_tls=smtp.security == "tls",
        # Not None, which would go on in the clear where the server does not offer it.
        start_tls=smtp.security == "starttls",
        tls_context=None if smtp.security == "none" else trust(ca_bundle),
    )
    refused = None
    try:
        async with asyncio.timeout(patience):
            await client.connect()
            refused, _ = await client.send_message(message, sender=smtp.sender, recipients=to)
            await client.quit()
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        # Once the message is taken, a server that has no manners at the end has done its work all the same.
        if refused is None:
            return f"{smtp.host}: {_why(error, smtp, to)}"
    finally:
        client.close()
    return f"{smtp.host}: {_of_addresses(refused, to)}" if refused else ""


def _why(error: Exception, smtp: Smtp, to: Sequence[str]) -> str:
    """Return what went wrong and what to do, in none of the server's words."""
    import aiosmtplib  # noqa: PLC0415 - as above

    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _of_addresses([one.recipient for one in error.recipients], to)
    answer = f" ({error.code})" if isinstance(error, aiosmtplib.SMTPResponseException) else ""
    means: tuple[tuple[type[BaseException], str], ...] = (
        # The first match counts: the narrower before the wider.
        (ssl.SSLCertVerificationError, "its certificate is not trusted here: set connection.ca_bundle"),
        (ssl.SSLError, f"no encrypted connection on port {smtp.port}: check port and security in notify.smtp"),
        (TimeoutError, "it did not answer in time: check host and port in notify.smtp"),
        (aiosmtplib.SMTPAuthenticationError, f"it refused user and password{answer}: check them in notify.smtp"),
        (aiosmtplib.SMTPSenderRefused, f"it refused {smtp.sender}{answer}: check sender and user in notify.smtp"),
        (aiosmtplib.SMTPResponseException, f"it refused the message{answer}: its log says why"),
        (aiosmtplib.SMTPServerDisconnected, "it hung up: check port and security in notify.smtp"),
        (OSError, f"it cannot be reached on port {smtp.port}: check notify.smtp and the network"),
    )
    kinds = (error, error.__cause__)
    return next((text for kind, text in means if any(isinstance(one, kind) for one in kinds)), _cannot(smtp))


def _cannot(smtp: Smtp) -> str:
    what = "STARTTLS, or a way to log in," if smtp.security == "starttls" else "what it takes to log in or to send"
    return f"it does not offer {what} on port {smtp.port}: check port and security in notify.smtp"


def _of_addresses(refused: Collection[str], to: Sequence[str]) -> str:
    who = ", ".join(one for one in to if one in refused)
    return f"it refused {len(refused)} of {len(to)} addresses ({who}): check notify.email"


def _own_name(name: str) -> str:
    """Return how to greet a server: by the full name of this machine, or in the form for those that have none."""
    return name if "." in name.strip(".") and name.isascii() else "[127.0.0.1]"
