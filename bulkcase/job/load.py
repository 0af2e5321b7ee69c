"""Loading a job file: every problem at once, each with the file, the key and what to do."""

import shlex
import tomllib
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from bulkcase.errors import JobError
from bulkcase.job.needs import CUSTOM, problems_of_needs
from bulkcase.job.paths import nearest_file
from bulkcase.job.problems import readable
from bulkcase.job.settings import Job
from bulkcase.job.variants import placed, with_input

_SPREADSHEETS: Final = frozenset({".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods"})


def load(
    path: str | Path,
    *,
    input: str | Path | None = None,  # noqa: A002 - the word of the command line
    state: str | Path | None = None,
    sandbox: bool = False,
) -> Job:
    """Return the validated job in a TOML file.

    `input` is a file to read instead of the job's, `state` another folder for the ledger; with `sandbox` the job is a
    rehearsal: it goes to the embedded server, with a ledger of its own and the quota on a faster clock.

    Raises JobError with one line a problem, each naming the file and the key.
    """
    job = parse(text_of(Path(path)), Path(path))
    if input is not None:
        job = with_input(job, str(input))
    return placed(job, state=state, sandbox=sandbox)


def load_without_rows(path: str | Path) -> Job:
    """Return the job in a TOML file for what needs no rows: [input] and [mapping] may be missing. Raises as `load`."""
    file = Path(path)
    rest = {"input": {"path": "-", "key": "Case ID"}, "mapping": {"desc": {"value": "-"}}}
    return validated(rest | content_of(text_of(file), file), file)


def text_of(file: Path) -> str:
    """Return the text of a job file; raises JobError as `load` does."""
    try:
        str(file.absolute()).encode()
    except UnicodeEncodeError:
        raise JobError(f"{file.absolute()}: this path is not UTF-8: rename its folder or file") from None
    try:
        content = file.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        found = nearest_file(file)
        advice = "check the path of the job file" if found is None else f"did you mean {found}?"
        raise JobError(f"{file}: {error.strerror}: {advice}") from None
    except UnicodeDecodeError as error:
        _refuse_a_spreadsheet(file)
        line = content.count(b"\n", 0, error.start) + 1
        raise JobError(f"{file}: line {line} is not UTF-8: save the job file as UTF-8") from None


def parse(text: str, file: Path) -> Job:
    """Return the validated job in a text; `file` is what messages call it and where its paths start.

    Raises JobError as `load` does.
    """
    return validated(content_of(text, file), file)


def content_of(text: str, file: Path) -> dict[str, Any]:
    """Return the content of a job file as it is written; raises JobError as `load` does."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        _refuse_a_spreadsheet(file)
        raise JobError(f"{file}: {error}: mend the TOML") from None
    except RecursionError:
        raise JobError(f"{file}: is nested too deeply: mend the TOML") from None


def _refuse_a_spreadsheet(file: Path) -> None:
    """Raise JobError for a file that is no TOML and is called as spreadsheets are."""
    if file.suffix.lower() in _SPREADSHEETS:
        command = shlex.join(["bulkcase", "init", str(file)])
        raise JobError(f"{file}: is a spreadsheet, no job file (TOML): {command} proposes one") from None


def validated(raw: dict[str, Any], file: Path) -> Job:
    """Return the validated job in the content of a job file; raises JobError as `load` does."""
    problems: dict[str, str] = {}
    try:
        job = Job.model_validate(_flattened(raw, problems)).at(file)
    except ValidationError as error:
        problems.update(readable(error))
    else:
        problems.update(problems_of_needs(job))
    if problems:
        raise JobError(
            *(f"{file}: {key}: {message}" if key else f"{file}: {message}" for key, message in problems.items())
        )
    return job


def _flattened(raw: dict[str, Any], problems: dict[str, str]) -> dict[str, Any]:
    """Return the content of a job file with its custom fields beside the others, as `custom.NAME`.

    Add to the problems a field that is there in both ways.
    """
    mapping = raw.get("mapping")
    if not isinstance(mapping, dict):
        return raw
    custom = mapping.get("custom")
    if not isinstance(custom, dict):
        return raw
    fields = {key: source for key, source in mapping.items() if key != "custom"}
    flat = {f"{CUSTOM}{name}": source for name, source in custom.items()}
    problems |= {f"mapping.{key}": "is mapped twice: keep one of them" for key in flat if key in fields}
    return raw | {"mapping": fields | flat}
