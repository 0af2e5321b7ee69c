"""What is told of cases and runs with nothing private in it."""

from typing import Any

import orjson
import pytest
from support.custom_fields import item

from bulkcase.fields.parts import parts, shown
from bulkcase.fields.private import MASK, WITHHELD, Private
from bulkcase.fields.proof import prove
from bulkcase.fields.told import told
from bulkcase.model import Edit, Rejection
from bulkcase.planning.compare import compare
from bulkcase.planning.restore import restored

HEADER = ("Id", "A", "B")
SECRET = "bob.private@example.com"


@pytest.mark.parametrize(
    ("field", "hidden", "others"),
    [
        ("lname", ["lname"], ["name", "lnames", "fields", "custom.lname"]),
        ("userInfo", ["userInfo", "userInfo.emailId"], ["user", "userInfos"]),
        ("userInfo.emailId", ["userInfo", "userInfo.emailId", "userInfo.emailId.x"], ["userInfo.name"]),
        ("custom.Region", ["fields", "custom.Region", "custom.reg_1", "fields.Region"], ["desc", "Region"]),
        ("fields", ["fields", "custom.Region", "fields.Title"], ["name"]),
        ("desc", ["desc", "fields", "fields.Description"], ["custom.Region", "name"]),
        ("dueDate", ["dueDate", "ETA", "fields.Due date"], ["createdAt"]),
    ],
)
def test_a_field_is_hidden_under_every_name_that_it_goes_by(field: str, hidden: list[str], others: list[str]) -> None:
    """As a whole, by its parts, and as the system item that shows it once more."""
    private = Private([field])
    assert [name for name in hidden if not private.hides(name)] == []
    assert [name for name in others if private.hides(name)] == []


@pytest.mark.parametrize(
    ("private", "before", "after"),
    [
        ("desc", {"desc": "old"}, {"desc": SECRET}),
        ("desc", {"fields": []}, {"fields": [item("Description", SECRET, kind="system")]}),
        ("name", {"fields": [item("Title", SECRET, kind="system")]}, {"fields": []}),
        ("desc", {}, {"fields": [item("Description", SECRET, kind="system")]}),
        ("custom.Email", {"fields": [item("E-Mail", "x")]}, {"fields": [item("E-Mail", SECRET)]}),
        ("userInfo.emailId", {"userInfo": {"emailId": "x"}}, {"userInfo": {"emailId": SECRET}}),
        ("userInfo.emailId", {}, {"userInfo": {"emailId": SECRET}}),
        ("userInfo", {"userInfo": {"emailId": "x"}}, {"userInfo": {"emailId": SECRET, "a": 1}}),
    ],
)
def test_no_change_shows_what_is_private(private: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """As its parts are told to people, and as the whole fields go into the history of a case."""
    mask = Private([private])
    for name, old, new in parts(after, before or None):
        assert SECRET not in mask.value(name, shown(old, name)) + mask.value(name, shown(new, name))
    assert SECRET not in orjson.dumps([mask.values(after), mask.values(before)]).decode()


def test_that_nothing_is_there_may_be_known() -> None:
    """A field that is emptied shows so; zero and false are values."""
    private = Private(["desc", "isActive"])
    assert private.value("desc", "") == ""
    assert private.values({"desc": None, "isActive": False, "name": "x"}) == {
        "desc": None,
        "isActive": MASK,
        "name": "x",
    }


CUSTOM = {"fields": [item("Email", SECRET), item("Description", SECRET, kind="system")]}
CASES = [
    ("desc", {"desc": SECRET}, {"desc": "x"}),
    ("userInfo.emailId", {"userInfo": {"emailId": SECRET}}, {"userInfo": {"emailId": "x"}}),
    ("custom.Email", {"fields": CUSTOM["fields"][:1]}, {"fields": [item("Email", "x")]}),
    ("desc", {"fields": CUSTOM["fields"][1:]}, {"fields": [item("Description", "x", kind="system")]}),
    ("dueDate", {"ETA": "1999-12-31T08:15:00Z"}, {"ETA": "2000-12-31T08:15:00Z"}),
    ("participants", {"participants": [{"name": SECRET}]}, {"participants": [{"name": "x"}]}),
]


@pytest.mark.parametrize(("private", "one", "other"), CASES)
def test_what_is_said_of_a_case_is_withheld(private: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    """What it shows otherwise than it was sent, and what undo left alone in it."""
    mask = Private([private])
    (field,) = one
    sentences = [*told(field, one[field], other[field]), prove(one, other, is_whole=True).message]
    image = {"was": other[field], "left": one[field]}
    sentences += [fault.reason for fault in restored(field, {field: None}, image).kept]
    for sentence in sentences:
        assert mask.message("mismatch", sentence) == WITHHELD
        assert mask.reason(f"the canary of 5 rows stopped the run: row 2 (ci-1): {sentence}") == (
            f"the canary of 5 rows stopped the run: {WITHHELD}"
        )


def test_what_a_comparison_says_of_a_private_field_is_withheld() -> None:
    """A custom field may have other names than the job knows, and a list of choices that tells much."""
    live = {"fields": [item("Email", "", type="dropdown", values=["Bob", "Ann"])]}
    found = compare({}, {"custom.Email": Edit("custom", "Boob")}, live, {})
    assert isinstance(found, Rejection)
    assert "Bob" in found.message
    assert Private(["custom.e_mail"]).message(found.code, found.message, HEADER, ("ci-1", "Boob")) == WITHHELD


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "interrupted by SIGINT",
        "21 % of the last 200 rows failed: safety.max_failures is 20 %",
        "/data/desc/ledger.sqlite3: database is locked: another program held it",
        "/srv/desc/reports: No space left on device: free the disk",
        "the server throttled every call for 600 s (HTTP 429): see desc",
        "the canary of 3 rows stopped the run: row 2 (ci-1): its case cannot be found any more",
        "the canary of 3 rows stopped the run: its case is gone; my desc/canary.json has these cases as they were",
    ],
)
def test_why_a_run_ended_stays_where_it_says_nothing_private_of_a_case(reason: str) -> None:
    """Whoever looks at the morning after has to know, whatever the folders are called."""
    assert Private(["desc"], ["A"]).reason(reason) == reason


