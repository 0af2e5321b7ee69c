"""The notebook of the documentation, run in a kernel as a reader would run it."""

import copy
from pathlib import Path
from typing import Any

import pytest
from support.notebooks import FILE, executed, read, settled

# What talks to the kernel may do what will not be allowed one day: that is not ours to mend.
pytestmark = [pytest.mark.asyncio, pytest.mark.filterwarnings("default")]


@pytest.fixture(autouse=True)
def jupyter(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the kernel keep its files among those of this test; what it runs is the package under test."""
    for variable in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(home / "jupyter"))


def shown(notebook: Any) -> list[tuple[str, str]]:
    """Return what the cells show as text, and what bulkcase itself shows as a table."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            html = data.get("text/html", "")
            text = output.get("text", "") or data.get("text/plain", "")
            found.append((text, html if "<caption>" in html else ""))
    return found


async def test_the_notebook_runs_and_shows_what_is_committed(tmp_path: Path) -> None:
    """Every cell works, one after the other, and shows but for ids, times and ports what a reader sees in it."""
    committed = read()
    made = await executed(copy.deepcopy(committed), tmp_path)
    assert len(shown(made)) > 10
    assert shown(made) == shown(committed)


async def test_what_is_committed_has_nothing_of_a_machine() -> None:
    """No place of this machine, no moment and no id that a run would write otherwise stands in the file."""
    text = FILE.read_text(encoding="utf-8")
    assert [place for place in ("/tmp/", "/home/", "/root/", "site-packages") if place in text] == []
    assert settled(read()) == read()
