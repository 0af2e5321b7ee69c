"""Each way in which a server does something else than was asked is told from the others, in the report."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from support.jobs import read_results, write_cases
from support.live import live

from bulkcase.operations.run import run
from bulkcase.sandbox import Fault

pytestmark = pytest.mark.asyncio

SENT: Final = "Please call back "
"""With a space behind it, which a tidy server takes away."""


class Told(NamedTuple):
    """What the report says of the one row, and what the calls were."""

    outcome: str
    verified: str
    code: str
    error: str
    pages: int
    """Pages that were read after the plan."""
    updates: int = 1


OLD: Final = "The device stopped working after seven months."
KEPT_OLD: Final = f'desc: sent "{SENT}", shows "{OLD}"'
CUT: Final = f'desc: sent "{SENT}", shows "Please cal"'
SPACES: Final = "desc: outer spaces"
UNSHOWN: Final = "not shown: desc"
NOT_COMPARED: Final = Told("updated", "", "", "", 0)
EQUAL: Final = Told("updated", "equal", "", "", 0)
READ_EQUAL: Final = Told("updated", "equal", "", "", 1)
SETTLED: Final = Told("updated", "equal", "settled", "", 1)
SENT_TWICE: Final = Told("updated", "equal", "", "", 0, 2)

HOWS: Final = {
    "answers": ("never", "response"),
    "response": ("always", "response"),
    "live": ("always", "live"),
    "none": ("always", "none"),
}
"""What is read of the live cases, and what safety.verify is."""

SERVERS: Final[Mapping[str, tuple[Mapping[str, object], Mapping[str, Told]]]] = {
    "does what is asked": (
        {},
        {"answers": EQUAL, "response": EQUAL, "live": READ_EQUAL, "none": NOT_COMPARED},
    ),
    "ignores the field": (
        {"ignores": frozenset({"desc"})},
        {
            "answers": Told("mismatch", "different", "mismatch", KEPT_OLD, 0),
            "response": Told("mismatch", "different", "mismatch", KEPT_OLD, 0),
            "live": Told("mismatch", "different", "not_applied", KEPT_OLD, 1),
            "none": NOT_COMPARED,
        },
    ),
    "pretends to store it": (
        {"pretends": frozenset({"desc"})},
        {
            "answers": EQUAL,
            "response": EQUAL,
            # A list may lag behind an answer that says that all is well: it is read again after 1 s, 4 s and 15 s.
            "live": Told("mismatch", "different", "not_applied", KEPT_OLD, 4),
            "none": NOT_COMPARED,
        },
    ),
    "normalises it": (
        {"normalises": True},
        {
            "answers": Told("updated", "normalised", "normalised", SPACES, 0),
            "response": Told("updated", "normalised", "normalised", SPACES, 0),
            "live": Told("updated", "normalised", "normalised", SPACES, 1),
            "none": NOT_COMPARED,
        },
    ),
    "trims its answers": (
        {"trims_answers": True},
        {
            "answers": Told("updated", "not_shown", "not_shown", UNSHOWN, 0),
            "response": Told("updated", "not_shown", "not_shown", UNSHOWN, 0),
            "live": READ_EQUAL,
            "none": NOT_COMPARED,
        },
    ),
    "trims its answers and ignores the field": (
        {"trims_answers": True, "ignores": frozenset({"desc"})},
        {
            "answers": Told("updated", "not_shown", "not_shown", UNSHOWN, 0),
            "response": Told("updated", "not_shown", "not_shown", UNSHOWN, 0),
            "live": Told("mismatch", "different", "not_applied", KEPT_OLD, 4),
            "none": NOT_COMPARED,
        },
    ),
    "cuts values": (
        {"reshapes": frozenset({"desc"})},
        {
            "answers": Told("mismatch", "different", "mismatch", CUT, 0),
            "response": Told("mismatch", "different", "mismatch", CUT, 0),
            "live": Told("mismatch", "different", "mismatch", CUT, 1),
            "none": NOT_COMPARED,
        },
    ),
    "replaces the case": (
        # What was sent stands there, and more is not asked: that the rest is gone is found by the canary.
        {"replaces": True},
        {"answers": EQUAL, "response": EQUAL, "live": READ_EQUAL, "none": NOT_COMPARED},
    ),
    "loses the answer": (
        {"script": [Fault.DROP_AFTER]},
        {
            "answers": SENT_TWICE,
            "response": SETTLED,
            "live": Told("updated", "equal", "settled", "", 2),
            "none": SETTLED,
        },
    ),
    "loses the answer and ignores the field": (
        {"script": [Fault.DROP_AFTER], "ignores": frozenset({"desc"})},
        {
            "answers": Told("mismatch", "different", "mismatch", KEPT_OLD, 0, 2),
            "response": Told("mismatch", "different", "mismatch", KEPT_OLD, 1, 2),
            "live": Told("mismatch", "different", "not_applied", KEPT_OLD, 2, 2),
            "none": Told("updated", "", "", "", 1, 2),
        },
    ),
}


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("server", SERVERS)
async def test_each_server_is_told_from_the_others(tmp_path: Path, server: str, how: str) -> None:
    """By results.csv and summary.json; the exit code says whether all is well as far as anybody looked."""
    settings, told = SERVERS[server]
    read, verify = HOWS[how]
    expected = told[how]
    async with live(tmp_path, 50, is_hasty=True, **settings) as scene:
        key = next(iter(scene.server.cases))
        scene.server.change(key, desc=OLD)
        write_cases(tmp_path, [(key, SENT)])
        job = scene.job(snapshot=f'read = "{read}"', more=f'[safety]\nverify = "{verify}"')
        ended = await run(job, runtime=scene.runtime)
        (line,) = read_results(ended.folder)
        spent = scene.spent()
        planned = 1 if read == "always" else 0
        assert expected == Told(
            line["bulkcase_outcome"],
            line["bulkcase_verified"],
            line["bulkcase_error_code"],
            line["bulkcase_error"],
            spent["getCases"] - planned,
            spent["updateCase"],
        )
        summary = json.loads((ended.folder / "summary.json").read_text(encoding="utf-8"))
        assert summary["verified"] == ({expected.verified: 1} if expected.verified else {})
        assert ended.exit_code == (1 if expected.outcome == "mismatch" else 0)
        failed = read_results(ended.folder, "failed.csv")
        assert [row["bulkcase_error_code"] for row in failed] == ([expected.code] if ended.exit_code else [])


@pytest.mark.parametrize("canary", [5, 1])
async def test_a_server_that_replaces_the_case_is_told_by_the_canary(tmp_path: Path, canary: int) -> None:
    """What was sent stands there, and still the row is a mismatch, as fields that were not sent are gone."""
    async with live(tmp_path, 50, is_hasty=True, replaces=True) as scene:
        scene.rows(1)
        ended = await run(scene.job(more=f"[safety]\ncanary = {canary}"), runtime=scene.runtime)
        line = read_results(ended.folder)[0]
        assert (line["bulkcase_outcome"], line["bulkcase_verified"]) == ("mismatch", "equal")
        assert line["bulkcase_error_code"] == "changed_aside"
        assert ended.exit_code == 3
        assert "changed without being sent" in line["bulkcase_error"]
        assert "status (gone)" in line["bulkcase_error"]
        assert scene.spent()["updateCase"] == 1


HEADER: Final = ("Case ID", "Notes", "Title", "Language", "Tags")


async def test_all_of_them_are_told_apart_in_one_report(tmp_path: Path) -> None:
    """One server that does another thing with each field, and a row for each."""
    settings: dict[str, object] = {
        "ignores": frozenset({"desc"}),
        "pretends": frozenset({"name"}),
        "reshapes": frozenset({"language"}),
        "normalises": True,
    }
    async with live(tmp_path, 50, is_hasty=True, **settings) as scene:
        keys = list(scene.server.cases)
        rows = [
            (keys[0], "something new", "", "", ""),
            (keys[1], "", "Another title", "", ""),
            (keys[2], "", "", "a language with a long name", ""),
            (keys[3], "", "", "", "VIP;Refund;vip"),
            (keys[4], "", "", "", "alpha"),
        ]
        write_cases(tmp_path, rows, header=HEADER)
        mapping = 'desc = "Notes"\nname = "Title"\nlanguage = "Language"\ntags = { column = "Tags", split = ";" }'
        job = scene.job(mapping=mapping, snapshot='read = "always"', more='[safety]\nverify = "live"')
        ended = await run(job, runtime=scene.runtime)
        lines = read_results(ended.folder)
        found = [(line["bulkcase_outcome"], line["bulkcase_verified"], line["bulkcase_error_code"]) for line in lines]
        assert found == [
            ("mismatch", "different", "not_applied"),
            ("mismatch", "different", "not_applied"),
            ("mismatch", "different", "mismatch"),
            ("updated", "normalised", "normalised"),
            ("updated", "equal", ""),
        ]
        assert lines[1]["bulkcase_error"].startswith('name: sent "Another title", shows "')
        assert lines[2]["bulkcase_error"].endswith('shows "a language"')
        assert lines[3]["bulkcase_error"] == "tags: letter case, order, repeats dropped"
        summary = json.loads((ended.folder / "summary.json").read_text(encoding="utf-8"))
        assert summary["verified"] == {"different": 3, "normalised": 1, "equal": 1}
        assert summary["calls"] == {"getCases": 5, "updateCase": 5}
        assert {(cause["code"], cause["count"]) for cause in summary["errors"]} == {("not_applied", 2), ("mismatch", 1)}