@pytest.mark.parametrize(
    ("reason", "left"),
    [
        (
            f"the canary of 3 rows stopped the run: row 2 (ci-1): desc: sent {SECRET}; x/canary.json has these cases",
            f"the canary of 3 rows stopped the run: {WITHHELD}; x/canary.json has these cases",
        ),
        (
            f"the server refuses these credentials (HTTP 401: desc (is) {SECRET}): check the scope (ticked), account",
            f"the server refuses these credentials ({WITHHELD}): check the scope (ticked), account",
        ),
        (
            f"the server fails: 3 tries in 5 s (HTTP 500: desc: {SECRET}): check the server, or ask who runs it",
            f"the server fails: 3 tries in 5 s ({WITHHELD}): check the server, or ask who runs it",
        ),
        (f"the server does not show them (desc: {SECRET})", f"the server does not show them ({WITHHELD})"),
        (f"live cases cannot be read: desc: {SECRET}", f"live cases cannot be read: {WITHHELD}"),
    ],
)
def test_words_about_cases_are_withheld_and_what_is_around_them_stays(reason: str, left: str) -> None:
    """What stopped the run and what to do about it are no words of a case."""
    private = Private(["desc"], ["A"])
    assert private.reason(reason) == left
    assert private.message("stopped", reason) == left


@pytest.mark.parametrize("words", [SECRET, "two\nlines", "x): please report it"])
def test_the_words_of_a_fault_are_withheld(words: str) -> None:
    """They may be anything, a cell that could not be read among them."""
    said = f"a fault of bulkcase (ValueError: {words}): please report it"
    assert Private(["desc"]).reason(said) == f"a fault of bulkcase (ValueError: {WITHHELD}): please report it"
    assert Private().reason(said) == said


def test_a_job_without_private_fields_shows_everything() -> None:
    """Nothing is masked that nobody asked for."""
    private, cells = Private(), ("ci-1", SECRET, "", "more")
    assert not private
    assert private.message("http_400", f"desc: {SECRET}", HEADER, cells) == f"desc: {SECRET}"
    assert private.cells(HEADER, cells) == cells
    assert private.header(HEADER) == list(HEADER)
    assert not private.hides("desc")
