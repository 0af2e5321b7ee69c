"""Every error that leaves bulkcase, and the exit code it carries.

    BulkcaseError
    ├── UsageError                 2    unusable as it stands; no call was made for it
    │   ├── JobError                    the job file
    │   ├── InputError                  the file with the rows
    │   └── CredentialsError            a secret that cannot be had on this machine
    ├── Declined                   0    a person was asked and said no; nothing was sent
    ├── TooManyChanges             3    a plan would change more than safety.max_changes
    ├── CasesRefused               3    the server does not show its cases, and they are needed
    ├── Locked                     4    another command makes calls to the same target
    ├── OutsideHours               5    not now: safety.send_between
    ├── NotPlanned           130, 3, 5  stopped while live cases were read: nothing was sent, and there is no plan yet
    ├── EnvironmentFailed          6    disk, ledger, port; nothing done is lost
    │   └── LedgerError
    └── IllegalTransition          6    a fault of this program: a row was about to change in a way it must not

A failure of one row is never an exception: it is a value (`Rejection`, `Verdict`), so that it cannot stop another row.
A run that is stopped is not an error either: see `bulkcase.model.Stop`.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

EXIT_CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "every row is as it should be",
        1: "finished, and some rows did not end well",
        2: "command line, job file, input or credentials cannot be used as they stand; no call was made for it",
        3: "stopped by a safety rule; what was not sent is kept",
        4: "another command makes calls to the same target; nothing was sent",
        5: "outside of the hours, or over the time, that the job may take; what was not sent is kept",
        6: "the environment failed (disk, ledger, network), or bulkcase has a fault: see the log",
        130: "interrupted; what was not sent is kept",
    }
)
"""What each exit code means."""


class BulkcaseError(Exception):
    """Something that a person has to know. `problems` are complete sentences, one a line."""

    exit_code = 6

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems: Sequence[str] = problems


class UsageError(BulkcaseError):
    """Command line, job, input or credentials are unusable as they stand here."""

    exit_code = 2


class JobError(UsageError):
    """The job file is wrong; each problem names the file and the key."""


class InputError(UsageError):
    """The file with the rows cannot be read as it stands; each problem names the file and, where it can, the row."""


class CredentialsError(UsageError):
    """A secret that the job refers to cannot be had here."""


class Declined(BulkcaseError):  # noqa: N818 - an answer, not an error
    """A person was asked and said no; nothing was sent."""

    exit_code = 0

    def __init__(self) -> None:
        super().__init__("nothing was sent")


class OutsideHours(BulkcaseError):  # noqa: N818 - as above
    """The job may not send at this time of day; nothing was done."""

    exit_code = 5


class NotPlanned(BulkcaseError):  # noqa: N818 - as above
    """Reading the live cases was stopped; what was read is kept, and nothing was sent."""

    def __init__(self, exit_code: int, *problems: str) -> None:
        super().__init__(*problems)
        self.exit_code = exit_code


class TooManyChanges(BulkcaseError):  # noqa: N818 - a limit that did its work
    """A plan would change more than the job allows; nothing was sent, and the plan is kept."""

    exit_code = 3


class CasesRefused(BulkcaseError):  # noqa: N818 - named after what the server did
    """The server does not show its cases, and they are needed; nothing was sent."""

    exit_code = 3


class Locked(BulkcaseError):  # noqa: N818 - nothing failed: it is somebody else's turn
    """Another command makes calls to the same target; the text says which one."""

    exit_code = 4


class EnvironmentFailed(BulkcaseError):  # noqa: N818 - it is the environment that failed; "Error" adds nothing
    """The disk, the ledger or the machine failed."""


class LedgerError(EnvironmentFailed):
    """The ledger cannot be opened, read or written."""


class IllegalTransition(BulkcaseError):  # noqa: N818 - the field's term
    """A row was about to change in a way that the table of transitions does not know; nothing was changed."""
