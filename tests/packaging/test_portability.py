"""What can be seen on any system of how bulkcase fares on Windows and macOS; `.ci/run` has mypy look as well."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from support.program import SECONDS, environment

from bulkcase import causes

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "bulkcase"
UNIX_ONLY = ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty", "uvloop")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that are devices on Windows, in any folder."""

_IMPORTING = f"""
import pkgutil, sys
import filelock, psutil  # on each system these take what is there
for name in {UNIX_ONLY}:
    sys.modules[name] = None
import bulkcase
names = [each.name for each in pkgutil.walk_packages(bulkcase.__path__, "bulkcase.") if "__main__" not in each.name]
for name in names:
    __import__(name)
print(len(names))
"""


def test_no_module_needs_a_library_of_unix_to_be_imported(tmp_path: Path) -> None:
    """Every module can be imported where what only Unix has is missing."""
    command = [sys.executable, "-c", _IMPORTING]
    ended = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) > 200


def test_no_file_of_a_cause_is_a_device() -> None:
    """failed/<cause>.csv can be written on Windows, and none of them is another one where case is not told apart."""
    names = list(causes._TIPS)
    assert [name for name in names if RESERVED.fullmatch(name) or not re.fullmatch(r"[a-z0-9_]+", name)] == []


def test_the_tree_can_be_checked_out_everywhere() -> None:
    """No name of a file has what Windows forbids, is too long for it, or differs from another one by case alone."""
    folders = [TOP / each for each in ("bulkcase", "tests", "benchmarks", "configs", "docs", "sample_data")]
    names = [path.relative_to(TOP).as_posix() for folder in folders for path in folder.rglob("*")]
    assert [name for name in names if re.search(r'[<>:"|?*\\]|[. ]$', name) or len(name) > 120] == []
    assert [name for name in names if any(RESERVED.fullmatch(part) for part in name.split("/"))] == []
    assert [name for name, count in Counter(map(str.lower, names)).items() if count > 1] == []
