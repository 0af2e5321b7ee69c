import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.ledgers import begin, new_run

from bulkcase.ledger import Ledger, RunRows


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    with Ledger(tmp_path / "state" / "ledger.sqlite3") as opened:
        yield opened


@pytest.fixture
def rows(ledger: Ledger) -> RunRows:
    """The rows of a new run that a session works on."""
    return begin(ledger, new_run(ledger))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the locks are; nobody has made it yet."""
    return tmp_path / "state" / "bulkcase" / "locks"


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of a megabyte, where this machine lets the tests have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def read_only(tmpfs: Path) -> Callable[[], None]:
    """Make the disk read-only, for root too."""
    return lambda: _mount("-o", "remount,ro", tmpfs)


@pytest.fixture
def fill(tmpfs: Path) -> Callable[[], None]:
    """Fill the disk to its last byte."""

    def write() -> None:
        with (tmpfs / "filler").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(512))

    return write


def _mount(*arguments: str | Path) -> None:
    if sys.platform != "linux":
        pytest.skip("disks are mounted on Linux only")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a disk cannot be mounted here: {done.stderr.strip()}")
