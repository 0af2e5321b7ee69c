"""What is private is named so that it is found, or the job is refused: a misspelt name would hide nothing."""

from pathlib import Path

import pytest

from bulkcase.errors import JobError
from bulkcase.job import parse
from bulkcase.mapping import compile_mapping


def compiled(private: str, key: str = '"Id"', custom: str = '"custom.Region" = "B"') -> list[str]:
    """Return what is said of a list of private names."""
    text = f"""
        [connection]
        host = "sandbox"
        [input]
        path = "cases.csv"
        key = {key}
        [mapping]
        desc = "A"
        {custom}
        [report]
        private = {private}
    """
    try:
        compile_mapping(parse(text, Path("night.toml")), ("Id", "A", "B"), {})
    except JobError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize(
    "name",
    [
        "desc",
        "userInfo",
        "userInfo.emailId",
        "fields",
        "custom.Region",
        "currQueue",
        "tasks.name",
        "ETA",
    ],
)
def test_what_a_case_shows_may_be_private(name: str) -> None:
    """A field whether it is sent or only shown, and a path into one."""
    assert compiled(f'["{name}"]') == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("descr", "is no field of a case: did you mean desc?"),
        ("Desc", "is no field of a case: did you mean desc?"),
        ("userinfo.emailId", "is no field of a case: did you mean userInfo"),
        ("Region", "is no field of a case: did you mean custom.Region?"),
        ("zzzzz", "is no field of a case: there are name, "),
        ("", "is no name: write a field, or a path"),
        ("userInfo.", "is no name: write a field, or a path"),
        ("userInfo. .emailId", "is no name: write a field, or a path"),
        (".desc", "is no name: write a field, or a path"),
        ("custom.", "has no name of a custom field: write custom.NAME"),
        ("custom. ", "has no name of a custom field: write custom.NAME"),
        ("custom.region", "is no custom field of the mapping: did you mean custom.Region?"),
        ("custom.zzzzz", "is no custom field of the mapping: there are custom.Region"),
        ("custom", "is no field of a case: did you mean custom.Region?"),
        ("_id", "says which case a row is about, and stands in every report: take it out"),
    ],
)
def test_a_name_that_would_hide_nothing_is_refused(name: str, told: str) -> None:
    """With the key, the name, and what was most likely meant."""
    (problem,) = compiled(f'["{name}"]')
    assert problem.startswith(f'night.toml: report.private: "{name}" {told}')


def test_any_custom_field_may_be_private_where_none_is_mapped() -> None:
    """Nothing tells then how it is called; cases may show it all the same."""
    assert compiled('["custom.A.. b"]', custom="") == []


def test_the_key_of_the_rows_cannot_be_private() -> None:
    """Every report names its rows' cases; the reference may be private where rows are found by the id."""
    assert compiled('["refId"]') == []
    (problem,) = compiled('["refId"]', '{ column = "Id", match = "refId" }')
    assert problem == (
        'night.toml: report.private: "refId" says which case a row is about, and stands in every report: take it out'
    )


def test_every_name_is_told() -> None:
    """One look is enough to mend the list."""
    assert len(compiled('["descr", "desc", "", "zzzzz"]')) == 3
