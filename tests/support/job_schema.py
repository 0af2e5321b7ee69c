"""A job to which one thing at a time is done, before the loader and before the schema."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from bulkcase.errors import JobError
from bulkcase.job.load import validated
from bulkcase.operations.schema import job_schema

SCHEMA = job_schema()
VALIDATOR = Draft202012Validator(SCHEMA)

JOB: dict[str, Any] = {
    "connection": {"host": "https://kore.example.com", "stream_id": "st-1", "account_id": "6639"},
    "auth": {"client_id": "cs-1", "client_secret": "env:SECRET"},
    "input": {"path": "cases.csv", "key": "Case ID"},
    "mapping": {"desc": "Notes"},
}
"""A job to which one thing at a time is done."""


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the job with another value at the path of a key."""
    names = path.replace("FIELD", "status").split(".")
    job: dict[str, Any] = {name: dict(table) for name, table in JOB.items()}
    table = job
    for name in names[:-1]:
        inner = table.get(name)
        table[name] = inner = dict(inner) if isinstance(inner, dict) else {}
        table = inner
    table[names[-1]] = value
    return job


def whole(path: str, value: Any) -> dict[str, Any]:
    """Return a job with another value at the path of a key, and with whatever that key needs beside it."""
    job = changed(path, value)
    table, _, key = path.rpartition(".")
    if table == "input.key":
        job["input"]["key"] = {"column": "Ref"} | job["input"]["key"]
    if table == "mapping.FIELD":
        beside = {} if key in {"value", "template"} else {"column": "Status"}
        job["mapping"]["status"] = beside | job["mapping"]["status"]
    if path == "auth.token":
        job["auth"] = {"token": value}
    if table.startswith("notify") and key != "on":
        smtp = {"host": "mail.example.com", "user": "me", "password": "env:PASSWORD"}
        given_smtp = job["notify"].get("smtp", {})
        job["notify"]["smtp"] = given_smtp if path == "notify.smtp" else smtp | given_smtp
    return job


def is_loaded(job: Mapping[str, Any]) -> bool:
    try:
        validated(dict(job), Path("job.toml"))
    except JobError:
        return False
    return True


def is_valid(job: Any) -> bool:
    return not faults(job)


def faults(job: Any) -> list[str]:
    """Return what an editor would mark."""
    return [error.message for error in VALIDATOR.iter_errors(plain(job))]


def plain(value: Any) -> Any:
    """Return the content of a TOML file as an editor hands it to a schema: dates are texts."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value
