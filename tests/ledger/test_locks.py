import asyncio
import fcntl
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from filelock import FileLock
from support.commands import ME, NAME, OTHER, command, here, holding, lock, refusal
from support.ledgers import NOW

from bulkcase.errors import Locked
from bulkcase.ledger.locks import TargetLock, _holder_file, _lock_file, holder_of


def test_a_second_command_is_told_who_the_first_one_is(folder: Path) -> None:
    """While a process holds a target, another one is refused and told the first one's command, process and time."""
    with holding(folder, NAME) as first:
        line = refusal(folder, NAME)
        assert re.fullmatch(
            rf"another command makes calls to {NAME}: bulkcase run close\.toml \(process {first.pid} of \S+@\S+, "
            r"since 2026-11-18 \d\d:\d\d UTC\): wait until it is done, or stop it there",
            line,
        )
        assert holder_of(folder, NAME) == here(first.pid)
        with command(folder, NAME) as second:
            second.go()
            assert second.says() == line
            first.go()
            assert first.says() == "released"
            second.go()
            assert second.says() == "held"


def test_a_killed_command_leaves_its_target_free(folder: Path) -> None:
    """After SIGKILL nobody holds the target, though the dead one's files lie there, and the next one gets it."""
    with holding(folder, NAME) as first:
        first.process.kill()
        first.process.wait()
    told = _holder_file(folder, NAME).read_bytes()
    assert json.loads(told)["pid"] == first.pid
    assert holder_of(folder, NAME) is None
    with lock(folder):
        assert holder_of(folder, NAME) == ME
    assert holder_of(folder, NAME) is None


def test_two_commands_with_two_targets_do_not_block_each_other(folder: Path) -> None:
    """Whatever the order in which they name their targets, of two processes one gets both and one is refused."""
    with command(folder, NAME, OTHER) as one, command(folder, OTHER, NAME) as two:
        for _ in range(30):
            one.go()
            two.go()
            said = {one: one.says(), two: two.says()}
            (winner,) = [process for process, text in said.items() if text == "held"]
            (text,) = [text for text in said.values() if text != "held"]
            assert text.startswith(f"another command makes calls to {NAME}: "), "both ask for this one first"
            winner.go()
            assert winner.says() == "released"


@pytest.mark.parametrize("held", [NAME, OTHER])
def test_a_refused_command_holds_nothing(folder: Path, held: str) -> None:
    """Where one of the targets is held, the others are free again, and no file tells that they were taken."""
    (free,) = {NAME, OTHER} - {held}
    with lock(folder, held):
        assert f"calls to {held}: " in refusal(folder, NAME, OTHER)
        assert holder_of(folder, free) is None
        assert not _holder_file(folder, free).exists()
        assert holder_of(folder, held) == ME
        with lock(folder, free):
            pass


def test_the_same_name_twice_is_one_lock(folder: Path) -> None:
    """A command does not stand in its own way."""
    with lock(folder, NAME, NAME):
        assert holder_of(folder, NAME) == ME


def test_one_process_is_refused_too(folder: Path) -> None:
    """Two runs of a target in one program are as bad as in two: in one thread, in two, or in one and the same lock."""
    held = lock(folder)
    with held:
        assert "process 4711" in refusal(folder)
        with ThreadPoolExecutor(1) as threads:
            assert "process 4711" in threads.submit(refusal, folder).result()
        with pytest.raises(Locked), held:
            pass
        assert holder_of(folder, NAME) == ME, "the refusals let go of nothing"
    with lock(folder):
        pass


@pytest.mark.asyncio
async def test_one_event_loop_is_refused_too(folder: Path) -> None:
    """Of two coroutines the second one is refused, and a lock taken in another thread can be given back here."""
    held = lock(folder)
    await asyncio.to_thread(held.__enter__)
    assert "process 4711" in await asyncio.create_task(asyncio.to_thread(refusal, folder))
    held.__exit__()
    with lock(folder):
        pass


def test_a_look_is_not_in_the_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that starts in the moment in which somebody looks who holds its target tries again, and gets it."""
    with lock(folder):
        pass
    look, refused = FileLock(_lock_file(folder, NAME)), Event()
    flock = fcntl.flock

    def watched(file: int, operation: int) -> None:
        try:
            flock(file, operation)
        except BlockingIOError:
            refused.set()
            look.release()
            raise

    look.acquire()
    monkeypatch.setattr(fcntl, "flock", watched)
    with TargetLock(folder, [NAME], ME):
        assert refused.is_set()


def test_two_looks_are_not_in_each_others_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks while another one does is not told that somebody holds the target."""
    with lock(folder):
        pass
    look = FileLock(_lock_file(folder, NAME))
    flock = fcntl.flock

    def watched(file: int, operation: int) -> None:
        try:
            flock(file, operation)
        except BlockingIOError:
            look.release()
            raise

    look.acquire()
    monkeypatch.setattr(fcntl, "flock", watched)
    assert holder_of(folder, NAME) is None


def test_a_look_leaves_nothing_behind(folder: Path) -> None:
    """Asking who holds a target that nobody ever held makes no file and no folder."""
    assert holder_of(folder, NAME) is None
    assert not folder.parent.parent.exists()
    with lock(folder, OTHER):
        before = sorted(folder.iterdir())
        assert holder_of(folder, NAME) is None
        assert sorted(folder.iterdir()) == before


def test_the_run_is_told_once_it_is_known(folder: Path) -> None:
    """From then on others read the id of the run, for each of the targets."""
    with lock(folder, NAME, OTHER) as held:
        assert ", run " not in refusal(folder)
        held.tells("20261123-201500-close-7f3a")
        for name in (NAME, OTHER):
            assert (
                f"{time.strftime('%H:%M %Z', time.localtime(NOW))}, run 20261123-201500-close-7f3a): wait"
                in refusal(folder, name)
            )
    assert not list(folder.glob("*.json"))
