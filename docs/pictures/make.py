"""Makes the pictures beside it: a mass close on the sandbox at a terminal of 80 columns, and the report of that run.

    python docs/pictures/make.py

It needs the extra "test" and a chromium, for the page.
"""

import io
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

HERE: Final = Path(__file__).parent
_COLUMNS: Final = 80
_FONT: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_NOT_COLOUR: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-ln-z]")
_JOB: Final = """\
[connection]
host = "sandbox"
[input]
path = "cases.csv"
key = "Case ID"
[mapping]
status = "Status"
[lookups]
status = "live"
[quota]
windows = ["60/2s", "1200/1m"]
"""
_ROWS: Final = 240
_BULKCASE: Final = (sys.executable, "-m", "bulkcase")
_DARK_PHONE: Final = {"width": 390, "height": 844}
_DESK: Final = {"width": 1100, "height": 1460}


def main() -> None:
    """Make all of them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "HOME": name, "TZ": "UTC", "PYTHONPATH": str(HERE.parents[1])}
        environment.pop("BULKCASE_STATE", None)
        (folder / "friday.toml").write_text(_JOB, encoding="utf-8")
        (folder / "cases.csv").write_text("\n".join(_lines()), encoding="utf-8")
        shown = at_terminal([*_BULKCASE, "run", "friday.toml"], folder, environment)
        draw(f"$ bulkcase run friday.toml\n{shown}", HERE / "terminal.svg")
        (page,) = folder.glob("reports/*/report.html")
        # What stands there of the folder is of no interest to anybody.
        page.write_text(page.read_text(encoding="utf-8").replace(name, "/home/ops/friday"), encoding="utf-8")
        photograph(page)


def _lines() -> Iterator[str]:
    """Yield the lines of a spreadsheet: the cases of the sample data, to be closed, one of them with a slip."""
    yield "Case ID,Status"
    sample = (HERE.parents[1] / "sample_data" / "cases.csv").read_text(encoding="utf-8")
    keys = dict.fromkeys(line.partition(",")[0] for line in sample.splitlines() if line.startswith("ci-"))
    for nth, key in enumerate(list(keys)[:_ROWS]):
        yield f"{key},{'Clsoed' if nth == 6 else 'Closed'}"


def at_terminal(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Return what stands on a terminal after a command, in its colours; each question is answered with yes."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, _COLUMNS))
    heard = b""
    more = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": str(_COLUMNS)}
    with subprocess.Popen(  # noqa: S603 - the command is ours
        command, cwd=folder, env={**environment, **more}, stdin=theirs, stdout=theirs, stderr=theirs
    ):
        os.close(theirs)
        with suppress(OSError):  # how a terminal says that nobody is left
            while some := os.read(ours, 65536):
                heard += some
                if heard.endswith(b"[y/N]: "):
                    os.write(ours, b"y\n")
    os.close(ours)
    lines = _NOT_COLOUR.sub("", heard.decode()).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rpartition("\r")[2].rstrip() for line in lines)


def draw(shown: str, file: Path) -> None:
    """Draw what a terminal shows, in fonts that every machine has."""
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(shown.strip("\n")))
    svg = console.export_svg(title="bulkcase")
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family:\s*[^;]+;", f"font-family: {_FONT};", svg)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    file.write_text(re.sub(r"\n\s*\n+", "\n", svg), encoding="utf-8")


def photograph(page: Path) -> None:
    """Take a picture of the report: on a desk by day, and on a phone by night."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, size, scheme in (("report.png", _DESK, "light"), ("report-phone.png", _DARK_PHONE, "dark")):
            context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]  # a dict of sizes
            shown = context.new_page()
            shown.goto(page.as_uri())
            shown.screenshot(path=HERE / name)
        browser.close()


if __name__ == "__main__":
    main()
