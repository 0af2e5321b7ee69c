"""How the program starts: what it imports for what it is asked."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.jobs import simple_rows, write_cases, write_job
from support.program import SECONDS, environment
from support.server import ServerThread

from bulkcase import __version__
from bulkcase.cli.commands import COMMANDS, command_of
from bulkcase.cli.common import signals
from bulkcase.cli.main import exit_code_of
from bulkcase.sandbox import SandboxSettings

_CHILD = """
import sys
from bulkcase.cli.main import exit_code_of
code = exit_code_of(sys.argv[1:])
print(code, *sys.modules, file=sys.stderr)
"""
NOT_TO_READ = frozenset({"python_calamine", "xlrd", "charset_normalizer", "bulkcase.input.workbooks.workbook"})
"""What a plain CSV does not take."""
NOT_TO_TELL = frozenset(
    {"xlsxwriter", "tqdm", "keyring", "prometheus_client", "aiosmtplib", "bulkcase.reporting.telling.mail"}
)
"""What only some jobs and terminals take."""
NEVER = frozenset({"pandas", "sqlalchemy.orm", "sqlalchemy.dialects.postgresql"})
"""What no command takes that makes no frame; the ledger is SQLite and its language is Core."""
NO_SERVER = frozenset({"aiohttp.web", "bulkcase.sandbox.server"})
NO_CALLS = frozenset({"aiohttp", "jwt", "tenacity", "yarl", "jinja2", "bulkcase.kore.door", "bulkcase.sending"})


def imported(folder: Path, *arguments: str) -> set[str]:
    """Return the modules that a command has imported when it has ended well."""
    ended = subprocess.run(
        [sys.executable, "-c", _CHILD, *arguments],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=True,
    )
    code, *modules = ended.stderr.splitlines()[-1].split()
    assert code == "0", ended.stderr
    return set(modules)


def test_the_version_takes_no_library(tmp_path: Path) -> None:
    """--version imports nothing but the package's own first lines and the module that tells it."""
    modules = imported(tmp_path, "--version")
    assert {name for name in modules if name.startswith("bulkcase")} == {
        "bulkcase",
        "bulkcase.cli",
        "bulkcase.cli.main",
    }
    assert modules.isdisjoint({"typer", "rich", "pandas", "aiohttp", "sqlalchemy", "pydantic", "asyncio", "typing"})


def test_help_takes_what_shows_it(tmp_path: Path) -> None:
    """--help lists the commands without importing one of them, or what they work with."""
    modules = imported(tmp_path, "--help")
    assert modules.isdisjoint(NEVER | NO_CALLS | {"sqlalchemy", "pydantic", "bulkcase.job", "bulkcase.operations"})
    assert modules.isdisjoint({f"bulkcase.cli.{module}" for module, _ in COMMANDS.values()})


def test_check_takes_neither_a_server_nor_what_makes_calls(tmp_path: Path) -> None:
    """A CSV is checked without HTTP, tokens, workbooks, reports, and without a loop of its own."""
    write_cases(tmp_path, simple_rows(3))
    write_job(tmp_path)
    modules = imported(tmp_path, "check", "job.toml")
    assert modules.isdisjoint(NEVER | NO_SERVER | NO_CALLS | NOT_TO_READ | NOT_TO_TELL | {"uvloop", "filelock"})


def test_a_job_is_proposed_without_what_makes_calls(tmp_path: Path) -> None:
    """Where no live case is read, init knows no HTTP."""
    write_cases(tmp_path, [("ci-1", "Open")], ("Case ID", "Status"))
    modules = imported(tmp_path, "init", "cases.csv")
    assert modules.isdisjoint(NEVER | NO_SERVER | NO_CALLS | NOT_TO_READ | NOT_TO_TELL)


def test_what_looks_at_the_ledger_takes_nothing_that_makes_calls(tmp_path: Path) -> None:
    """So a shell that completes a run's id need not wait for HTTP."""
    assert imported(tmp_path, "runs", "--help").isdisjoint(NEVER | NO_SERVER | {"aiohttp", "jwt", "tenacity"})


def test_a_plan_without_a_call_takes_nothing_that_makes_one(tmp_path: Path) -> None:
    """Where the live cases are not read, a plan knows no HTTP."""
    write_cases(tmp_path, simple_rows(3))
    write_job(tmp_path)
    modules = imported(tmp_path, "plan", "job.toml")
    assert modules.isdisjoint(NEVER | NO_SERVER | NO_CALLS | NOT_TO_READ | NOT_TO_TELL)


def test_a_run_against_a_host_takes_no_server(tmp_path: Path) -> None:
    """Only a rehearsal imports the embedded server and aiohttp's half of it."""
    rows = simple_rows(3)
    write_cases(tmp_path, rows)
    with ServerThread(SandboxSettings(), [key for key, _ in rows]) as server:
        write_job(tmp_path, host=server.url, more='[report]\nformats = ["csv"]')
        modules = imported(tmp_path, "run", "job.toml", "--yes")
    assert "aiohttp" in modules
    assert modules.isdisjoint(NEVER | NO_SERVER | NOT_TO_READ | NOT_TO_TELL | {"jinja2"})


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    """The line in --help is the one that the command's own --help begins with."""
    assert command_of(name).help == COMMANDS[name][1]


def test_the_version_is_the_same_however_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """--version says with a command behind it, where it takes the whole command line, what it says alone."""
    assert [exit_code_of(["--version"]), exit_code_of(["--version", "run"])] == [0, 0]
    assert capsys.readouterr().out == f"bulkcase {__version__}\n" * 2


class _Full(io.StringIO):
    def flush(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_version_that_cannot_be_written_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk is told of in one line, as for any other command."""
    monkeypatch.setattr("sys.stdout", _Full())
    assert exit_code_of(["--version"]) == 6
    (line,) = capsys.readouterr().err.splitlines()
    assert os.strerror(errno.ENOSPC) in line


def test_a_program_without_standard_output_can_be_asked_for_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever started it may have closed that."""
    monkeypatch.setattr("sys.stdout", None)
    assert exit_code_of(["--version"]) == 0


_IMPORTING = """
import os, signal, sys
from importlib.abc import MetaPathFinder
from bulkcase.cli.main import main

class Strikes(MetaPathFinder):
    def find_spec(self, name, *_):
        if name == "bulkcase.cli.commands":
            os.kill(os.getpid(), signal.SIGTERM)

sys.meta_path.insert(0, Strikes())
sys.argv = ["bulkcase", "run", "job.toml"]
try:
    main()
except BaseException:
    print("it went on")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM ends a process there whatever it wants")
def test_a_signal_while_libraries_are_imported_ends_at_once(tmp_path: Path) -> None:
    """Nothing was begun, and an exception may be swallowed there: the program ends with the code of an interruption."""
    ended = subprocess.run(
        [sys.executable, "-c", _IMPORTING],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_a_signal_whose_interruption_was_swallowed_begins_no_run() -> None:
    """Where Python has swallowed what a signal raised, the run is not begun after all."""
    with pytest.raises(KeyboardInterrupt):
        signals._interrupt()
    try:
        with pytest.raises(KeyboardInterrupt):
            signals.heed_signals()
    finally:
        signals._asked_at = None
    signals.heed_signals()
