"""Job files and inputs for tests that go the whole way."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bulkcase.job import Job, load
from bulkcase.sandbox import SandboxSettings

SECRET_VARIABLE = "BULKCASE_TEST_SECRET"

_JOB = """\
[connection]
host = "{host}"
stream_id = "{stream}"
account_id = "{account}"
timeout = "{timeout}"

[auth]
client_id = "{client}"
client_secret = "env:{variable}"

[input]
path = "{path}"
key = {key}
{input}

[mapping]
{mapping}

[quota]
{quota}

[retry]
{retry}

[snapshot]
{snapshot}

[state]
directory = "state"
{more}
"""


def write_job(
    folder: Path,
    *,
    host: str = "sandbox",
    settings: SandboxSettings | None = None,
    path: str = "cases.csv",
    key: str = '"Case ID"',
    mapping: str = 'desc = "Notes"',
    quota: str = "windows = []",
    retry: str = "attempts = 3",
    timeout: str = "5s",
    input_table: str = "",
    snapshot: str = 'read = "never"',
    more: str = "",
    name: str = "job.toml",
) -> Path:
    """Write a job file for a sandbox with these settings; its secret is in the environment variable above."""
    settings = settings or SandboxSettings()
    if "canary" not in more:
        # A canary changes the order of the calls; tests that are about it ask for one.
        is_there = "[safety]" in more
        more = more.replace("[safety]", "[safety]\ncanary = 0") if is_there else f"{more}\n[safety]\ncanary = 0"
    file = folder / name
    text = _JOB.format(
        host=host,
        stream=settings.stream_id,
        account=settings.account_id,
        client=settings.client_id,
        variable=SECRET_VARIABLE,
        path=path,
        key=key,
        input=input_table,
        snapshot=snapshot,
        mapping=mapping,
        quota=quota,
        retry=retry,
        timeout=timeout,
        more=more,
    )
    file.write_text(text, encoding="utf-8")
    return file


def a_job(folder: Path, **parts: str) -> Job:
    """Return the job that `write_job` writes."""
    return load(write_job(folder, **parts))  # type: ignore[arg-type]  # every part but `settings` is a text


def write_cases(folder: Path, rows: Iterable[Sequence[str]], header: Sequence[str] = ("Case ID", "Notes")) -> Path:
    """Write cases.csv."""
    file = folder / "cases.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
    return file


def simple_rows(count: int) -> list[tuple[str, str]]:
    """Return rows about `count` cases, each with a note of its own."""
    return [(f"ci-{number:06d}", f"note {number}") for number in range(count)]


def read_results(folder: Path, file: str = "results.csv") -> list[Mapping[str, str]]:
    """Return the lines of a report's CSV by column."""
    with (folder / file).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))
