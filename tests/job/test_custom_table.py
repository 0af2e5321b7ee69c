"""The table of custom fields in a job file."""

from pathlib import Path

import pytest

from bulkcase.errors import JobError
from bulkcase.job import parse

TABLES = {
    "connection": 'host = "sandbox"',
    "input": 'path = "cases.csv"\nkey = "Id"',
    "mapping": 'desc = "Notes"',
}


def job_with(key: str, value: str) -> str:
    """Return a job file in which one setting is written."""
    table, _, name = key.partition(".")
    tables = TABLES | {table: f"{TABLES.get(table, '')}\n{name} = {value}"}
    return "\n".join(f"[{title}]\n{content}" for title, content in tables.items())


def test_custom_fields_do_not_hide_other_problems() -> None:
    """A mapping of custom fields alone is a mapping, and what is wrong elsewhere or with them is told by its key."""
    text = '[connection]\nhost = "sandbox"\n[input]\npath = ""\nkey = "Id"\n[mapping.custom]\nRegion = {}\nTier = 5'
    with pytest.raises(JobError) as caught:
        parse(text, Path("night.toml"))
    keys = [problem.split(": ")[1] for problem in caught.value.problems]
    assert keys == ["input.path", "mapping.custom.Region", "mapping.custom.Tier"]


def test_a_field_called_custom_is_the_table_of_custom_fields() -> None:
    """A custom field may be called column: nothing that is written in the table makes it something else."""
    job = parse(job_with("mapping.custom", '{ column = "A" }'), Path("night.toml"))
    assert job.mapping["custom.column"].column == "A"
    assert "custom" not in job.mapping


def test_a_custom_field_is_not_mapped_in_both_ways() -> None:
    """Written as custom.NAME and in the table of custom fields, one of the two would be lost without a word."""
    text = job_with("mapping.custom", '{ Region = "A" }').replace("[mapping]", '[mapping]\n"custom.Region" = "B"')
    with pytest.raises(JobError) as caught:
        parse(text, Path("night.toml"))
    (problem,) = caught.value.problems
    assert problem == "night.toml: mapping.custom.Region: is mapped twice: keep one of them"
