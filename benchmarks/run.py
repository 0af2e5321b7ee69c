"""All benchmarks, one after the other: prints a table, and writes it with all figures as JSON.

    python benchmarks/run.py [--quick] [--only NAME …] [--output FILE] [--newman COMMAND] [--folder /var/tmp]
    python benchmarks/run.py --document

Everything talks to loopback only and ends by itself. The exit code is 1 where a part failed; an aim that was not
reached is none, the table says so. With --document nothing is measured: the table of results.json is written into
README.md and into the one beside this file.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from benchmarks.parts import FOLDER, PARTS, Part
from benchmarks.processes import end_at_signals
from benchmarks.results import Which, as_json, environment, lines_of, text_table, with_block

RESULTS = FOLDER / "results.json"
DOCUMENTS: Final[dict[str, Which]] = {
    "benchmarks/README.md": "all",
    "docs/explanation/how-fast.md": "aims",
    "README.md": "brief",
}
"""Documents with the table, and the lines that each has."""
_LONGEST = 3600
"""Seconds after which a part is ended."""


def measure(parts: Sequence[Part], *, quick: bool, folder: Path | None, newman: str | None) -> dict[str, Any]:
    """Return the results of all parts; one that fails is told, and is no reason to leave out the others."""
    load = round(os.getloadavg()[0], 1)  # later it is that of the benchmarks
    found: dict[str, Any] = {}
    for part in parts:
        began = perf_counter()
        say(f"{part.name} …")
        more = ["--folder", str(folder)] if folder and part.takes_folder else []
        more += ["--newman", newman] if newman and part.name == "tools" else []
        part_found = measured(part, [*(part.quick if quick else part.full), *more])
        seconds = round(perf_counter() - began)
        if part_found is not None:
            found[part.name] = {"date": today(), **part_found}
        say(f"{part.name}: {'failed' if part_found is None else 'done'} after {seconds} s")
    return {"date": today(), "quick": quick, "load_before": load, "environment": environment(), "parts": found}


def measured(part: Part, arguments: Sequence[str]) -> dict[str, Any] | None:
    """Return what a script found, and its lines of the table; None where it failed, which was told.

    A process each: what one imports, patches or leaves in memory must not be in the figures of the next.
    """
    command = [sys.executable, str(part.script), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own
        try:
            said, _ = process.communicate(timeout=_LONGEST)
        except BaseException as error:
            process.terminate()  # it has servers to end and folders to delete
            process.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            return None
    if process.returncode:
        return None
    try:
        figures = json.loads(said)
        return {"table": as_json(part.compared(figures)), "figures": figures}
    except (LookupError, TypeError, ValueError) as error:
        say(f"{part.name}: its figures are not of the form that its line is made from: {error!r}")
        return None


def is_alike(old: dict[str, Any], *, quick: bool) -> bool:
    """Say whether figures that are made now may stand beside those of earlier results."""
    return bool(old["quick"] == quick and old["environment"] == environment())


def together(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """Return results with the parts of earlier ones that were not measured again, in the order of the parts."""
    parts = {**old["parts"], **new["parts"]}
    kept = {**new, "parts": {part.name: parts[part.name] for part in PARTS if part.name in parts}}
    # What is said of figures that are still there goes on to be said of them.
    kept["load_before"] = max(new["load_before"], old["load_before"])
    return {**kept, "remark": old["remark"]} if old.get("remark") else kept


def today() -> str:
    """Return the date, in UTC."""
    return datetime.now(UTC).date().isoformat()


def say(line: str) -> None:
    """Tell whoever waits."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def write_documents() -> None:
    """Write the table into the documents."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    for name, which in DOCUMENTS.items():
        document = FOLDER.parent / name
        text = with_block(document.read_text(encoding="utf-8"), results, which)
        document.write_text(text, encoding="utf-8")


def main() -> int:
    """Measure what is asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [part.name for part in PARTS if part.script.exists()]
    parser.add_argument("--quick", action="store_true", help="see that it works; the figures say nothing")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--output", type=Path, help="default: results.json beside this file; none with --quick")
    parser.add_argument("--newman", help="the command, where it is not in PATH")
    parser.add_argument("--folder", type=Path, help="on a real disk")
    parser.add_argument("--document", action="store_true", help="write the table into the documents, measure nothing")
    given = parser.parse_args()
    if given.document:
        write_documents()
        return 0
    end_at_signals()
    asked = [part for part in PARTS if part.name in given.only]
    output = given.output or (None if given.quick else RESULTS)
    old = json.loads(output.read_text(encoding="utf-8")) if output and output.exists() and given.only != names else None
    if old is not None and not is_alike(old, quick=given.quick):
        parser.error(f"{output} has figures of other versions or another kind: measure all, or take another --output")
    results = measure(asked, quick=given.quick, folder=given.folder, newman=given.newman)
    sys.stdout.write(text_table(lines_of(results)))
    if output is not None:
        whole = results if old is None else together(results, old)
        output.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
        say(f"written: {output}")
    return 0 if len(results["parts"]) == len(asked) else 1


if __name__ == "__main__":
    sys.exit(main())
