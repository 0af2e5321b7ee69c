"""Pipes and devices as inputs."""

import os
from pathlib import Path
from threading import Thread

import pytest

from bulkcase.errors import EnvironmentFailed, InputError
from bulkcase.input import Source, open_table, pipes
from bulkcase.model import Row


@pytest.fixture
def pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pipes, "PATIENCE", 0.05)
    os.mkfifo(tmp_path / "cases.csv")
    return tmp_path / "cases.csv"


def test_a_pipe_that_nobody_writes_into_is_refused(pipe: Path) -> None:
    """A command that waits for ever tells nobody why."""
    with pytest.raises(InputError, match="nobody wrote into this pipe"):
        open_table(Source(pipe))


def test_a_writer_that_takes_its_time_is_waited_for(pipe: Path, spool: Path) -> None:
    """Whoever has opened the pipe will write into it, however long that takes."""
    opened = os.open(pipe, os.O_RDWR)
    stream = pipes.open_pipe(pipe)

    def write() -> None:
        os.write(opened, b"Case ID\nci-1\n")
        os.close(opened)

    writer = Thread(target=write)
    writer.start()
    with stream:
        assert stream.read() == b"Case ID\nci-1\n"
    writer.join()


def test_a_pipe_is_read_to_its_end(pipe: Path, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written before anybody read it is all there."""
    monkeypatch.setattr(pipes, "PATIENCE", 10)
    writer = Thread(target=lambda: pipe.write_bytes(b"Case ID\nci-1\n"))
    writer.start()
    with open_table(Source(pipe)) as table:
        assert list(table.rows()) == [Row(2, ("ci-1",))]
    writer.join()


def test_a_stream_that_does_not_fit_on_the_disk_is_told_as_that(
    pipe: Path, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is no fault of the file, and what was copied of it is deleted."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    opened = os.open(pipe, os.O_RDWR)
    os.write(opened, b"Case ID\n")
    monkeypatch.setattr("bulkcase.input.content.shutil.copyfileobj", full)
    with pytest.raises(EnvironmentFailed, match=r"cannot be copied .*No space left"):
        open_table(Source(pipe))
    os.close(opened)
    assert list(spool.iterdir()) == []
