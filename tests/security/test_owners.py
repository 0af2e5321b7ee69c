"""Who else on the machine could read, change, or plant what matters."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.jobs import a_job, simple_rows, write_cases

from bulkcase.errors import CredentialsError, EnvironmentFailed, LedgerError
from bulkcase.job import owners
from bulkcase.job.secrets import resolve
from bulkcase.ledger import Ledger
from bulkcase.reporting import make_folder
from bulkcase.reporting.files import whole_file
from bulkcase.reporting.telling.metrics import write_attempt
from bulkcase.sync import run

SOMEBODY = 4_242


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Let every file be made for everybody, unless its maker says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def secret_in(folder: Path, mode: int) -> str:
    """Write a secret with a mode; return what refers to it."""
    (folder / "secret").write_text("not-a-real-secret")
    (folder / "secret").chmod(mode)
    return "file:secret"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o602])
def test_a_secret_that_others_can_get_at_is_refused_with_what_to_type(tmp_path: Path, mode: int) -> None:
    """As ssh refuses such a key: it is this user's own, and one command mends it."""
    with pytest.raises(CredentialsError, match=rf"its mode is {mode:04o}\): chmod 600 {tmp_path}/secret"):
        resolve(secret_in(tmp_path, mode), tmp_path)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_secret_of_its_owner_only_is_taken(tmp_path: Path, mode: int) -> None:
    """Whatever the owner may do with it."""
    assert resolve(secret_in(tmp_path, mode), tmp_path).get_secret_value() == "not-a-real-secret"


def test_a_secret_that_a_container_is_handed_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It belongs to root, may be read by all, and lies behind links; or its file system cannot be written."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret").write_text("not-a-real-secret")
    (tmp_path / "secret").symlink_to("data/secret")
    with pytest.raises(CredentialsError):
        resolve("file:secret", tmp_path)
    monkeypatch.setattr(owners, "_is_fixed", lambda _: True)
    assert resolve("file:secret", tmp_path).get_secret_value() == "not-a-real-secret"
    monkeypatch.undo()
    monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)
    assert resolve("file:secret", tmp_path).get_secret_value() == "not-a-real-secret"


def test_a_file_that_others_can_change_is_known(tmp_path: Path) -> None:
    """By its own mode, or by that of its folder, unless there only owners take files away."""
    file = tmp_path / "job.toml"
    file.write_text("")
    for mode, folder, told in ((0o644, 0o755, ""), (0o666, 0o755, "chmod go-w"), (0o644, 0o777, "chmod o-w")):
        file.chmod(mode)
        tmp_path.chmod(folder)
        assert (told in owners.changed_by_others(file)) if told else not owners.changed_by_others(file)
    tmp_path.chmod(0o1777)
    assert owners.changed_by_others(file) == owners.changed_by_others(tmp_path / "none") == ""


def test_all_that_a_run_writes_is_its_owners_only(tmp_path: Path, open_umask: None) -> None:
    """Ledger, its companions, locks, reports, and every folder that was made for them, whatever the umask."""
    write_cases(tmp_path, simple_rows(3))
    more = '[report]\nformats = ["csv", "html", "xlsx", "jsonl"]\ndirectory = "deep/in/reports"'
    job = a_job(tmp_path, more=more, snapshot='read = "always"')
    with Ledger(tmp_path / "state" / "sandbox" / "ledger.sqlite3"):
        run(job)
        for top in ("state", "deep"):
            made = [tmp_path / top, *(tmp_path / top).rglob("*")]
            assert len(made) > 2
            assert [str(file) for file in made if stat.S_IMODE(file.stat().st_mode) & 0o077] == []


@pytest.mark.usefixtures("open_umask")
def test_a_link_that_was_planted_is_not_written_through(tmp_path: Path) -> None:
    """The names of unfinished files can be guessed: what stands there is put away, and where it leads is untouched."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in ("plan.csv", "bulkcase.prom"):
        (tmp_path / f".{name}.{os.getpid()}.unfinished").symlink_to(victim)
        (tmp_path / name).symlink_to(victim)
    with whole_file(tmp_path / "plan.csv") as file:
        file.write("new")
    (tmp_path / "bulkcase.prom").unlink()
    write_attempt(tmp_path / "bulkcase.prom", "nightly", "host", 0, 1.0)
    assert victim.read_text() == "precious"
    assert (tmp_path / "plan.csv").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "bulkcase.prom").stat().st_mode) == 0o644


def test_a_folder_that_another_user_has_planted_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's folder in a place where all may write would be theirs to read, but for a share of one owner."""
    shared = tmp_path / "shared"
    (shared / "planted").mkdir(parents=True)
    (shared / "own").mkdir()
    os.chown(shared / "planted", SOMEBODY, SOMEBODY) if os.geteuid() == 0 else pytest.skip("only root gives files away")
    os.chown(shared / "own", SOMEBODY + 1, -1)
    shared.chmod(0o1777)
    monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY + 1)
    make_folder(shared / "own")
    with pytest.raises(EnvironmentFailed, match="belongs to another user"):
        make_folder(shared / "planted")
    with pytest.raises(LedgerError, match="belongs to another user"), Ledger(shared / "planted" / "ledger.sqlite3"):
        pass
    # A share that gives all files to one user: what is made there is that user's as well.
    monkeypatch.setattr(owners, "_made_in", lambda _: SOMEBODY)
    make_folder(shared / "planted")
