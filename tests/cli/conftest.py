"""The command line in the process of the test."""

from pathlib import Path

import pytest
from support.said import Command, Said

from bulkcase.cli.main import exit_code_of

STATE = ("--state", "state")


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return the command line, in the folder above the state folder."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> Said:
        capsys.readouterr()
        code = exit_code_of([*arguments, *STATE])
        return Said(code, *capsys.readouterr())

    return command
