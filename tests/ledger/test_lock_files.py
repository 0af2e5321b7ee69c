import errno
import fcntl
import json
import os
import re
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from support.commands import ME, NAME, OTHER, lock, refusal
from support.ledgers import NOW

from bulkcase.errors import EnvironmentFailed
from bulkcase.ledger.locks import UNTOLD, Holder, _holder_file, holder_of


def drop(file: Path) -> None:
    file.unlink()


def put(text: str, file: Path) -> None:
    file.write_text(text, encoding="utf-8")


def bar(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    "spoil",
    [
        drop,
        bar,
        partial(put, ""),
        partial(put, '{"pid": 4711'),
        partial(put, "[]"),
        partial(put, '{"pid": 1, "user": "x", "host": "y", "command": "run", "since": 1e300}'),
        partial(put, '{"pid": "?", "user": "x", "host": "y", "command": "run", "since": 1}'),
    ],
)
def test_a_holder_that_cannot_be_read_still_holds(folder: Path, spoil: Callable[[Path], None]) -> None:
    """Where the file that tells who it is has gone or is broken, the refusal says so, and is one all the same."""
    with lock(folder):
        file = _holder_file(folder, NAME)
        spoil(file)
        assert refusal(folder) == (
            f"another command makes calls to {NAME}: who that is cannot be read from {file}: "
            "wait until it is done, or stop it there"
        )
        assert holder_of(folder, NAME) is UNTOLD
    assert "did not say" in str(UNTOLD)


def test_what_a_holder_says_is_one_plain_line(folder: Path) -> None:
    """A name with line breaks, terminal codes or bytes that are no text breaks neither the message nor the file."""
    odd = Holder(1, "a\tb", "h", "run \x1b[2Ja\nb\udcff Zürich.toml", NOW)
    with lock(folder, holder=odd):
        assert "bulkcase run ?[2Ja?b? Zürich.toml (process 1 of a?b@h" in refusal(folder)


def test_what_a_newer_version_adds_is_passed_over(folder: Path) -> None:
    """A holder file with more in it is read for what is known of it."""
    with lock(folder):
        file = _holder_file(folder, NAME)
        file.write_text(json.dumps(json.loads(file.read_text()) | {"mood": "fine"}))
        assert holder_of(folder, NAME) == ME


def test_lock_files_are_their_owners_only(folder: Path) -> None:
    """Nobody else can look into the folders that had to be made, or into what is in them."""
    umask = os.umask(0)
    try:
        with lock(folder) as held:
            held.tells("a-run")
            modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    finally:
        os.umask(umask)
    assert modes == {".lock": 0o600, ".json": 0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, *list(folder.parents)[:2])} == {0o700}


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "Zürich/ä b", "x" * 500, "", "A/b", "a/B", "a-b"])
def test_every_name_has_a_file_of_its_own(folder: Path, name: str) -> None:
    """A file is called so that a person knows the target, no name leaves the folder, and none is another one's."""
    twins = {name, name + "/", name.swapcase(), name.lower(), f" {name}"}
    with lock(folder, *twins):
        files = [path.name for path in folder.glob("*.lock")]
    assert len({file.lower() for file in files}) == len(twins)
    assert all(re.fullmatch(r"[A-Za-z0-9-]{12,73}\.lock", file) for file in files)
    assert not [path for path in folder.parent.iterdir() if path != folder]


def test_a_file_is_called_after_its_target(folder: Path) -> None:
    """Who looks into the folder can read which target each file is about."""
    with lock(folder):
        assert {path.name[:27] for path in folder.iterdir()} == {"kore-example-com-6639-st-1-"}


def failing(number: int) -> Callable[[int, int], None]:
    def flock(file: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    return flock


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Where there are no locks there is no weaker kind of lock in their place, but a message that says where to go."""
    monkeypatch.setattr(fcntl, "flock", failing(number))
    with pytest.raises(
        EnvironmentFailed, match=r"has no locks \(.+\): set XDG_STATE_HOME or HOME to a folder"
    ) as raised:
        lock(folder).__enter__()
    assert raised.value.exit_code == 6


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_folder_that_cannot_be_is_said(folder: Path, depth: int) -> None:
    """Where a file is in the way, the message names the folder and what to set."""
    blocker = [folder, *folder.parents][depth]
    blocker.parent.mkdir(parents=True, exist_ok=True)
    blocker.write_text("")
    with pytest.raises(EnvironmentFailed, match=rf"{blocker} is a file: set XDG_STATE_HOME or HOME") as raised:
        lock(folder).__enter__()
    assert str(raised.value).startswith(f"{folder}, where locks")
    assert raised.value.exit_code == 6


def test_a_folder_that_cannot_be_written_is_said(tmpfs: Path, read_only: Callable[[], None]) -> None:
    """On a disk that is read-only, the message says what to set."""
    with lock(tmpfs):
        pass
    read_only()
    for folder in (tmpfs, tmpfs / "locks"):
        with pytest.raises(
            EnvironmentFailed, match="Read-only file system: set XDG_STATE_HOME or HOME to a folder that"
        ):
            lock(folder).__enter__()


def test_a_full_disk_leaves_no_lock(tmpfs: Path, fill: Callable[[], None]) -> None:
    """Where there is no room to tell who holds a lock, it is not held; one that was stays so, without the run's id."""
    with lock(tmpfs) as held:
        fill()
        held.tells("a-run")
        assert holder_of(tmpfs, NAME) == ME
        with pytest.raises(EnvironmentFailed, match="No space left on device: set XDG_STATE_HOME"):
            lock(tmpfs, OTHER).__enter__()
        assert holder_of(tmpfs, OTHER) is None
