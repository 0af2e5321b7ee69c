"""What a job file says of reports, and of who is told how a run ended."""

import os
import re
from ipaddress import ip_address
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from bulkcase.job import forms
from bulkcase.job.host import is_loopback
from bulkcase.job.secrets import check_reference
from bulkcase.job.sources import Table

Format = Literal["csv", "html", "xlsx", "jsonl"]
"""A form of the report: results.csv with its kin, report.html, results.xlsx, results.jsonl."""
OFF = "off"
_ADDRESS = re.compile(r"[^@\s,;<>\"\\\x00-\x1f\x7f]+@[^@\s,;<>\"\\\x00-\x1f\x7f]+")

_Text = Annotated[str, Field(min_length=1)]
_HOST = re.compile(r"[A-Za-z0-9_.-]*")


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _or_off(value: object) -> object:
    return None if value == OFF else value


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _with_csv(formats: tuple[Format, ...]) -> tuple[Format, ...]:
    # The rows themselves are written whatever else is: they are what can be sent again.
    return tuple(dict.fromkeys(("csv", *formats)))


def _file(written: str | None) -> str | None:
    if written is not None and ("\0" in written or os.path.basename(written) in {"", ".", ".."}):  # noqa: PTH119 - Path drops a last slash
        raise ValueError("must name a file, such as bulkcase.prom")
    return written


def _addresses(value: object) -> tuple[str, ...]:
    written = [] if value == OFF else [value] if isinstance(value, str) else value
    if not isinstance(written, list):
        raise ValueError('must be an address in quotes, a list of addresses, or "off"')  # noqa: TRY004 - what pydantic wants
    for one in written:
        if not isinstance(one, str) or not _ADDRESS.fullmatch(one):
            raise ValueError("must be plain addresses such as ops@example.com")
    return tuple(dict.fromkeys(written))


Addresses = Annotated[tuple[str, ...], PlainValidator(_addresses), WithJsonSchema(forms.ADDRESSES)]


class Report(Table):
    """What a run writes."""

    directory: str = Field(default="reports", min_length=1)
    formats: Annotated[tuple[Format, ...], BeforeValidator(_listed), AfterValidator(_with_csv)] = ("csv", "html")
    private: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    metrics: Annotated[
        _Text | None, BeforeValidator(_or_off), AfterValidator(_file), WithJsonSchema(forms.or_off(forms.FILE))
    ] = None


class Smtp(Table):
    """How e-mail leaves."""

    host: Annotated[str, WithJsonSchema(forms.SERVER)] = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = Field(default=None, min_length=1)
    password: Annotated[str, WithJsonSchema(forms.REFERENCE)] | None = None
    sender: Annotated[str, WithJsonSchema(forms.ADDRESS)] = "bulkcase@localhost"

    @field_validator("host")
    @classmethod
    def _host(cls, value: str) -> str:
        if not _HOST.fullmatch(value) and not _is_address(value):
            raise ValueError("must be only the name of a server, such as mail.example.com: its port goes into port")
        return value

    @field_validator("password")
    @classmethod
    def _password(cls, value: str | None) -> str | None:
        if value is not None:
            check_reference(value)
        return value

    @field_validator("sender")
    @classmethod
    def _sender(cls, value: str) -> str:
        if not _ADDRESS.fullmatch(value):
            raise ValueError("must be a plain address such as bulkcase@example.com")
        return value

    @model_validator(mode="after")
    def _login(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("must have user and password, or neither")
        if self.user is not None and self.security == "none" and not is_loopback(self.host):
            raise ValueError('would send the password as it is: write security = "starttls" or "tls"')
        return self


def _webhook(value: object) -> str | None:
    if value == OFF:
        return None
    if not isinstance(value, str):
        raise ValueError("must be a reference in quotes, such as env:OPS_WEBHOOK")  # noqa: TRY004 - as above
    # Whoever knows the address of a webhook may write to it.
    check_reference(value)
    return value


def _smtp(value: object) -> object:
    if value is None or value == OFF:
        return None
    if not isinstance(value, dict):
        raise ValueError('must be a table such as { host = "mail.example.com" }, or "off"')  # noqa: TRY004 - as above
    return value


class Notify(Table):
    """Who is told."""

    webhook: Annotated[str | None, PlainValidator(_webhook), WithJsonSchema(forms.or_off(forms.REFERENCE))] = None
    email: Addresses = ()
    smtp: Annotated[Smtp | None, BeforeValidator(_smtp)] = None
    on: Literal["problem", "always"] = "problem"

    @model_validator(mode="after")
    def _way(self) -> Self:
        if self.email and self.smtp is None:
            raise ValueError('needs smtp for its email: smtp = { host = "mail.example.com" }')
        return self

    @property
    def is_on(self) -> bool:
        """Whether anybody is told anything."""
        return self.webhook is not None or bool(self.email)
