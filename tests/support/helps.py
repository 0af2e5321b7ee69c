"""What the commands say of themselves, without a process for each."""

import io
from contextlib import redirect_stdout

import pytest

from bulkcase.cli.main import exit_code_of


def help_of(*command: str) -> str:
    """Return the help of a command, or of the program, as it is shown in 80 columns."""
    shown = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(shown):
        patch.setenv("COLUMNS", "80")
        patch.setenv("NO_COLOR", "1")
        assert exit_code_of([*command, "--help"]) == 0
    return shown.getvalue()
