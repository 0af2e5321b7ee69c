"""A run as the verbs return it."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bulkcase.job.paths import near
from bulkcase.ledger import Ledger
from bulkcase.ledger.queries.found import UNFINISHED
from bulkcase.model import Outcome, RunState
from bulkcase.operations.common.notebook import causes, counted, line, table
from bulkcase.operations.common.runtime import command_line
from bulkcase.reporting import Summary, frame_of_results
from bulkcase.reporting.formats.results import FAILED
from bulkcase.said import seconds_text

if TYPE_CHECKING:
    import pandas as pd

RETRIED = frozenset({Outcome.MISMATCH, Outcome.CONFLICT, Outcome.FAILED, Outcome.UNKNOWN})
"""The outcomes whose rows `retry` sends again."""


@dataclass(frozen=True, slots=True, repr=False)
class Run:
    """A run that has ended, however it ended; or one that goes on, as it was when this was made."""

    id: str
    ledger: Path
    folder: Path
    """Where its report is."""
    summary: Summary
    note: str = ""
    """What a person should know besides: above all that there was nothing to do."""
    is_undone: bool = False
    """Whether another run has taken it back, so that nothing goes on from here."""

    @property
    def outcomes(self) -> Mapping[Outcome, int]:
        """The rows by outcome: all nine, zeros too."""
        return self.summary.outcomes

    @property
    def exit_code(self) -> int:
        """What the command line ends with."""
        return self.summary.exit_code or 0

    @property
    def next_command(self) -> str:
        """The exact command that goes on from here; empty where nothing is left that a command could do."""
        return self.command()

    def command(self, *, anywhere: bool = False) -> str:
        """Return `next_command`, where that is wanted for a reader in another folder."""
        if self.summary.started_at is None or self.is_undone:
            return ""
        state = RunState(self.summary.state)
        return command_after(self.id, self.ledger, state, self.outcomes, anywhere=anywhere)

    @property
    def correct_command(self) -> str:
        """What sends failed.csv once its cells are corrected, from any folder; empty where none is to be corrected."""
        is_over = not self.outcomes[Outcome.PENDING] and not self.is_undone
        if not (is_over and self.outcomes[Outcome.INVALID]) or self.summary.undoes is not None:
            return ""
        return command_line("resume", self.id, self.ledger, "--input", str(self.folder / FAILED), anywhere=True)

    def frame(self) -> "pd.DataFrame":
        """Return every row in input order, its cells as they were read and what became of it, as a pandas DataFrame.

        The index is the row's number in the file; the columns of the result are those of results.csv: the outcome is a
        category of all nine, `bulkcase_http_status` is a whole number or missing, `bulkcase_finished_at` is in UTC. It
        is read from the ledger as it is now, and is in memory as a whole: 1.5 kB a row of a dozen cells. What
        `report.private` names is masked; results.csv is not. Raises LedgerError, also where the run was purged.
        """
        with Ledger(self.ledger) as ledger:
            record = ledger.run(self.id)
            with closing(ledger.rows(record).all()) as rows:
                return frame_of_results(record.header, rows, record.report.private)

    def __repr__(self) -> str:
        return line("Run", self.id, self._told())

    def _told(self) -> Iterator[str]:
        """Yield how it ended, and with which outcomes, in short."""
        ended = self.summary.exit_code
        yield self.summary.state if ended is None else f"{self.summary.state}, exit code {ended}"
        yield counted(self.outcomes.items()) or "no rows"

    def _repr_html_(self) -> str:
        """Return it as a notebook shows it."""
        summary = self.summary
        state, outcomes = self._told()
        facts = [
            ("job", f"{summary.job} → {summary.target}"),
            ("state", state),
            ("why", summary.reason),
            ("rows", outcomes),
            *causes(summary.errors),
            ("calls", f"{sum(summary.calls.values()):,} in {seconds_text(summary.duration_s)}"),
            ("takes back", summary.undoes or ""),
            ("note", self.note),
            ("report", str(near(self.folder))),
            ("next", self.next_command),
        ]
        return table(f"Run {self.id}", facts)


def command_after(
    run_id: str, ledger: Path, state: RunState, outcomes: Mapping[Outcome, int], *, anywhere: bool = False
) -> str:
    """Return the exact command that goes on with a run that was started; empty where there is none."""
    open_rows = outcomes[Outcome.PENDING] or (state in UNFINISHED and outcomes[Outcome.UNKNOWN])
    if not open_rows and any(outcomes[outcome] for outcome in RETRIED):
        return command_line("retry", run_id, ledger, anywhere=anywhere)
    return command_line("resume", run_id, ledger, anywhere=anywhere) if open_rows or state in UNFINISHED else ""
