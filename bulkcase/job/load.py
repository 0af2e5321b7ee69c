"""Loading a job file: every problem at once, each with the file, the key and what to do."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bulkcase.errors import JobError
from bulkcase.job.later import not_in_this_version
from bulkcase.job.problems import readable
from bulkcase.job.settings import Job


def load(path: str | Path) -> Job:
    """Return the validated job in a TOML file.

    Raises JobError with one line a problem, each naming the file and the key.
    """
    file = Path(path)
    try:
        content = file.read_bytes()
        return parse(content.decode("utf-8-sig"), file)
    except OSError as error:
        raise JobError(f"{file}: {error.strerror}: check the path of the job file") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise JobError(f"{file}: line {line} is not UTF-8: save the job file as UTF-8") from None


def parse(text: str, file: Path) -> Job:
    """Return the validated job in a text; `file` is what messages call it and where its paths start.

    Raises JobError as `load` does.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise JobError(f"{file}: {error}: mend the TOML") from None
    except RecursionError:
        raise JobError(f"{file}: is nested too deeply: mend the TOML") from None
    problems: dict[str, str] = {}
    if _has_custom(raw):
        problems["mapping.custom"] = "custom fields are not in this version: take the table out"
        raw["mapping"]["custom"] = "custom"
    try:
        job = Job.model_validate(raw).at(file)
    except ValidationError as error:
        problems.update(readable(error))
    else:
        problems.update(not_in_this_version(job))
    if problems:
        raise JobError(
            *(f"{file}: {key}: {message}" if key else f"{file}: {message}" for key, message in problems.items())
        )
    return job


def _has_custom(raw: dict[str, Any]) -> bool:
    """Say whether there is a table of custom fields, rather than a source for a field of that name."""
    mapping = raw.get("mapping")
    custom = mapping.get("custom") if isinstance(mapping, dict) else None
    return isinstance(custom, dict) and not {"column", "value", "template"} & custom.keys()
