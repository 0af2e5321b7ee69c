"""The job file as it is written, table by table; what each key means stands in docs and README."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainValidator, PrivateAttr, WithJsonSchema, field_validator, model_validator

from bulkcase.job import forms
from bulkcase.job import host as hosts
from bulkcase.job.filters import case_filter
from bulkcase.job.hours import Hours, hours
from bulkcase.job.paths import expanded
from bulkcase.job.quantities import (
    ChangesOrOff,
    Duration,
    DurationOrOff,
    FailuresOrOff,
    QuotaWindow,
    RowsOrOff,
    Window,
    failure_limit,
    or_off,
)
from bulkcase.job.reports import Notify, Report
from bulkcase.job.secrets import check_reference, is_reference
from bulkcase.job.sources import FieldSource, KeyColumn, Lookup, Source, Table, Zone

SANDBOX = "sandbox"

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
Filter = Annotated[dict[str, Any], PlainValidator(case_filter), WithJsonSchema(forms.FILTER)]
HoursOrOff = Annotated[Hours | None, PlainValidator(or_off(hours)), WithJsonSchema(forms.or_off(forms.HOURS))]
Reference = Annotated[str, WithJsonSchema(forms.REFERENCE)]


class Connection(Table):
    """Where the calls go."""

    host: Annotated[str, WithJsonSchema(forms.HOST)]
    stream_id: Identifier = ""
    account_id: Identifier = ""
    timeout: Duration = 30.0
    iid: Identifier | None = None
    extra_headers: Annotated[dict[str, str], WithJsonSchema(forms.HEADERS)] = Field(default_factory=dict)
    ca_bundle: str | None = None
    proxy: Annotated[str, WithJsonSchema(forms.PROXY)] | None = None

    @field_validator("host")
    @classmethod
    def _host(cls, value: str) -> str:
        return value if value == SANDBOX else hosts.base_url(value)

    @field_validator("extra_headers")
    @classmethod
    def _extra_headers(cls, value: dict[str, str]) -> dict[str, str]:
        hosts.check_headers(value)
        return value

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, value: str | None) -> str | None:
        if value is not None:
            hosts.check_proxy(value)
        return value

    @model_validator(mode="after")
    def _target(self) -> Self:
        if self.host != SANDBOX and not (self.stream_id and self.account_id):
            raise ValueError("needs stream_id and account_id, unless host is the sandbox")
        if self.host != SANDBOX and self.proxy is not None and not is_reference(self.proxy):
            try:
                hosts.check_way(self.host, self.proxy)
            except ValueError as error:
                raise ValueError(f"proxy {error}") from None
        return self


class Auth(Table):
    """How the calls show who they are: a client id and secret, or a ready-made token."""

    client_id: str | None = Field(default=None, min_length=1)
    client_secret: Reference | None = None
    token: Reference | None = None
    lifetime: Duration = 300.0
    subject: str = Field(default="bulkcase", min_length=1)
    algorithm: Literal["HS256", "HS512", "RS256", "RS512"] = "HS256"
    jti: bool = False

    @field_validator("client_secret", "token")
    @classmethod
    def _reference(cls, value: str | None) -> str | None:
        if value is not None:
            check_reference(value)
        return value

    @field_validator("lifetime")
    @classmethod
    def _lifetime(cls, value: float) -> float:
        if not 60 <= value <= 3600:
            raise ValueError("must be between 1m and 1h: where the platform asks for a jti it accepts no longer life")
        return value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.token is None and not (self.client_id and self.client_secret):
            raise ValueError("needs client_id and client_secret, or token")
        if self.token is not None and (self.client_id or self.client_secret or self.jti):
            raise ValueError("must have either token or client_id, client_secret and jti")
        return self


class Input(Table):
    """The file with the rows."""

    path: str = Field(min_length=1)
    key: KeyColumn
    duplicates: Literal["refuse", "last"] = "refuse"
    sheet: Annotated[str | int | None, WithJsonSchema(forms.SHEET)] = None
    encoding: str | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    timezone: Zone | None = None
    clear_marker: str | None = Field(default=None, min_length=1)
    min_rows: RowsOrOff = None
    max_age: DurationOrOff = None

    @field_validator("sheet", mode="before")
    @classmethod
    def _sheet(cls, value: object) -> object:
        if (isinstance(value, str) and value) or (type(value) is int and value >= 1):
            return value
        raise ValueError("must be the name of a sheet in quotes, or its number from 1 on")


class Quota(Table):
    """How many calls may be made to the target."""

    windows: tuple[QuotaWindow, ...] = (Window(50, 60.0), Window(1700, 3600.0))
    max_in_flight: int = Field(default=8, ge=1, le=1000)
    pace: Literal["burst", "even", "auto"] = "auto"
    scope: Literal["stream", "account"] = "stream"

    @field_validator("windows", mode="before")
    @classmethod
    def _windows(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


class Retry(Table):
    """What happens after an attempt that may succeed when it is made again."""

    attempts: int = Field(default=5, ge=1, le=100)
    max_wait: Duration = 60.0
    unanswered: Literal["resend", "leave"] = "resend"


class Snapshot(Table):
    """Whether live cases are read first."""

    read: Literal["auto", "always", "never"] = "auto"
    max_age: Duration = 3600.0
    filter: Annotated[dict[str, Any], PlainValidator(case_filter), WithJsonSchema(forms.FILTER)] = Field(
        default_factory=dict
    )


class Safety(Table):
    """What stops a run."""

    verify: Literal["response", "live", "none"] = "response"
    canary: int = Field(default=5, ge=0, le=1000)
    max_failures: FailuresOrOff = failure_limit("20% of 200")
    on_conflict: Literal["send", "leave"] = "send"
    max_changes: ChangesOrOff = None
    send_between: HoursOrOff = None
    max_duration: DurationOrOff = None
    allow_read_only: tuple[str, ...] = ()

    @field_validator("allow_read_only", mode="before")
    @classmethod
    def _allow_read_only(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


class State(Table):
    """Where the ledger is, and for how many seconds it keeps the runs of this job."""

    directory: str | None = Field(default=None, min_length=1)
    keep: DurationOrOff = None


class Job(Table):
    """A job: everything that a run needs to know, as one TOML file says it."""

    connection: Connection
    auth: Auth | None = None
    input: Input
    mapping: dict[str, Source] = Field(min_length=1)
    lookups: dict[str, Lookup] = Field(default_factory=dict)
    quota: Quota = Quota()
    retry: Retry = Retry()
    snapshot: Snapshot = Snapshot()
    safety: Safety = Safety()
    report: Report = Report()
    state: State = State()
    notify: Notify = Notify()

    _file: Path = PrivateAttr(default=Path("job.toml"))
    _cells: dict[str, str] | None = PrivateAttr(default=None)
    _undoes: str | None = PrivateAttr(default=None)
    _sources: dict[str, FieldSource] | None = PrivateAttr(default=None)

    @property
    def file(self) -> Path:
        """The job file; paths in it are relative to its folder."""
        return self._file

    @property
    def name(self) -> str:
        """What the job is called: its file without the ending."""
        return self._file.stem

    @model_validator(mode="after")
    def _credentials(self) -> Self:
        if self.auth is None and self.connection.host != SANDBOX:
            raise ValueError("needs an [auth] table, unless connection.host is the sandbox")
        return self

    @property
    def cells(self) -> dict[str, str] | None:
        """The cells, by column, that every row has beside its key: the input is a list of keys, and no table."""
        return self._cells

    @property
    def undoes(self) -> str | None:
        """The run that this job takes back; None for a job that has an input of its own."""
        return self._undoes

    @property
    def sources(self) -> dict[str, FieldSource]:
        """What the columns of the file are mapped to; for a job that takes a run back, those of that run's file."""
        return self.mapping if self._sources is None else self._sources

    def undoing(self, run_id: str, fields: Iterable[str]) -> Self:
        """Return the job that puts the values back which these fields of the cases had before a run.

        Connection, auth, limits, verification and report stay; all live cases are to be read.
        """
        job = self.model_copy(
            update={
                "input": self.input.model_copy(update={"key": self.input.key.model_copy(update={"match": "_id"})}),
                "mapping": {field: FieldSource(column=field) for field in fields},
                "lookups": {},
                "snapshot": self.snapshot.model_copy(update={"read": "always", "filter": {}}),
                # What somebody has changed since is left alone in any case, and a rescue is never too large.
                "safety": self.safety.model_copy(update={"on_conflict": "send", "max_changes": None}),
            }
        )
        job._undoes = run_id  # noqa: SLF001 - a private attribute of this very class
        job._sources = self.sources  # noqa: SLF001 - as above
        job._cells = None  # noqa: SLF001 - as above
        return job

    def at(self, file: Path) -> Self:
        """Return this job as one that stands in `file`."""
        job = self.model_copy()
        job._file = file  # noqa: SLF001 - a private attribute of this very class
        return job

    def with_cells(self, cells: dict[str, str]) -> Self:
        """Return this job as one whose input is a list of keys, with the same cells for each of them."""
        job = self.model_copy()
        job._cells = cells  # noqa: SLF001 - as above
        return job

    def path(self, written: str) -> Path:
        """Return a path of the job file as one that works from anywhere."""
        return (self._file.parent / expanded(written)).absolute()
