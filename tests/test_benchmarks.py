"""The benchmarks work, and the documents quote what they found."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.job.quantities import Window
from bulkcase.kore.quota import seconds_for

TOP = Path(__file__).parents[1]
RESULTS = TOP / "benchmarks" / "results.json"
WINDOWS = st.lists(st.tuples(st.integers(1, 5), st.floats(0.5, 20.0)), min_size=1, max_size=3)


def benchmark(name: str) -> ModuleType:
    """Return a module of the benchmarks, which are no part of the package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOP)
        return importlib.import_module(f"benchmarks.{name}")


def results() -> Any:
    return json.loads(RESULTS.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("document", "which"), benchmark("run").DOCUMENTS.items())
def test_the_documents_quote_the_table_of_the_results(document: str, which: str) -> None:
    """What stands between the markers is what results.json says, to the letter."""
    text = (TOP / document).read_text(encoding="utf-8")
    assert benchmark("results").with_block(text, results(), which) == text


def test_the_readme_hides_no_aim_that_was_missed() -> None:
    """The few lines of the README have every one that did not reach its aim, and it says how many these are."""
    text = (TOP / "README.md").read_text(encoding="utf-8")
    missed = [line for line in benchmark("results").lines_of(results()) if line.reached is False]
    assert text.count("**no**") == len(missed) == 3
    assert "Three of these aims were missed" in text


def test_what_the_page_about_the_quota_says_of_other_clients_was_found() -> None:
    """Its table has the time and the rejected calls that results.json has of each client."""
    told = [line.note for line in benchmark("results").lines_of(results()) if "40 in 8 s" in line.what and line.note]
    found = [re.fullmatch(r"([\d.]+ s) of 48 s; (\d+) rejected", note) for note in told]
    text = (TOP / "docs" / "explanation" / "quota.md").read_text(encoding="utf-8")
    assert len(found) == 4
    assert all(one and re.search(rf"^\| .* \| {one[1]} \| {one[2]} \|$", text, re.MULTILINE) for one in found)


def test_the_example_of_a_snapshot_is_what_was_found() -> None:
    """The calls and hours of 100,000 rows of which 1,000 differ are those of results.json."""
    sizes = results()["parts"]["snapshot"]["figures"]["sizes"]
    (found,) = [size for size in sizes if (size["rows"], size["share"]) == (100_000, 0.01)]
    calls, hours = found["calls"], found["hours"]
    text = (TOP / "docs" / "explanation" / "snapshot.md").read_text(encoding="utf-8")
    assert f"| every row is sent | {calls['all sent']:,} | {hours['all sent']:.1f} |" in text
    times = int(found["times_faster"])
    assert f"| live cases are read first | {calls['read first']:,} | {hours['read first']:.1f}, **{times} times" in text
    readme = " ".join((TOP / "README.md").read_text(encoding="utf-8").split())
    assert f"[{hours['read first']:.1f} hours and not {hours['all sent']:.1f}]" in readme


def test_the_results_are_of_a_whole_run_and_name_no_machine() -> None:
    """results.json has every part, in full, and neither the name of the machine nor a path of it."""
    text = RESULTS.read_text(encoding="utf-8")
    assert not results()["quick"]
    assert list(results()["parts"]) == [part.name for part in benchmark("parts").PARTS if part.script.exists()]
    assert set(results()["environment"]) == {"cores", "system", "python", "versions"}
    assert re.search(r"/(home|root|tmp|var|usr|opt)\b", text) is None


@pytest.fixture
def findable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes find the benchmarks, and of the tree nothing else: they measure the package that is installed."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "benchmarks").symlink_to(TOP / "benchmarks")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "tree"), prepend=os.pathsep)


