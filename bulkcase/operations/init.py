"""init: a job file from a spreadsheet, proposed by its header and its first rows."""

import os
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Unpack

from bulkcase.cells import escaped
from bulkcase.errors import BulkcaseError, EnvironmentFailed, JobError, NotPlanned, UsageError
from bulkcase.input import Source
from bulkcase.job import Job
from bulkcase.job.load import content_of, validated
from bulkcase.mapping import compile_mapping
from bulkcase.model import Rejection
from bulkcase.operations.common.options import Options, refuse_unknown
from bulkcase.operations.common.runtime import is_sandbox
from bulkcase.operations.proposal.asking import checked_zone, proposed
from bulkcase.operations.proposal.options import InitOptions
from bulkcase.operations.proposal.sample import Sample, sampled
from bulkcase.operations.proposal.tables import Target, tables_of
from bulkcase.proposing import Proposal, Setting, Tables, is_whole, job_text
from bulkcase.reporting.files import whole_file

if TYPE_CHECKING:
    from bulkcase.operations.lookups import LearntLookup

_TOLD: Final = ("host", "stream_id", "account_id", "client_id", "delimiter", "encoding", "sheet")
"""Settings that options tell."""
_INTERRUPTED: Final = 130
_ANY_FIELD: Final = {"desc": {"value": "-"}}
"""A mapping for a job that has none yet, so that all else of it can be checked."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job file that was written, and why it is as it is."""

    path: Path
    input: str
    rows: int
    """Rows that were looked at."""
    is_whole: bool
    """Whether these are all."""
    proposal: Proposal
    missing: Sequence[str]
    """Keys of the connection that are still to be filled in."""
    learnt: "Sequence[LearntLookup]"
    """The lookups that were learnt from the live cases, and are used."""
    notes: Sequence[str]
    """What a person should know."""

    @property
    def exit_code(self) -> int:
        """1 where no column was placed, so that a line of the file has to be made valid first."""
        return 0 if self.proposal.mapped else 1


async def init(file: str | Path, **options: Unpack[InitOptions]) -> NewJob:
    """Propose a job for a file, ask where it is not sure and somebody is there, and write it.

    With a whole connection, and `learn` or the yes of a person, the names that it looks up are learnt from the live
    cases, too; what fails there is a note.
    Raises UsageError where the file is not to be used as it stands, or the job file is there already, and NotPlanned
    where a person interrupts the reading of the live cases.
    """
    refuse_unknown(options, init)
    ask, source = options.get("ask"), Path(file)
    path = _path(source, options.get("output"))
    zone = checked_zone(options.get("timezone"))
    tables, missing = tables_of(options.get("target") or Target(), path)
    read = Source(source, options.get("sheet"), options.get("encoding"), options.get("delimiter"))
    sample = sampled(read, ask)
    proposal = proposed(sample, options, zone)
    tables = {**tables, "input": _input(sample.source, path)}
    head = _head(source, path, sample)
    text = job_text(proposal, head, tables)
    job = _checked(text, path, proposal)
    _write(path, text)
    made = NewJob(
        path,
        str(source),
        len(sample.rows),
        sample.is_whole,
        proposal,
        missing,
        (),
        tuple(_notes(sample, job, proposal)),
    )
    if missing or is_sandbox(job) or not {each.field for each in proposal.mapped}.intersection(proposal.lookups):
        return made
    return await _with_lookups(made, job, sample, (head, tables), options)


def _path(file: Path, output: str | Path | None) -> Path:
    path = Path(f"{file.stem or file.name}.toml") if output is None else Path(output)
    if path.is_dir():
        raise UsageError(f"{path}: is a folder: name the job file with -o")
    if os.path.lexists(path):
        raise UsageError(f"{path}: is there already, and is left as it is: name another job file with -o")
    if not (is_whole(str(file)) and is_whole(str(path))):
        raise UsageError(f"{escaped(str(file))}: its name is not UTF-8, and a job file is: give it another name")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{path.parent}: there is no such folder: make it, or name another job file with -o")
    return path


def _input(source: Source, path: Path) -> dict[str, Setting]:
    """Return what the job says of its file; its path is relative to the job file, where it can be."""
    # Links to folders are followed, as `..` goes up from where they lead; a link to the file stays one.
    file, folder = Path(os.path.realpath(source.path.parent), source.path.name), os.path.realpath(path.parent)
    try:
        written = Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # on another drive
        written = file.as_posix()
    # What starts with one of these would mean something else.
    written = f"./{written}" if written.startswith(("~", "-")) else written
    if not Path(folder, written).samefile(source.path):
        written = file.as_posix()
    remark = ".csv .tsv .xlsx .xls .ods, or - for CSV on standard input"
    more = {"sheet": source.sheet, "encoding": source.encoding, "delimiter": source.delimiter}
    return {
        "path": Setting(written, remark),
        **{key: Setting(value) for key, value in more.items() if value is not None},
    }


