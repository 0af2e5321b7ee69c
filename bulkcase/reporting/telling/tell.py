"""Telling everybody who is to be told, whatever becomes of it."""

import asyncio
import re
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from bulkcase.hidden import hide
from bulkcase.job.reports import Smtp
from bulkcase.reporting.telling.notices import Notice, NotTold
from bulkcase.reporting.telling.webhook import post

_PARTS: Final = re.compile(r"[/?&=#]")
_SECRET: Final = 16
"""Characters from which on a part of an address is no word."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Who is told, with the secrets that this takes."""

    webhook: SecretStr | None = None
    """Its address, which is a secret."""
    addresses: Sequence[str] = ()
    smtp: Smtp | None = None
    password: SecretStr | None = None
    """Of `smtp`."""
    ca_bundle: Path | None = None

    def __post_init__(self) -> None:
        # What is secret of it may come back without its host. Its shorter parts are words such as "hook".
        if self.webhook is not None:
            path = self.webhook.get_secret_value().partition("://")[2].partition("/")[2]
            for part in (path, *_PARTS.split(path)):
                if len(part) >= _SECRET:
                    hide(part)


async def tell(ways: Ways, notice: Notice) -> list[str]:
    """Tell everybody at once; return a line about each way that failed, without secrets. Raises nothing of its own."""
    telling = []
    if ways.webhook is not None:
        telling.append(_complaint("webhook", post(ways.webhook, notice, ca_bundle=ways.ca_bundle)))
    if ways.smtp is not None and ways.addresses:
        from bulkcase.reporting.telling.mail import mail  # noqa: PLC0415 - most jobs tell nobody by e-mail

        sent = mail(ways.smtp, ways.password, ways.addresses, notice, ca_bundle=ways.ca_bundle)
        telling.append(_complaint("e-mail", sent))
    return [complaint for complaint in await asyncio.gather(*telling) if complaint]


async def _complaint(way: str, told: Coroutine[None, None, None]) -> str:
    try:
        await told
    except NotTold as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - the run is over and done, and a fault in telling of it must not undo that
        # Its text may hold anything, such as the address of the webhook.
        return f"{way}: a fault of bulkcase ({type(error).__name__}): please report it"
    return ""
