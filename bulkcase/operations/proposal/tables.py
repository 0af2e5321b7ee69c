"""The tables of a new job that no spreadsheet tells: where its calls go, and what shows who they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bulkcase.errors import UsageError
from bulkcase.job.load import content_of, load_without_rows, text_of
from bulkcase.job.paths import expanded
from bulkcase.job.secrets import placed
from bulkcase.job.settings import SANDBOX
from bulkcase.proposing import Setting, Tables

_TAKEN: Final = ("connection", "auth", "quota", "state")
"""What is the same for all jobs of one target."""
_NOBODY: Final = {
    "stream_id": "st-00000000-0000-0000-0000-000000000000",
    "account_id": "000000000000000000000000",
    "client_id": "cs-00000000-0000-0000-0000-000000000000",
}
_HOST: Final = "https://platform.kore.ai"
_REFERENCE: Final = "env:KORE_CLIENT_SECRET"
_FILL_IN: Final = "fill in"


@dataclass(frozen=True, slots=True)
class Target:
    """What is known of where the calls go; what is not is to be filled in."""

    host: str | None = None
    stream_id: str | None = None
    account_id: str | None = None
    client_id: str | None = None
    like: Path | None = None
    """Another job, whose target this one has."""
    sandbox: bool = False

    def check(self) -> None:
        """Raise UsageError where two of these answer one question."""
        facts = [name for name in ("host", *_NOBODY) if getattr(self, name) is not None]
        given = [f"--{name.replace('_', '-')}" for name in facts]
        given += ["--like"] * (self.like is not None) + ["--sandbox"] * self.sandbox
        if len(given) > 1 and len(given) > len(facts):
            raise UsageError(f"{' and '.join(given)} are more than one answer to where the calls go: give one of them")


def tables_of(target: Target, file: Path) -> tuple[Tables, list[str]]:
    """Return the tables of a job in `file`, and the keys that are still to be filled in.

    Raises UsageError or JobError.
    """
    target.check()
    if target.like is not None:
        return _taken(target.like, file), []
    if target.sandbox:
        remark = "the embedded server: a real one needs more, see `bulkcase init --help`"
        return {"connection": {"host": Setting(SANDBOX, remark)}}, []
    missing = [name for name in _NOBODY if not getattr(target, name)]
    facts = {
        name: Setting(getattr(target, name) or nobody, _FILL_IN if name in missing else "")
        for name, nobody in _NOBODY.items()
    }
    others = "also jp-platform.kore.ai, de-platform.kore.ai, or your own"
    connection = {
        "host": Setting(target.host or _HOST, "" if target.host else others),
        "stream_id": facts["stream_id"],
        "account_id": facts["account_id"],
    }
    secret = Setting(_REFERENCE, "a reference; a literal secret is refused")
    return {"connection": connection, "auth": {"client_id": facts["client_id"], "client_secret": secret}}, missing


def _taken(like: Path, file: Path) -> Tables:
    """Return the tables of another job, its paths as they are right for this one."""
    load_without_rows(like)
    content: Mapping[str, Mapping[str, Any]] = content_of(text_of(like), like)
    here, there = file.absolute().parent, like.absolute().parent
    tables = {name: content[name] for name in _TAKEN if name in content}
    if here != there:
        tables = {
            name: {key: _moved(name, key, value, there) for key, value in table.items()}
            for name, table in tables.items()
        }
    return {name: {key: Setting(value) for key, value in table.items()} for name, table in tables.items()}


def _moved(table: str, key: str, value: Any, folder: Path) -> Any:
    if (table, key) in {("connection", "ca_bundle"), ("state", "directory")}:
        return str((folder / expanded(value)).absolute())
    # Other texts are no references: they stay as they are.
    return placed(value, folder) if table in {"connection", "auth"} and isinstance(value, str) else value