@pytest.mark.long
@pytest.mark.load
@pytest.mark.skipif(sys.platform == "win32", reason="what a process took is asked of the system by wait4")
@pytest.mark.parametrize("name", [part.name for part in benchmark("parts").PARTS if part.script.exists()])
@pytest.mark.usefixtures("findable")
def test_a_benchmark_runs_to_its_end(name: str, tmp_path: Path) -> None:
    """A quick run writes the figures and the table, and prints its columns and each of its lines."""
    output = tmp_path / "results.json"
    command = [sys.executable, str(TOP / "benchmarks" / "run.py"), "--quick", "--only", name, "--output", str(output)]
    ended = subprocess.run(
        [*command, "--folder", str(tmp_path)],
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(output.read_text(encoding="utf-8"))
    (part,) = found["parts"].values()
    assert found["quick"]
    assert part["figures"]
    assert all(set(line) == {"what", "against", "ratio", "aim", "reached", "note"} for line in part["table"])
    assert all(line["ratio"] is not None or "not installed" in line["note"] for line in part["table"])
    head, *shown = ended.stdout.splitlines()
    assert re.split(r"\s{2,}", head) == list(benchmark("results").COLUMNS)
    assert [re.split(r"\s{2,}", line)[0] for line in shown] == [line["what"] for line in part["table"]]


@pytest.mark.usefixtures("findable")
def test_a_part_that_fails_is_told_and_stops_no_other() -> None:
    """Neither a script that fails nor figures that nobody understands keep the parts after them from the results."""
    run, parts = benchmark("run"), benchmark("parts")
    asked = [
        parts.Part("server", lambda _: [], quick=("no-such-file.csv",)),
        parts.Part("snapshot", lambda found: found["no such figure"], quick=("--rows", "100", "--shares", "0.1")),
        parts.Part("snapshot", lambda _: [], quick=("--rows", "100", "--shares", "0.1")),
    ]
    found = run.measure(asked, quick=True, folder=None, newman=None)
    assert [part["table"] for part in found["parts"].values()] == [[]]


def test_parts_that_were_not_measured_again_stay_as_they_were() -> None:
    """A part measured anew takes the place of its older figures alone, and what was said of those stays said."""
    same = {"quick": False, "environment": {}}
    old = {**same, "date": "2026-11-01", "load_before": 7.5, "remark": "Busy.", "parts": {"quota": 1, "throughput": 2}}
    new = {**same, "date": "2026-11-02", "load_before": 0.1, "parts": {"quota": 3}}
    together = {**new, "load_before": 7.5, "remark": "Busy.", "parts": {"throughput": 2, "quota": 3}}
    assert benchmark("run").together(new, old) == together


@pytest.mark.parametrize(
    ("other", "answer"), [({}, True), ({"quick": True}, False), ({"environment": {"cores": 64}}, False)]
)
def test_figures_of_different_kinds_are_not_put_together(other: dict[str, Any], *, answer: bool) -> None:
    """Quick figures, or those of another environment, do not stand beside others in one file."""
    old = {"quick": False, "environment": benchmark("results").environment(), **other}
    assert benchmark("run").is_alike(old, quick=False) is answer


@pytest.mark.parametrize(
    ("way", "ratio", "aim", "reached"),
    [
        ("at_least", 0.7, 0.7, True),
        ("at_least", 0.699, 0.7, False),
        ("at_most", 1.3, 1.3, True),
        ("at_most", 1.31, 1.3, False),
        ("at_most", 9.0, None, None),
    ],
)
def test_an_aim_is_reached_or_not(way: str, ratio: float, aim: float | None, *, reached: bool | None) -> None:
    """A ratio is held against its aim where there is one, and the aim itself is enough."""
    line = getattr(benchmark("results"), way)("what", "against", ratio, aim)
    assert line.reached is reached
    assert bool(line.aim) == (aim is not None)


@given(windows=WINDOWS, gaps=st.lists(st.floats(0.0, 3.0), max_size=60))
def test_the_strict_server_never_accepts_more_than_a_window_has(
    windows: list[tuple[int, float]], gaps: list[float]
) -> None:
    """No window that ends with an accepted call has more than its limit, and whoever takes the hint is accepted."""
    server = benchmark("strict").Strict(windows, latency=0.0)
    now = 0.0
    for gap in gaps:
        now += gap
        wait = server.arrive(now)
        if wait:
            now += wait + 1e-9
            assert server.arrive(now) == 0
    assert len(server.accepted) == len(gaps)
    for limit, seconds in windows:
        # A sum of moments is not exact to the last digit.
        inside = [sum(at - seconds + 1e-6 < other <= at for other in server.accepted) for at in server.accepted]
        assert max(inside, default=0) <= limit


@given(window=st.tuples(st.integers(1, 50), st.floats(0.5, 3600.0)), calls=st.integers(1, 400))
def test_the_ideal_time_is_that_of_the_quota_s_own_forecast(window: tuple[int, float], calls: int) -> None:
    """For one window the least time by trying is the least time by formula."""
    assert benchmark("strict").ideal(calls, [window]) == pytest.approx(seconds_for(calls, [Window(*window)]))


@given(windows=WINDOWS, calls=st.integers(1, 60))
def test_a_token_bucket_lets_calls_leave_at_its_rate(windows: list[tuple[int, float]], calls: int) -> None:
    """A bucket gives its burst at once, then one call for each of its steps, and no wait is endless."""
    bucket = benchmark("limiters").TokenBucket(windows)
    now = 0.0
    for _ in range(calls):
        while (free := bucket.free_at(now)) > now:
            now = free
        bucket.take(now)
    least = max(max(calls - limit, 0) * seconds / limit for limit, seconds in windows)
    assert now == pytest.approx(least, abs=1e-6)


def test_arrivals_that_find_a_window_full_are_counted() -> None:
    """A call is one too many where as many as the limit arrived inside the window before it."""
    too_many = benchmark("quota").too_many
    assert too_many([0.0, 1.0, 2.0, 10.0, 10.5], (3, 10.0)) == 1
    assert too_many([0.0, 1.0, 2.0, 10.0, 11.0], (3, 10.0)) == 0


@pytest.mark.parametrize(("cpu", "reached"), [(9.0, True), (3.0, None)])
def test_throughput_on_a_busy_machine_is_not_judged(cpu: float, *, reached: bool | None) -> None:
    """A ratio counts for or against the aim only where the bare loop had a core to itself."""
    bare = {"seconds": 10.0, "cpu_seconds": cpu}
    size = {"rows": 200_000, "token": "cached token", "against": "bare", "ratio": 1.0, "bare": bare, "bulkcase": bare}
    (line,) = benchmark("throughput").compared({"server": "nginx", "sizes": [size]})
    assert line.reached is reached
    assert ("not judged" in line.note) == (reached is None)
