"""References to secrets, and what is said when there is nothing behind them."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bulkcase.errors import CredentialsError
from bulkcase.job.secrets import check_reference, resolve, resolve_or_literal

HERE = Path("no-such-folder")


def write(file: Path, content: bytes) -> None:
    """Write a file that only its owner can get at."""
    file.touch(mode=0o600)
    file.write_bytes(content)


class FakeKeyringError(Exception):
    """What a locked keyring raises."""


def fake_keyring(monkeypatch: pytest.MonkeyPatch, entries: dict[tuple[str, str], str] | None) -> None:
    """Put a keyring with these entries in place; None is a locked one."""

    def get_password(service: str, user: str) -> str | None:
        if entries is None:
            raise FakeKeyringError("locked")
        return entries.get((service, user))

    fake = SimpleNamespace(get_password=get_password, errors=SimpleNamespace(KeyringError=FakeKeyringError))
    monkeypatch.setitem(sys.modules, "keyring", fake)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe that nobody writes to would keep a night waiting for good."""
    os.mkfifo(tmp_path / "secret", 0o600)
    with pytest.raises(CredentialsError, match="it is no file: name the one that has the secret"):
        resolve("file:secret", tmp_path)


@pytest.mark.parametrize(
    "written", ["env:NAME", "file:secret.txt", "file:C:/x", "keyring:kore/ops", "keyring:kore/a/b"]
)
def test_a_reference_says_where_the_secret_is(written: str) -> None:
    """Environment, file and keyring can be referred to."""
    check_reference(written)


@pytest.mark.parametrize(
    "written",
    ["hunter2-fake", "", "env:", "file: ", "keyring:kore", "keyring:/ops", "keyring:kore/", "vault:hunter2-fake"],
)
def test_anything_else_is_no_reference_and_not_repeated(written: str) -> None:
    """A literal secret is refused without being shown."""
    with pytest.raises(ValueError, match=r"^must be") as caught:
        check_reference(written)
    assert "hunter2" not in str(caught.value)


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """env:NAME is that variable's content, and its printed form hides it."""
    monkeypatch.setenv("FAKE_SECRET", "hunter2-fake")
    secret = resolve("env:FAKE_SECRET", HERE)
    assert secret.get_secret_value() == "hunter2-fake"
    assert "hunter2" not in repr(secret)


@pytest.mark.parametrize("content", ["hunter2-fake\n", "\ufeffhunter2-fake\r\n"])
def test_a_secret_comes_from_a_file_beside_the_job(tmp_path: Path, content: str) -> None:
    """file:PATH is relative to the job's folder; what an editor adds around the secret is taken off."""
    write(tmp_path / "secret.txt", content.encode())
    assert resolve("file:secret.txt", tmp_path).get_secret_value() == "hunter2-fake"


def test_a_file_in_the_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """~ is the user's home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write(tmp_path / "secret.txt", b"hunter2-fake")
    assert resolve("file:~/secret.txt", HERE).get_secret_value() == "hunter2-fake"


def test_a_secret_comes_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """keyring:SERVICE/USER is that entry; the user may contain a slash."""
    fake_keyring(monkeypatch, {("kore", "team/ops"): "hunter2-fake"})
    assert resolve("keyring:kore/team/ops", HERE).get_secret_value() == "hunter2-fake"


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("env:FAKE_UNSET", "the environment variable FAKE_UNSET is not set"),
        ("file:missing.txt", "the file cannot be read (No such file or directory)"),
        ("file:empty.txt", "the file is empty"),
        ("file:latin.txt", "the file cannot be read (not UTF-8)"),
        ("file:long.txt", "the file is far too long for a secret"),
        ("file:~nobody-here/x", "the file cannot be read (No such file or directory)"),
        ("file:a\0b", "the file cannot be read"),
        ("keyring:kore/ops", "no such entry: keyring set kore ops"),
    ],
)
def test_a_missing_secret_names_its_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, told: str
) -> None:
    """What cannot be had is one line: the reference, why, and what to do."""
    monkeypatch.delenv("FAKE_UNSET", raising=False)
    fake_keyring(monkeypatch, {})
    write(tmp_path / "empty.txt", b" \n")
    write(tmp_path / "latin.txt", b"\xff")
    write(tmp_path / "long.txt", b"x" * 70_000)
    with pytest.raises(CredentialsError) as caught:
        resolve(reference, tmp_path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{reference}: {told}")


def test_an_empty_variable_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set to nothing counts as not set."""
    monkeypatch.setenv("FAKE_SECRET", "")
    with pytest.raises(CredentialsError, match="is not set"):
        resolve("env:FAKE_SECRET", HERE)


def test_a_locked_keyring_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A keyring that refuses says so, and what else there is."""
    fake_keyring(monkeypatch, None)
    with pytest.raises(CredentialsError, match=r"the keyring cannot be read \(locked\): unlock it"):
        resolve("keyring:kore/ops", HERE)


def test_a_missing_keyring_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the message says how to install it."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(CredentialsError, match=r"pip install .bulkcase\[keyring\]"):
        resolve("keyring:kore/ops", HERE)


def test_a_setting_that_is_no_secret_may_be_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client id is taken as written, unless it is a reference."""
    monkeypatch.setenv("FAKE_ID", "cs-2")
    assert resolve_or_literal("cs-1", HERE) == "cs-1"
    assert resolve_or_literal("env:FAKE_ID", HERE) == "cs-2"
