"""From a spreadsheet to a run: init, check and run --sandbox, over real sockets."""

import shutil
from pathlib import Path

import orjson
import pytest
from support.jobs import read_results

from bulkcase.cli.main import exit_code_of
from bulkcase.job import load

SAMPLES = Path(__file__).parents[2] / "sample_data"


@pytest.mark.parametrize(
    ("file", "fmt"), [("cases.csv", "%d/%m/%Y %H:%M"), ("cases.xlsx", None)], ids=["csv", "workbook"]
)
def test_the_sample_data_goes_the_whole_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: str, fmt: str | None
) -> None:
    """The proposed job is checked and rehearsed as it is, and of its rows only the known dirt is not sent."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(SAMPLES / file, tmp_path / file)
    assert exit_code_of(["init", file, "--timezone", "Europe/Berlin"]) == 0
    job = load(tmp_path / "cases.toml")
    assert list(job.mapping) == ["name", "status", "priority", "dueDate"]
    assert job.mapping["dueDate"].format == fmt

    assert exit_code_of(["check", "cases.toml"]) == 1
    checked = capsys.readouterr().out.splitlines()
    assert [int(line.split()[2].rstrip(":")) for line in checked if " row " in line] == [12, 18, 20, 21]

    assert exit_code_of(["run", "cases.toml", "--sandbox", "--yes", "--quiet", "--json", "--limit", "30"]) == 1
    summary = orjson.loads(capsys.readouterr().out)
    assert summary["rows"] == 30
    assert summary["outcomes"]["failed"] == summary["outcomes"]["unknown"] == 0
    results = read_results(tmp_path / "reports" / summary["run_id"])
    assert [int(row["bulkcase_row"]) for row in results if row["bulkcase_outcome"] == "invalid"] == [9, 12, 18, 20, 21]
