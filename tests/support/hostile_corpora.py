"""Files that other projects test their readers with, fetched from where this machine gets its packages.

None of them is kept here. As a script, with a folder: fetches them all and prints what became of them.
"""

import json
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bulkcase.errors import InputError
from bulkcase.input import Source, open_table

SPECTRUM = "csv-spectrum"
CORPORA = {
    SPECTRUM: ("npm", "pack", "--silent", SPECTRUM),
    "papaparse": ("npm", "pack", "--silent", "papaparse"),
    "xlsx-populate": ("npm", "pack", "--silent", "xlsx-populate"),
    "readr": ("apt-get", "download", "r-cran-readr"),
    "readxl": ("apt-get", "download", "r-cran-readxl"),
    **{
        name: (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", name)
        for name in ("agate", "agate-excel", "csvkit", "ezodf", "petl", "pyexcel-ods", "pyexcel-xls", "tablib", "xlrd2")
    },
}
"""What fetches each: the clients of the registries, with the settings of the machine."""
_AT_ODDS = ("location_coordinates", {"Contact Phone Number": "2095257564"})
"""Where the corpus has one value in its CSV and tells another one; this is the one of the CSV."""
ENDINGS = frozenset({".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods"})


def fetched(name: str, folder: Path, seconds: float = 60) -> str:
    """Fetch and unpack a corpus into a folder; return why it cannot be had, or an empty text."""
    command = CORPORA[name]
    if shutil.which(command[0]) is None:
        return f"there is no {command[0]} here"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(command, cwd=folder, timeout=seconds, check=True, capture_output=True)
    except (subprocess.SubprocessError, OSError) as error:
        return f"{name} cannot be fetched: {error}"
    for package in list(folder.iterdir()):
        if package.suffix == ".deb":
            subprocess.run(["dpkg-deb", "-x", package.name, "."], cwd=folder, check=True)
        elif package.suffix in {".tgz", ".gz"}:
            with tarfile.open(package) as archive:
                archive.extractall(folder, filter="data")
    return ""


def files(folder: Path) -> list[Path]:
    """Return the files of a corpus that are named like tables."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())


def became(path: Path) -> tuple[str, int]:
    """Return whether a file is read or refused, and its rows; raises AssertionError where a refusal is not clear."""
    try:
        with open_table(Source(path, sheet=1 if path.suffix.lower() not in {".csv", ".tsv"} else None)) as table:
            return "read", sum(1 for _ in table.rows())
    except InputError as error:
        for problem in error.problems:
            assert problem.startswith(f"{path}: "), problem
            assert problem.isprintable(), ascii(problem)
        return "refused", 0


def counts(folder: Path) -> Counter[str]:
    """Return how many files of a corpus are read and refused, and how many rows they have."""
    found: Counter[str] = Counter()
    for path in files(folder):
        how, rows = became(path)
        found += Counter({"files": 1, how: 1, "rows": rows})
    return found


def spectrum(folder: Path) -> Iterator[tuple[Path, Sequence[dict[str, str]]]]:
    """Yield each CSV of csv-spectrum, with the rows that it has by its own word."""
    for path in files(folder):
        expected = path.parents[1] / "json" / f"{path.stem}.json"
        rows = json.loads(expected.read_text(encoding="utf-8"))
        if path.stem == _AT_ODDS[0]:  # told as its only row
            rows = [rows | _AT_ODDS[1]]
        yield path, rows


def main() -> None:
    """Fetch all and print a line for each."""
    folder = Path(sys.argv[1])
    for name in CORPORA:
        why = fetched(name, folder / name)
        found = counts(folder / name)
        told = why or ", ".join(f"{found[what]:,} {what}" for what in ("files", "read", "refused", "rows"))
        sys.stdout.write(f"{name}: {told}\n")


if __name__ == "__main__":
    main()