def _head(file: Path, path: Path, sample: Sample) -> list[str]:
    job = escaped(shlex.quote(str(path)))
    rows = f"{'its' if sample.is_whole else 'its first'} {len(sample.rows):,} rows"
    return [
        f"A proposal of `bulkcase init {escaped(shlex.quote(str(file)))}`, by the header and {rows}.",
        "Look through it, then:",
        f"    bulkcase check {job}            every bad row at once; no network, no secret",
        f"    bulkcase run {job} --sandbox    rehearse it against the embedded server",
        f"    bulkcase plan {job}             what would change; sends nothing",
    ]


def _checked(text: str, path: Path, proposal: Proposal) -> Job:
    """Return the job in a text; raises UsageError where what was told of the connection cannot be used."""
    content = content_of(text, path)
    if not proposal.mapped:
        content["mapping"] = _ANY_FIELD
    try:
        return validated(content, path)
    except JobError as error:
        names = {
            f"{table}.{key}": f"--{key.replace('_', '-')}" for table in ("connection", "auth", "input") for key in _TOLD
        }
        problems = [each.removeprefix(f"{path}: ") for each in error.problems]
        raise UsageError(
            *(names.get(key, key) + colon + rest for key, colon, rest in (each.partition(":") for each in problems))
        ) from None


def _write(path: Path, text: str) -> None:
    try:
        stream = path.open("x", encoding="utf-8", newline="\n")
        try:
            with stream:
                stream.write(text)
        except BaseException:
            # Half a job file would be in the way of the next init.
            path.unlink(missing_ok=True)
            raise
    except FileExistsError:
        raise UsageError(f"{path}: is there already, and is left as it is: name another job file with -o") from None
    except OSError as error:
        raise EnvironmentFailed(
            f"{path}: cannot be written ({error.strerror}): name another job file with -o"
        ) from None


def _notes(sample: Sample, job: Job, proposal: Proposal) -> list[str]:
    notes = []
    if sample.fed_back:
        notes.append("the file is one of bulkcase's own: its bulkcase_* columns are ignored, here and in a run")
    if proposal.mapped:
        mapper = compile_mapping(job, sample.header, {}, fed_back=sample.fed_back)
        found = [mapper.map(row) for row in sample.rows]
        bad = Counter(each.code for each in found if isinstance(each, Rejection))
        if bad:
            causes = ", ".join(f"{code} {count:,}" for code, count in bad.most_common())
            notes.append(
                f"{bad.total():,} of {len(found):,} rows cannot be sent as they stand ({causes}): check names each"
            )
    return notes


async def _with_lookups(
    made: NewJob, job: Job, sample: Sample, written: tuple[list[str], Tables], options: InitOptions
) -> NewJob:
    """Return a new job with the lookups that the live cases show, in files; else with a note why not."""
    from bulkcase.operations.proposal.learning import agreed, learnt, unknown_names  # noqa: PLC0415 - what makes calls

    head, tables = written
    ask, learn = options.get("ask"), options.get("learn", False)
    if ask is None and not learn:
        return replace(made, notes=(*made.notes, "names are not learnt from the live cases: --learn does it"))
    calls = Options(**{key: value for key, value in options.items() if key in Options.__annotations__})  # type: ignore[typeddict-item]
    try:
        if not agreed(job, None if learn else ask, options.get("runtime")):
            return made
        found = await learnt(job, **calls)
        used = [one for one in found if one.table and not one.gaps]
        files = {
            one.field: Setting(f"file:{one.path.name}", "as the live cases show it: look through it") for one in used
        }
        if used:
            with whole_file(made.path) as file:
                file.write(job_text(made.proposal, head, {**tables, "lookups": files}))
    except BulkcaseError as error:
        why = error.problems[0]
        if isinstance(error, NotPlanned):
            # What follows in it is about the command that reads them as a part of its work.
            why = why.removeprefix("while live cases were read: ").partition("; ")[0]
        later = f"names are not learnt from the live cases yet: {why}; bulkcase lookups {made.path} does it, too"
        if error.exit_code == _INTERRUPTED:
            raise NotPlanned(_INTERRUPTED, f"{made.path} is written; {later}") from None
        return replace(made, notes=(*made.notes, later))
    notes = [f"{one.path.name} is not used, as some may be missing: {one.gaps}" for one in found if one.gaps]
    notes += unknown_names(made.proposal, sample.columns, {one.field: one.table for one in used})
    return replace(made, learnt=tuple(used), notes=(*made.notes, *notes))
