"""Progress: a bar by tqdm on a terminal, plain lines elsewhere."""

import logging
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from bulkcase.cells import escaped
from bulkcase.cli.common.console import err, local_time
from bulkcase.logged import facts
from bulkcase.operations.common.progress import Progress
from bulkcase.said import seconds_text

if TYPE_CHECKING:
    from tqdm import tqdm

_log = logging.getLogger(__name__)
_LINE_EVERY = 10.0
"""Seconds between two plain lines."""
_COUNTED = {"rows": "rows", "pages": "pages of live cases read", "input": "rows of the file read"}


class ProgressDisplay:
    """Shows what it is told; a context manager that leaves the terminal tidy."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: tqdm[NoReturn] | None = None
        self._next_line = 0.0
        self._of = ""
        """What the bar counts."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tidy()

    def __call__(self, progress: Progress) -> None:
        """Show how far the run is, or the reading of live cases before it."""
        if self._quiet or (progress.of == "pages" and not progress.done):
            return
        if sys.stderr.isatty() and not err.is_log:
            self._draw(progress)
        elif time.monotonic() >= self._next_line or progress.done == progress.total:
            self._next_line = time.monotonic() + _LINE_EVERY
            total = f" of {progress.total:,}" if progress.total else ""
            counted = f"{progress.done:,}{total} {_COUNTED[progress.of]}"
            line = f"{counted}, {progress.rate:.1f} a second{told(progress)}"
            if err.is_log:
                _log.info("%s", line, extra=_facts(progress))
            else:
                err.print(line)

    def _draw(self, progress: Progress) -> None:
        if self._of != progress.of:
            self._tidy()
            self._of = progress.of
        if not progress.total:
            # How many there are is not known: a bar would have no end.
            bar = self._bar = self._bar or _counter()
            bar.set_description_str(f"{progress.done:,} {_COUNTED[progress.of]}", refresh=True)
            return
        bar = self._bar = self._bar or _bar_of(progress.total)
        bar.total = progress.total
        unit = "" if progress.of == "rows" else f" {progress.of}"
        bar.set_postfix_str(f"{progress.rate:.1f}/s{unit}{told(progress)}", refresh=False)
        bar.update(progress.done - bar.n)
        bar.refresh()
        if progress.is_over:
            # What comes next, a question or another count, has the line to itself.
            self._tidy()

    def _tidy(self) -> None:
        if self._bar is not None:
            with suppress(OSError):  # nobody looks any more
                self._bar.close()
            self._bar = None


def _facts(progress: Progress) -> Mapping[str, Any]:
    return facts(
        event="progress",
        of=progress.of,
        done=progress.done,
        total=progress.total or None,
        rate=round(progress.rate, 3),
        failed=progress.failed if progress.of == "rows" else None,
    )


def _bar_of(total: int) -> "tqdm[NoReturn]":
    from tqdm import tqdm  # noqa: PLC0415 - only a terminal needs it

    return tqdm(
        total=total,
        dynamic_ncols=True,
        # Short, so that 80 columns have room for what is said behind it; gone at the end, when the last word is said.
        bar_format="{percentage:3.0f}% |{bar:10}| {n_fmt}/{total_fmt}{postfix}",
        leave=False,
        file=sys.stderr,
    )


def _counter() -> "tqdm[NoReturn]":
    from tqdm import tqdm  # noqa: PLC0415 - as above

    return tqdm(dynamic_ncols=True, bar_format="{desc}", leave=False, file=sys.stderr)


def told(progress: Progress) -> str:
    """Return how many rows ended badly so far, and when it will be done, or why it waits."""
    failed = f", {progress.failed:,} not well" if progress.of == "rows" else ""
    if progress.done == progress.total or progress.of == "input":
        return failed
    if progress.why_paused:
        next_try = f"next call in {seconds_text(progress.paused)}" if progress.paused > 0 else "trying again"
        return f"{failed}, {escaped(progress.why_paused)}: {next_try}"
    return f"{failed}, done {local_time(progress.finish_at)}"
