"""Parts of job files as text, and what is wrong with a job."""

from pathlib import Path

import pytest

from bulkcase.errors import JobError
from bulkcase.job import parse

FILE = Path("jobs/night.toml")
INPUT = """
[input]
path = "cases.csv"
key = "Id"
"""
MAPPING = """
[mapping]
desc = "Notes"
"""
SANDBOX = """
[connection]
host = "sandbox"
"""
TARGET = """
[connection]
host = "https://platform.example.com/"
stream_id = "st-1"
account_id = "6639"
"""
AUTH = """
[auth]
client_id = "cs-1"
client_secret = "env:FAKE_SECRET"
"""
SMALLEST = SANDBOX + INPUT + MAPPING


def problems(text: str) -> list[str]:
    """Return what is wrong with a job, without the name of its file, which is checked."""
    with pytest.raises(JobError) as caught:
        parse(text, FILE)
    lines = str(caught.value).splitlines()
    assert lines == list(caught.value.problems)
    assert all(line.startswith(f"{FILE}: ") for line in lines)
    return [line.removeprefix(f"{FILE}: ") for line in lines]
