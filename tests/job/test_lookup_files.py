"""Lookups in files of their own."""

from pathlib import Path

import pytest

from bulkcase.errors import JobError
from bulkcase.job import Job, parse
from bulkcase.job.lookup_files import load_lookup_files


def job_in(folder: Path, lookups: str = 'status = "file:status.json"') -> Job:
    """Return a job whose lookups are these."""
    text = f"""
        [connection]
        host = "sandbox"
        [input]
        path = "cases.csv"
        key = "Id"
        [mapping]
        status = "Status"
        [lookups]
        {lookups}
    """
    return parse(text, folder / "night.toml")


@pytest.mark.parametrize(
    "content",
    [
        '{"Open": {"_id": "sts-1", "name": "Open"}}',
        '[{"_id": "sts-1", "name": "Open"}]',
        '\ufeff[{"_id": "sts-1", "name": "Open"}]',
    ],
)
def test_a_file_is_a_table_or_a_list_of_named_objects(tmp_path: Path, content: str) -> None:
    """Both forms give the same table, with a byte order mark or without."""
    (tmp_path / "status.json").write_text(content, "utf-8")
    assert load_lookup_files(job_in(tmp_path)) == {"status": {"Open": {"_id": "sts-1", "name": "Open"}}}


def test_a_space_after_file_is_no_part_of_the_path(tmp_path: Path) -> None:
    """The path may stand apart from its prefix."""
    (tmp_path / "status.json").write_text("{}")
    assert load_lookup_files(job_in(tmp_path, 'status = "file: status.json"')) == {"status": {}}


def test_inline_tables_are_not_looked_for_in_files(tmp_path: Path) -> None:
    """Only what says file: is read."""
    assert load_lookup_files(job_in(tmp_path, 'status = { Open = { _id = "x" } }')) == {}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"Open": {"_id": "x"},\n "Closed": }', ", line 2, column 12: is no JSON: Expecting value"),
        (b"", ", line 1, column 1: is no JSON: Expecting value"),
        (b"\xff{}", ": is not UTF-8: save it as UTF-8"),
        (None, ": cannot be read (No such file or directory): check the path"),
        (b"5", ": must be a JSON object from names to objects, or a list"),
        (b'{"Open": "sts-1"}', ': has an entry that is no object: "Open"'),
        (b'{"Open": {}, "Open": {}}', ': has the key "Open" twice'),
        (b'[{"name": "Open"}, {"_id": "x"}]', ': has no object with a "name" as its entry 2'),
        (b'[{"name": 5}]', ': has no object with a "name" as its entry 1'),
        (b'["Open"]', ': has no object with a "name" as its entry 1'),
        (b'[{"name": "Open"}, {"name": "Open"}]', ': has the name "Open" twice'),
        (b'{"Open": {"score": NaN}}', ": has NaN, which is no JSON"),
        (b'{"Open": {"score": 1e999}}', ": holds what JSON cannot carry"),
        (b"[" * 100_000, ": is nested too deeply"),
    ],
)
def test_a_broken_file_is_one_line_with_the_place(tmp_path: Path, content: bytes | None, told: str) -> None:
    """A problem names the job file, the key, the lookup file and, where it is known, line and column."""
    if content is not None:
        (tmp_path / "status.json").write_bytes(content)
    with pytest.raises(JobError) as caught:
        load_lookup_files(job_in(tmp_path))
    (problem,) = caught.value.problems
    assert problem.startswith(f"{tmp_path / 'night.toml'}: lookups.status: status.json{told}")


def test_every_broken_file_is_told_at_once(tmp_path: Path) -> None:
    """One look at the messages is enough to mend all files."""
    with pytest.raises(JobError) as caught:
        load_lookup_files(job_in(tmp_path, 'status = "file:s.json"\npriority = "file:p.json"'))
    assert len(caught.value.problems) == 2
