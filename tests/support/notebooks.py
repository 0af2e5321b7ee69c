"""The notebook of the documentation: run by a kernel of its own, with outputs that do not differ from run to run.

`PYTHONPATH=tests python -m support.notebooks` makes its outputs anew, after its cells or what they show have changed.
"""

import asyncio
import re
import tempfile
from pathlib import Path
from typing import Any, Final

import nbformat
from nbclient import NotebookClient

FILE: Final = Path(__file__).parents[2] / "docs" / "notebook.ipynb"
_METADATA: Final = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_RUN_ID: Final = re.compile(r"\b\d{8}-\d{6}-([a-z-]+)-[0-9a-f]{4}\b")
_DIFFERENT: Final = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "2026-11-23T20:15:00.000Z"),
    (re.compile(r"(\d) in [\d.]+ s\b"), r"\1 in 1 s"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:8080"),
)
"""What is another one each time, and what stands there instead."""

Notebook = Any
"""As nbformat has it."""


def read(file: Path = FILE) -> Notebook:
    """Return the notebook as it is committed."""
    return nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]  # it is not typed


async def executed(notebook: Notebook, folder: Path) -> Notebook:
    """Run every cell, in a folder; return the notebook with what they show. Raises CellExecutionError."""
    for cell in notebook.cells:
        cell.pop("outputs", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=60, kernel_name="python3", resources=resources, record_timing=False)
    await client.async_execute()
    return settled(notebook)


def settled(notebook: Notebook) -> Notebook:
    """Return a notebook without what differs from run to run: ids of runs, moments, spans of time, ports."""
    ids: dict[str, str] = {}

    def same(text: str) -> str:
        for found in _RUN_ID.finditer(text):
            ids.setdefault(found[0], f"20261123-2015{len(ids):02d}-{found[1]}-{len(ids):04x}")
        text = _RUN_ID.sub(lambda found: ids[found[0]], text)
        for pattern, instead in _DIFFERENT:
            text = pattern.sub(instead, text)
        return text

    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number}", {}
        for output in cell.get("outputs", ()):
            output.update({name: same(text) for name, text in output.items() if isinstance(text, str)})
            if "data" in output:
                output.data = {kind: same(text) for kind, text in output.data.items()}
    notebook.metadata = dict(_METADATA)
    return notebook


def write(notebook: Notebook, file: Path = FILE) -> None:
    """Write a notebook as it is committed."""
    text: str = nbformat.writes(nbformat.from_dict(notebook))  # type: ignore[no-untyped-call]  # as above
    file.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        write(asyncio.run(executed(read(), Path(made))))
