"""The real program over every hostile file: rows or one clear line, in bounded time and memory."""

from pathlib import Path

import pytest
from support.hostile import Hostile, named
from support.hostile_archives import ARCHIVES
from support.hostile_documents import DOCUMENTS
from support.hostile_run import run
from support.hostile_texts import TEXTS
from support.hostile_workbooks import WORKBOOKS
from support.jobs import write_job
from support.program import bulkcase

FILES = named([*TEXTS, *ARCHIVES, *WORKBOOKS, *DOCUMENTS])
MOST_LINES = 12
"""Of a refusal or a check: eight problems of a header, and what stands around them."""
MOST_MEMORY = 192 << 20
"""Bytes that the program holds at the most over any of these files; some 55 MiB are its own libraries."""
MOST_SECONDS = 90
"""Wall clock on a busy machine; the slowest takes 10 s alone."""


@pytest.mark.parametrize("name", FILES)
def test_each_hostile_file_ends_in_rows_or_a_clear_line(
    tmp_path: Path, name: str, request: pytest.FixtureRequest
) -> None:
    """The exit code is that of rows or of a refused file, the file is named, and memory and time are bounded."""
    file = FILES[name]
    if file.is_big and not request.config.getoption("--full", default=False):
        pytest.skip("takes long or much of the disk: pytest --full")
    path = tmp_path / name
    file.build(path)
    job = write_job(tmp_path, path=name, input_table=file.settings)
    ended = run(tmp_path, "check", str(job))
    _look_at(file, ended.code, ended.output)
    assert ended.peak < MOST_MEMORY, f"{ended.peak >> 20} MiB"
    assert ended.seconds < MOST_SECONDS
    if path.is_file() and not path.is_symlink():
        path.unlink()  # some are large, and pytest keeps what it made


def _look_at(file: Hostile, code: int, output: str) -> None:
    assert code == file.code, output
    assert file.says in output
    # What does not fit together is told by the job's name: the message is about both.
    assert file.name in output or "job.toml" in output
    assert "Traceback" not in output
    assert len(output.splitlines()) <= MOST_LINES
    assert all(line.isprintable() for line in output.splitlines()), ascii(output)


@pytest.mark.parametrize("name", ["open-quote.csv", "strings-bomb.xlsx", "bidi-key.csv"])
def test_the_program_as_it_is_installed_says_the_same(tmp_path: Path, name: str) -> None:
    """A process that was not forked from a prepared one ends over a hostile file in the same way."""
    file = FILES[name]
    file.build(tmp_path / name)
    ended = bulkcase("check", str(write_job(tmp_path, path=name)), folder=tmp_path)
    _look_at(file, ended.returncode, ended.stdout + ended.stderr)
