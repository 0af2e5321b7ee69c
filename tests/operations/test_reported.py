"""What a run keeps of its job for its reports: which columns of the input stand for something private."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.nights import add_night, changed

from bulkcase.fields.private import MASK
from bulkcase.job import parse
from bulkcase.ledger import Ledger
from bulkcase.ledger.records import ReportRecord
from bulkcase.operations.deciding.reported import report_of
from bulkcase.operations.runs import history

JOB = """
[connection]
host = "sandbox"
[input]
path = "cases.csv"
key = "Id"
[mapping]
desc = "Notes"
dueDate = "Due"
status = "Status"
"userInfo.emailId" = "Email"
"userInfo.name" = {{ template = "{{First}} {{Last}}" }}
"custom.Region" = "Region"
"custom.region_2" = "Other"
[report]
private = {private}
"""


def columns(private: str) -> set[str]:
    return set(report_of(parse(JOB.format(private=f'["{private}"]'), Path("night.toml"))).private_columns)


@pytest.mark.parametrize(
    ("private", "masked"),
    [
        ("desc", {"Notes"}),
        ("dueDate", {"Due"}),
        ("ETA", {"Due"}),
        ("userInfo", {"Email", "First", "Last"}),
        ("userInfo.emailId", {"Email"}),
        ("lname", set()),
        *((name, {"Region", "Other"}) for name in ("fields", "fields.Region", "custom.Region", "custom.region_2")),
    ],
)
def test_the_columns_of_a_private_field_are_private_whatever_it_is_called(private: str, masked: set[str]) -> None:
    """A custom field may go by a display name and an internal one, in any case, and the due date has two names."""
    assert columns(private) == masked


def test_the_column_of_the_key_is_never_private() -> None:
    """It says which case a row is about, though a private field may be mapped from it, too."""
    text = JOB.replace('"Notes"', '"Id"').format(private='["desc"]')
    assert report_of(parse(text, Path("night.toml"))).private_columns == []


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger, in the state folder that is the test's own."""
    with Ledger(tmp_path / "ledger.sqlite3") as opened:
        yield opened


@pytest.mark.parametrize("night", [0, 1, 2])
def test_what_one_run_of_a_history_keeps_private_is_masked_in_all(ledger: Ledger, tmp_path: Path, night: int) -> None:
    """Whichever of its runs had the field among the private ones; the others may have other fields."""
    for nth in range(3):
        fields, names = (("desc",), ("Notes",)) if nth == night else (("lname",), ()) if nth == 1 else ((), ())
        report = ReportRecord(private_fields=fields, private_columns=names)
        add_night(ledger, [changed("ci-1", "Ann Example", "Bob Example")], nth=nth, report=report)
    events = history("ci-1", state=tmp_path)
    assert [(event.values, event.before) for event in events] == [({"desc": MASK}, {"desc": MASK})] * 3


def test_a_history_without_private_fields_shows_everything(ledger: Ledger, tmp_path: Path) -> None:
    """What a run about another case keeps private does not matter."""
    add_night(ledger, [changed("ci-1", "Ann Example", "Bob Example")])
    add_night(ledger, [changed("ci-2", "a", "b")], nth=1, report=ReportRecord(private_fields=("desc",)))
    (event,) = history("ci-1", state=tmp_path)
    assert (event.values, event.before) == ({"desc": "Bob Example"}, {"desc": "Ann Example"})
