"""How long a job keeps its runs."""

from pathlib import Path

import pytest

from bulkcase.errors import JobError
from bulkcase.job import parse

JOB = """
[connection]
host = "sandbox"
[input]
path = "cases.csv"
key = "Id"
[mapping]
desc = "Notes"
"""


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("", None),
        ('[state]\nkeep = "off"', None),
        ('[state]\nkeep = "90d"', 7_776_000.0),
        ('[state]\nkeep="36h"', 129_600.0),
    ],
)
def test_a_job_keeps_its_runs_for_good_unless_it_says_how_long(written: str, seconds: float | None) -> None:
    """Nothing is purged by itself by a job that does not ask for it."""
    assert parse(JOB + written, Path("night.toml")).state.keep == seconds


@pytest.mark.parametrize("written", ['"0d"', "90", '"for ever"', "true", '""'])
def test_what_is_no_time_is_refused(written: str) -> None:
    """A slip of the pen is no reason to delete anything: the line names the key."""
    with pytest.raises(JobError) as caught:
        parse(f"{JOB}[state]\nkeep = {written}", Path("night.toml"))
    (problem,) = caught.value.problems
    assert problem.startswith("night.toml: state.keep: must be a number above zero with its unit")
