"""The JSON Schema of the job file is kept, and tells what the reference tells."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from support.job_schema import SCHEMA, faults, whole

from bulkcase.job.described import KEYS, TABLES
from bulkcase.job.load import validated
from bulkcase.job.reports import Smtp
from bulkcase.job.settings import Job
from bulkcase.job.sources import FieldSource, Key
from bulkcase.operations.schema import text

KEPT = Path(__file__).parents[2] / "docs" / "reference" / "job.schema.json"


def test_the_kept_schema_is_that_of_the_program() -> None:
    """The file in docs/ is what the program writes, and sound by its dialect."""
    Draft202012Validator.check_schema(SCHEMA)
    assert KEPT.read_text(encoding="utf-8") == text()


NESTED: dict[str, type[BaseModel]] = {"input.key": Key, "notify.smtp": Smtp}
"""The tables that are written within another one."""


def keys_of(model: type[BaseModel], name: str = "") -> Iterator[str]:
    """Yield the paths of all keys that can hold a value."""
    for key, field in model.model_fields.items():
        path = f"{name}.{key}".strip(".")
        inner = NESTED.get(path) or next(tables_in(field.annotation), None)
        if path in {"mapping", "lookups"}:
            yield from keys_of(FieldSource, "mapping.FIELD") if path == "mapping" else ["lookups.FIELD"]
        elif inner is None:
            yield path
        else:
            yield from ([path] if path in KEYS else []) + list(keys_of(inner, path))


def tables_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that an annotation is made of."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield part


def test_what_people_check_jobs_with_takes_the_schema() -> None:
    """A checker of files that reads patterns as editors do, in the way of JavaScript, finds each config valid."""
    configs = [str(path) for path in (KEPT.parents[2] / "configs").rglob("*.toml")]
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(KEPT), *configs]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_key_is_described() -> None:
    """Each key of the settings has its line, in their order, and no other one has."""
    assert list(KEYS) == list(keys_of(Job))
    assert set(TABLES) == {table for key in KEYS if (table := key.rpartition(".")[0])} | {"mapping", "mapping.custom"}


@pytest.mark.parametrize("key", [key for key, told in KEYS.items() if told.default is not None])
def test_a_default_is_what_holds_without_the_key(key: str) -> None:
    """What is said to be the default makes the same job as a job without the key."""
    *tables, name = key.replace("FIELD", "status").split(".")
    with_key, without_key = (whole(key, KEYS[key].default) for _ in range(2))
    table: Any = without_key
    for each in tables:
        table = table[each]
    del table[name]
    assert validated(with_key, Path("job.toml")) == validated(without_key, Path("job.toml"))


@pytest.mark.parametrize(
    ("key", "example"), [(key, example) for key, told in KEYS.items() for example in told.examples], ids=str
)
def test_an_example_is_taken(key: str, example: Any) -> None:
    """What stands in the reference can be written, by the loader and by the schema."""
    job = whole(key, example)
    assert validated(job, Path("job.toml")).mapping, "by the loader"
    assert faults(job) == []
