"""The page about the fault campaign tells what was found, and of every fault that there is."""

import json
import subprocess
import sys
from collections.abc import Sequence

import pytest
from support.campaign_table import (
    FOLDER,
    ONLY_FULL,
    PAGE,
    RESULTS,
    TABLE,
    TOP,
    WRITTEN,
    Found,
    chosen,
    takes_all,
    with_found,
)

from bulkcase.sandbox import Fault

A_PROOF = {
    "fault": "a fault",
    "how": "in some way",
    "outcomes": {"updated": 1234, "failed": 1},
    "full": True,
    **dict.fromkeys(("rows", "calls", "struck", "processes", "repeats", "lost"), 0),
}


@pytest.fixture
def found(request: pytest.FixtureRequest) -> Sequence[Found]:
    """What the documents say was found."""
    if request.config.getoption("--document"):
        pytest.skip(WRITTEN)
    loaded: Sequence[Found] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return loaded


def marks_of(items: Sequence[pytest.Item]) -> set[tuple[str, str, bool]]:
    """Return fault, how it is made, and whether it is only in the full form, of each test that is marked so."""
    marks = [mark for item in items for mark in item.iter_markers("fault") if mark.args]
    return {(mark.args[0], mark.args[1], mark.kwargs.get("full", False)) for mark in marks}


def what(proof: Found) -> tuple[str, str, bool]:
    """Return of a proof what the mark of its test says."""
    return proof["fault"], proof["how"], proof["full"]


def file_of(test: str) -> str:
    """Return the file of a test, relative to the project."""
    return test.partition("::")[0]


def test_the_page_has_the_table_and_the_list_of_what_was_found(found: Sequence[Found]) -> None:
    """What stands between the marks of docs/faults.md is what docs/faults.json says, to the letter."""
    page = PAGE.read_text(encoding="utf-8")
    assert with_found(page, found) == page


def test_nothing_was_lost(found: Sequence[Found]) -> None:
    """No fault of the campaign cost a row, and each one struck."""
    assert found
    assert [proof["fault"] for proof in found if proof["lost"] != 0] == []
    assert [proof["fault"] for proof in found if proof["struck"] == 0] == []


def test_each_fault_of_the_campaign_is_documented_and_no_other(
    found: Sequence[Found], request: pytest.FixtureRequest
) -> None:
    """Faults, how they are made and what is only in the full form are those of the tests, as far as these are here."""
    items = [item for item in request.session.items if item.path.is_relative_to(FOLDER)]
    assert marks_of(items) <= {what(proof) for proof in found}
    if not chosen(request.config):
        files = {file_of(item.nodeid) for item in items}
        is_whole = files == {file.relative_to(TOP).as_posix() for file in FOLDER.glob("test_*.py")}
        expected = [proof for proof in found if is_whole or file_of(proof["test"]) in files]
        assert {what(proof) for proof in expected} == marks_of(items)
        assert {proof["test"] for proof in expected} <= {item.nodeid for item in items}


def test_every_fault_of_the_sandbox_strikes_in_some_scene(found: Sequence[Found]) -> None:
    """The full campaign has met each member of `Fault`."""
    assert {fault for proof in found for fault in proof["hit"]} == set(Fault)


@pytest.mark.parametrize(
    ("arguments", "folder", "is_all"),
    [
        (["tests/campaign"], ".", True),
        (["."], "tests", True),
        (["tests/cli", "tests"], ".", True),
        ([str(FOLDER)], "tests/cli", True),
        (["tests/campaign/test_soak.py"], ".", False),
        (["tests/campaign/test_soak.py::test_a", "tests/cli"], ".", False),
        (["."], "tests/cli", False),
    ],
)
def test_only_the_whole_folder_is_the_whole_campaign(arguments: Sequence[str], folder: str, *, is_all: bool) -> None:
    """The arguments of pytest take all of the campaign, or only some of its files."""
    assert takes_all(arguments, TOP / folder) is is_all


@pytest.mark.parametrize("options", [["tests/campaign"], ["--full", "-k", "soak"], ["--full", "{file}"]], ids=str)
def test_the_table_is_not_written_by_half_a_campaign(options: Sequence[str]) -> None:
    """Without --full, with a choice of tests, or with one file, pytest refuses --document before it runs anything."""
    arguments = ["--document", *(option.format(file=FOLDER / "test_server_faults.py") for option in options)]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", "--collect-only", "-q", *arguments],
        cwd=TOP,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert ended.returncode == pytest.ExitCode.USAGE_ERROR, ended.stdout
    assert "--document takes the whole campaign in full" in ended.stderr


def test_a_page_gets_its_table_and_list_between_its_marks() -> None:
    """What stands around the marks stays, what stood between them goes, and a page without marks is refused."""
    page = "before\n{}\nold\n{}\nbetween\n{}\n{}\nafter\n".format(*ONLY_FULL, *TABLE)
    filled = with_found(page, [A_PROOF])
    assert "old" not in filled
    assert filled.startswith("before\n")
    assert "\n- a fault: in some way\n" in filled
    assert "| 1 failed, 1,234 updated | 0 |\n" in filled
    assert filled.endswith("\nafter\n")
    assert with_found(filled, [A_PROOF]) == filled
    with pytest.raises(ValueError, match="not found"):
        with_found("a page", [A_PROOF])
