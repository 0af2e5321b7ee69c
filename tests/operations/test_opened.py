"""The input of a job, opened ahead of its turn."""

from pathlib import Path

import pytest
from support.jobs import a_job, write_cases

from bulkcase.errors import InputError
from bulkcase.operations.assign import set_job
from bulkcase.operations.deciding import opened
from bulkcase.operations.plan import plan

ROWS = [("ci-1", "one"), ("ci-2", "two")]


@pytest.mark.asyncio
async def test_a_plan_takes_the_input_that_is_read_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read once: a plan opens none where it was handed one."""
    write_cases(tmp_path, ROWS)
    job = a_job(tmp_path)
    plain = await plan(job)
    ahead = opened.read_ahead(job)
    assert ahead is not None
    monkeypatch.delattr(opened, "open_table")
    monkeypatch.delattr("bulkcase.input.ahead.open_table")
    assert (await plan(job, ahead=ahead)).counts == plain.counts


def test_the_input_of_another_file_is_not_taken(tmp_path: Path) -> None:
    """A corrected file that stands in for the job's is read itself."""
    write_cases(tmp_path, ROWS)
    job = a_job(tmp_path)
    ahead = opened.read_ahead(job)
    write_cases(tmp_path, ROWS[:1]).rename(tmp_path / "other.csv")
    other = job.model_copy(update={"input": job.input.model_copy(update={"path": "other.csv"})})
    with opened.opened(other, ahead=ahead) as table:
        assert len(list(table.rows())) == 1


def test_only_a_table_in_a_file_is_read_ahead(tmp_path: Path) -> None:
    """A stream may never end, a list of keys is quickly read, and a file that is missing is told of in its turn."""
    job = a_job(tmp_path)
    assert opened.read_ahead(job) is None
    with pytest.raises(InputError, match="no such file"):
        opened.opened(job)
    streamed = job.model_copy(update={"input": job.input.model_copy(update={"path": "-"})})
    assert opened.read_ahead(streamed) is None
    (tmp_path / "keys.txt").write_text("ci-1\n")
    assert opened.read_ahead(set_job(job.file, str(tmp_path / "keys.txt"), ["desc=x"])) is None


def test_a_path_that_cannot_be_looked_at_is_told_of_in_its_turn(tmp_path: Path) -> None:
    """A name that no disk takes is an error of the input, and not of whoever reads ahead."""
    job = a_job(tmp_path)
    named = job.model_copy(update={"input": job.input.model_copy(update={"path": f"{'x' * 300}.csv"})})
    assert opened.read_ahead(named) is None
    with pytest.raises(InputError, match="xxx"):
        opened.opened(named)
