"""The text of a proposed job file: valid whatever a file holds, and none of its values in it."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bulkcase.cells import Cell
from bulkcase.fields import READ_ONLY
from bulkcase.job import Job
from bulkcase.job.load import parse
from bulkcase.mapping import compile_mapping
from bulkcase.proposing import Column, Key, Proposal, Setting, State, find_key, job_text, look_at, placings
from bulkcase.proposing.toml import toml_key, toml_text, toml_value

TABLES = {"connection": {"host": Setting("sandbox", "the embedded server")}, "input": {"path": Setting("cases.csv")}}
SUGGESTION = re.compile(r"^# (?=(?:\w+|\"(?:[^\"\\]|\\.)*\") = )", re.MULTILINE)
MARK = "Qz7"
"""What each cell of a file has that is told apart from all else in a job."""

KNOWN = ["Title", "Status", "New Status", "Priority", "Due", "ETA", "Labels", "Tags", "Active", "Notes", "Assignee"]
MORE = [
    "Queue",
    "participants",
    "ETA (old)",
    "timestamp",
    "Customer",
    "Email",
    "Channels",
    "Last Updated",
    "Region",
    'quote "',
    "back\\slash",
    "line\nbreak",
    "# = {",
]
ODD = ["[mapping]\nname = { value = 1 }", '"""', "'''", "{x}", "\x7f", "\u202e", "\U0001f600", "$(x)", "a = b"]
VALUES: list[Cell] = [
    "",
    "yes",
    "a;b",
    "a,b",
    "03/04/2026",
    "13/04/2026 09:30",
    "2026-04-13",
    "#N/A",
    5,
    True,
    "{",
    "[",
]

headers = st.lists(
    st.one_of(st.sampled_from(KNOWN), st.sampled_from(MORE), st.sampled_from(ODD), st.text(min_size=1, max_size=30)),
    max_size=8,
    unique=True,
).map(lambda names: [name for name in names if name.strip()])
cells = st.one_of(st.sampled_from(VALUES), st.text(max_size=20), st.floats(), st.dates())


def proposal_of(names: list[str], rows: list[list[Cell]], zone: str | None) -> Proposal:
    """Return what is proposed for a file whose first column has the ids."""
    columns = [Column(name, look_at(row[at] for row in rows)) for at, name in enumerate(names)]
    key = find_key(columns)
    key = key if isinstance(key, Key) else Key(names[0], "_id", "", 0)
    return Proposal(key, placings(columns, key), zone_here="Europe/Berlin").with_zone(zone)


def compiled(text: str, names: list[str]) -> Job:
    """Return the job in a text, which fits a header."""
    job = parse(text, Path("cases.toml"))
    compile_mapping(job, names, {})
    return job


@st.composite
def files(draw: st.DrawFn) -> tuple[list[str], list[list[Cell]]]:
    """Return the header and the rows of a file with ids in its first column."""
    names = ["Case ID", *(name for name in draw(headers) if name != "Case ID")]
    count = draw(st.integers(1, 4))
    return names, [[f"ci-{nth}", *(draw(cells) for _ in names[1:])] for nth in range(count)]


@given(files(), st.sampled_from([None, "UTC"]))
@example((["Case ID", 'x"\n[safety]\ncanary = 0\n#'], [["ci-1", "x"]]), None)
@example((["Case ID", "Status", "New Status", "Notes", "Comments"], [["ci-1", "x", "y", "z", "a"]]), None)
def test_whatever_a_file_holds_the_job_is_valid(file: tuple[list[str], list[list[Cell]]], zone: str | None) -> None:
    """It loads and fits the header; so it does with any one of its suggestions switched on."""
    names, rows = file
    proposal = proposal_of(names, rows, zone)
    text = job_text(proposal, ["made by a test"], TABLES)
    if proposal.mapped:
        job = compiled(text, names)
        assert set(job.mapping) == {each.field for each in proposal.mapped}
        assert READ_ONLY.isdisjoint(job.mapping)
    before, mapping, after = re.split(r"(?ms)^(\[mapping\] .*?)(?=^\[lookups\]|^# \[report\])", text)
    for suggestion in SUGGESTION.finditer(mapping):
        switched_on = mapping[: suggestion.start()] + mapping[suggestion.end() :]
        compiled(before + switched_on + after, names)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4), st.sampled_from(KNOWN + MORE))
def test_no_value_of_a_cell_stands_in_the_job(texts: list[str], name: str) -> None:
    """A job file is shown around, and what is private in a row is not in it."""
    rows: list[list[Cell]] = [[f"ci-{nth}", f"{MARK}{text}{MARK}"] for nth, text in enumerate(texts)]
    text = job_text(proposal_of(["Case ID", name], rows, None), [], TABLES)
    assert MARK not in text


@given(st.text())
def test_a_text_stays_what_it_is(text: str) -> None:
    """Quotes, backslashes, line breaks and what does not print come back from TOML as they were."""
    written = toml_text(text)
    assert written.isprintable()
    assert tomllib.loads(f"x = {written}\n{toml_key(text)} = 1" if text != "x" else f"x = {written}")["x"] == text


@pytest.mark.parametrize("value", [True, 5, 1.5, "a", [], [1, "b"], {}, {"a b": {"c": [True]}}])
def test_other_values_stay_what_they_are(value: Any) -> None:
    """Tables are written inline, and a list in brackets."""
    assert tomllib.loads(f"x = {toml_value(value)}") == {"x": value}


def test_each_decision_has_its_reason() -> None:
    """What is mapped, what may be, and what is not stand there, each with why."""
    names = ["Case ID", "Status", "Due", "Last Updated", "Region"]
    rows: list[list[Cell]] = [["ci-1", "Open", "03/04/2026", "2026-01-01", "EMEA"], ["ci-1", "Open", "", "", ""]]
    proposal = proposal_of(names, rows, None)
    text = job_text(proposal, ["made by a test"], TABLES)
    assert [each.state for each in proposal.placings] == [
        *(State.KEY, State.MAPPED, State.SUGGESTED, State.LEFT, State.CUSTOM),
    ]
    assert re.search(r'^status = "Status" +# 1 name, to be looked up in lookups\.status$', text, re.MULTILINE)
    assert '# dueDate = { column = "Due", format = "%d/%m/%Y" }\n# dueDate = { column = "Due", format = "%m/%d' in text
    assert '# "Last Updated": updatedAt, which the server sets' in text
    assert re.search(r'^# Region = "Region" +# texts$', text, re.MULTILINE)
    assert re.search(r'^# timezone = "Europe/Berlin" ', text, re.MULTILINE)
    assert re.search(r'^# duplicates = "last" +# 1 row repeats a case', text, re.MULTILINE)
    assert re.search(r'^status = "live" ', text, re.MULTILINE)
