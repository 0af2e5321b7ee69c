"""Updates that a server takes and does not carry out as they were sent."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bulkcase.cli.main import exit_code_of
from bulkcase.cli.sandbox import _settings
from bulkcase.sandbox import PRIORITIES, STATUSES, Fault, Sandbox, SandboxSettings, generate_cases
from bulkcase.sandbox.quirks import KEPT, SAMPLED, shown, stored

NOW = 1_795_000_000.0
CASES = generate_cases(3, 1, NOW)
BEFORE = CASES[0]
CASE_ID = BEFORE["_id"]
UPDATE = f"updateCase/{CASE_ID}"
CHANGE = {"desc": "a change of the description", "Region": "Nowhere"}
DESC = frozenset({"desc"})
MOVED = {"updatedAt": "2026-11-18T11:06:40.000Z"}

Caller = Callable[..., Awaitable[Any]]


async def updated(call: Caller, settings: SandboxSettings, body: dict[str, Any]) -> tuple[Any, Any]:
    """Return the case in the answer to an update, and the one that getCases shows after it."""
    async with Sandbox(settings, CASES, clock=lambda: NOW) as server:
        answer = await call(server, UPDATE, body)
        page = await call(server, "getCases")
    assert answer.status == 200
    assert server.calls[0].applied
    assert page.json["results"][1:] == CASES[1:]
    return answer.json, page.json["results"][0]


QUIRKS: list[tuple[str, SandboxSettings, dict[str, Any], dict[str, Any]]] = [
    ("an ignored field stays", SandboxSettings(ignores=DESC), {"Region": "Nowhere"}, {}),
    (
        "a pretended field stays, but in the answer",
        SandboxSettings(pretends=DESC),
        {"Region": "Nowhere"},
        {"desc": CHANGE["desc"]},
    ),
    ("a reshaped field is cut", SandboxSettings(reshapes=DESC), CHANGE | {"desc": "a change o"}, {}),
    ("a side effect shows", SandboxSettings(touches={"source": "rule"}), CHANGE | {"source": "rule"}, {}),
    ("a side effect wins", SandboxSettings(touches={"desc": "by a rule"}), CHANGE | {"desc": "by a rule"}, {}),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("settings", "changed", "pretended"), [row[1:] for row in QUIRKS], ids=[row[0] for row in QUIRKS]
)
async def test_a_field_can_fare_otherwise_than_it_was_sent(
    call: Caller, settings: SandboxSettings, changed: dict[str, Any], pretended: dict[str, Any]
) -> None:
    """Each line of the table says what the same change makes of a case, and what only its answer shows."""
    answer, kept = await updated(call, settings, CHANGE)
    assert kept == BEFORE | changed | MOVED
    assert answer == kept | pretended


@pytest.mark.asyncio
async def test_a_server_can_tidy_what_it_is_sent(call: Caller) -> None:
    """Both the answer and the next page show the tidy form, of a text, the tags and the whole status."""
    body = {"desc": " one\r\ntwo ", "tags": ["VIP", "b", "vip"], "status": {"_id": STATUSES["Closed"]["_id"]}}
    answer, kept = await updated(call, SandboxSettings(normalises=True), body)
    tidy = {"desc": "one\ntwo", "tags": ["b", "vip"], "status": STATUSES["Closed"]}
    assert answer == kept == BEFORE | tidy | MOVED


@pytest.mark.asyncio
async def test_an_answer_can_be_trimmed(call: Caller) -> None:
    """Of the changed case the answer shows a few fixed keys, and getCases shows all of it."""
    answer, kept = await updated(call, SandboxSettings(trims_answers=True), {"desc": "new", "name": "New"})
    assert kept == BEFORE | {"desc": "new", "name": "New", "lname": "new"} | MOVED
    assert answer == {name: kept[name] for name in SAMPLED}
    assert len(SAMPLED) == 14


@pytest.mark.asyncio
async def test_an_update_can_replace_the_whole_case(call: Caller) -> None:
    """What was not sent is gone, but for what a server keeps, and the case that is left can still be found."""
    settings = SandboxSettings(replaces=True)
    async with Sandbox(settings, CASES, clock=lambda: NOW) as server:
        answer = await call(server, UPDATE, {"name": "New", "tags": []})
        found = await call(server, "getCases", {"searchText": "new", "sortBy": "status"})
    left = {name: BEFORE[name] for name in KEPT} | {"name": "New", "lname": "new", "tags": []} | MOVED
    assert answer.json == left
    assert found.json["results"] == [left]
    assert server.cases[CASE_ID] == left
    assert {"_id", "refId", "createdAt", "createdBy", "accountId", "iId", "caseTmp", "updatedAt"} == KEPT


@pytest.mark.asyncio
async def test_a_lost_answer_loses_the_quirk_of_the_answer_alone(call: Caller) -> None:
    """A half answer is half of what the quirk shows, and the change lands as the quirk stores it."""
    settings = SandboxSettings(ignores=DESC, trims_answers=True, case_scripts={CASE_ID: [Fault.GARBAGE, Fault.REFUSE]})
    async with Sandbox(settings, CASES, clock=lambda: NOW) as server:
        garbage = await call(server, UPDATE, CHANGE)
        landed = server.cases[CASE_ID]
        await call(server, UPDATE, CHANGE)
        assert server.cases[CASE_ID] is landed
        whole = await call(server, UPDATE, CHANGE)
    assert landed == BEFORE | {"Region": "Nowhere"} | MOVED
    assert len(garbage.raw) == len(whole.raw) // 2


@pytest.mark.asyncio
async def test_somebody_else_has_no_quirks(call: Caller) -> None:
    """A change that a test makes as somebody else is made as it says."""
    settings = SandboxSettings(ignores=DESC, reshapes=frozenset({"Region"}), replaces=True, touches={"source": "rule"})
    async with Sandbox(settings, CASES, clock=lambda: NOW) as server:
        server.change(CASE_ID, desc=" new ", Region="A long way away")
        answer = await call(server, "getCases")
    assert answer.json["results"][0] == BEFORE | {"desc": " new ", "Region": "A long way away"} | MOVED


@pytest.mark.asyncio
async def test_a_wrong_update_has_no_side_effect(call: Caller) -> None:
    """An update that is refused touches nothing, whatever becomes of the field that is wrong."""
    settings = SandboxSettings(ignores=DESC, replaces=True, touches={"source": "rule"})
    async with Sandbox(settings, CASES) as server:
        wrong = await call(server, UPDATE, {"desc": 1})
        unknown = await call(server, "updateCase/ci-none", CHANGE)
    assert (wrong.status, unknown.status) == (412, 404)
    assert list(server.cases.values()) == CASES


NORMAL: list[tuple[str, str, Any, Any]] = [
    ("outer white space goes, inner stays", "desc", "\t a  b\n", "a  b"),
    ("a line end is one character", "desc", "a\r\nb\rc", "a\nb\rc"),
    ("null clears", "tags", None, None),
    ("a number stays", "dueDate", 1_796_119_200_000, 1_796_119_200_000),
    ("a text in an object", "userInfo", {"name": " Ada "}, {"name": "Ada"}),
    ("a text in a list of objects", "fields", [{"selectedValue": " East"}], [{"selectedValue": "East"}]),
    ("tags are lower-cased, distinct and sorted", "tags", [" VIP", "b", "vip", "A"], ["a", "b", "vip"]),
    ("only tags are lower-cased", "channel", ["B", "a"], ["B", "a"]),
    ("an ETA with a zone", "ETA", "2026-12-01T10:00:00+02:00", "2026-12-01T08:00:00.000Z"),
    ("an ETA without a time", "ETA", "2026-12-01", "2026-12-01T00:00:00.000Z"),
    ("an ETA with too many digits", "ETA", "2026-12-01T10:00:00.123456Z", "2026-12-01T10:00:00.123Z"),
    ("an ETA that is none", "ETA", " soon", "soon"),
    ("an ETA before all time", "ETA", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
    ("a date elsewhere", "desc", "2026-12-01", "2026-12-01"),
    ("an address", "userInfo", {"emailId": " Ada@Example.COM"}, {"emailId": "ada@example.com"}),
    ("an address that is none", "userInfo", {"emailId": None}, {"emailId": None}),
    ("a known status", "status", {"_id": STATUSES["Open"]["_id"], "name": "x"}, STATUSES["Open"]),
    ("a known priority", "priority", PRIORITIES["Low"] | {"score": 9}, PRIORITIES["Low"]),
    ("an unknown status", "status", {"_id": "sts-9", "name": "x"}, {"_id": "sts-9", "name": "x"}),
    ("a status by name", "status", {"name": "Open"}, {"name": "Open"}),
    ("a status that is a priority", "status", {"_id": PRIORITIES["Low"]["_id"]}, {"_id": PRIORITIES["Low"]["_id"]}),
    ("an id that is none", "status", {"_id": []}, {"_id": []}),
]


@pytest.mark.parametrize(("name", "sent", "tidy"), [row[1:] for row in NORMAL], ids=[row[0] for row in NORMAL])
def test_what_is_stored_is_tidied(name: str, sent: Any, tidy: Any) -> None:
    """Each line of the table says what becomes of a value, which stays as it is where nothing is tidied."""
    assert stored(BEFORE, {name: sent}, SandboxSettings(normalises=True)) == {name: tidy}
    assert stored(BEFORE, {name: sent}, SandboxSettings()) == {name: sent}


TOGETHER: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("nothing", {}, {"desc": " x"}, {"desc": " x"}, {"desc": " x"}),
    ("an ignored field that was not there", {"ignores": frozenset({"Team"})}, {"Team": "A"}, {}, {}),
    (
        "an ignored field that was not sent",
        {"ignores": DESC},
        {"name": "New"},
        {"name": "New"},
        {"name": "New"},
    ),
    ("a pretended null", {"pretends": DESC}, {"desc": None}, {"desc": BEFORE["desc"]}, {"desc": None}),
    (
        "a pretended field is shown as it was sent",
        {
            "pretends": DESC,
            "ignores": DESC,
            "reshapes": DESC,
            "normalises": True,
        },
        {"desc": " something else"},
        {"desc": BEFORE["desc"]},
        {"desc": " something else"},
    ),
    (
        "a trimmed answer pretends no more",
        {"pretends": DESC, "trims_answers": True},
        {"desc": "new"},
        {},
        {},
    ),
    (
        "what is cut was tidied before",
        {"reshapes": DESC, "normalises": True},
        {"desc": "  0123456789ab"},
        {"desc": "0123456789"},
        {"desc": "0123456789"},
    ),
    (
        "only texts are cut",
        {"reshapes": frozenset({"tags"})},
        {"tags": ["x"] * 11},
        {"tags": ["x"] * 11},
        {"tags": ["x"] * 11},
    ),
    (
        "a side effect is not ignored",
        {"touches": {"desc": "r"}, "ignores": DESC},
        {},
        {"desc": "r"},
        {"desc": "r"},
    ),
]


@pytest.mark.parametrize(
    ("how", "body", "written", "seen"), [row[1:] for row in TOGETHER], ids=[row[0] for row in TOGETHER]
)
def test_quirks_go_together(
    how: dict[str, Any], body: dict[str, Any], written: dict[str, Any], seen: dict[str, Any]
) -> None:
    """Each line of the table says what is stored of a body beside the old case, and what the answer shows beside it."""
    settings = SandboxSettings(**how)
    case = BEFORE | stored(BEFORE, body, settings)
    assert case == BEFORE | written
    whole = BEFORE | seen
    trimmed = {name: whole[name] for name in SAMPLED}
    assert shown(case, body, settings) == (trimmed if settings.trims_answers else whole)


def test_an_ignored_field_outlives_its_case() -> None:
    """Where the whole case is replaced, an ignored field that was sent is there with its old value."""
    settings = SandboxSettings(replaces=True, ignores=frozenset({"desc", "tags"}))
    assert stored(BEFORE, {"desc": "new", "Region": "East"}, settings) == {"desc": BEFORE["desc"], "Region": "East"}


def test_the_command_line_describes_quirks() -> None:
    """Quirks can be repeated, and the fields of one add up."""
    quirks = ["ignores=desc", "pretends=desc, tags", "ignores=Cost Centre", "reshapes=name", "normalises"]
    settings = _settings(3, [], "0", [], [*quirks, "trims_answers", "replaces"], jti=False)
    assert settings == SandboxSettings(
        seed=3,
        windows=[],
        ignores=frozenset({"desc", "Cost Centre"}),
        pretends=frozenset({"desc", "tags"}),
        reshapes=frozenset({"name"}),
        normalises=True,
        trims_answers=True,
        replaces=True,
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("", "is not known: there are ignores=FIELD,..., pretends"),
        ("shouts", "is not known: there are ignores=FIELD,..., pretends"),
        ("touches=desc", "is not known: there are ignores=FIELD,..., pretends"),
        ("normalise", "is not known: did you mean normalises?"),
        ("ignores", "names no field: write ignores=FIELD,..."),
        ("ignores=", "names no field: write ignores=FIELD,..."),
        ("pretends=desc,,tags", "names no field: write pretends=FIELD,..."),
        ("replaces=", "takes no fields: write replaces"),
        ("replaces=desc", "takes no fields: write replaces"),
    ],
)
def test_a_wrong_quirk_is_told_what_is_wrong(wrong: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is unknown, or that has fields where it may not or none where it has to, is an error of usage."""
    assert exit_code_of(["sandbox", "--quirk", "normalises", "--quirk", wrong]) == 2
    assert f"--quirk {wrong}: {told}" in " ".join(capsys.readouterr().err.split())
