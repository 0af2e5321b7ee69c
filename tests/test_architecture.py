"""The house keeps its rules: imports, sizes, docstrings, causes, and tests that state behaviour."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkcase.causes import known, tip

TOP = Path(__file__).parents[1]
CODE = sorted((TOP / "bulkcase").rglob("*.py"))
TESTS = sorted((TOP / "tests").rglob("*.py"))
LONGEST = 320


def test_imports_follow_the_way_of_the_data() -> None:
    """No room imports upward or its neighbour, the sandbox shares no code, decisions are pure."""
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    checked = subprocess.run(linter, cwd=TOP, capture_output=True, text=True, timeout=120, check=False)
    assert checked.returncode == 0, checked.stdout[-3000:] + checked.stderr
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", checked.stdout)


@pytest.mark.parametrize("file", CODE, ids=lambda file: str(file.relative_to(TOP)))
def test_every_module_says_what_it_is(file: Path) -> None:
    """Each module starts with a docstring."""
    assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", [*CODE, *TESTS], ids=lambda file: str(file.relative_to(TOP)))
def test_no_file_has_two_jobs(file: Path) -> None:
    """No file is so long that it must have two jobs."""
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("file", CODE, ids=lambda file: str(file.relative_to(TOP)))
def test_no_function_is_longer_than_a_screen(file: Path) -> None:
    """A function of more than some forty lines, its docstring apart, does two things."""
    for function in _functions(file):
        lines = (function.end_lineno or 0) - function.lineno - (ast.get_docstring(function) or "").count("\n")
        assert lines <= 45, f"{function.name}: {lines} lines"


@pytest.mark.parametrize("file", [file for file in TESTS if file.name.startswith("test_")], ids=lambda file: file.name)
def test_every_test_states_what_holds(file: Path) -> None:
    """Each test has a docstring of one sentence, async ones are marked, and none sleeps for real."""
    text = file.read_text(encoding="utf-8")
    for function in _functions(file):
        if not function.name.startswith("test_"):
            continue
        said = ast.get_docstring(function)
        assert said, f"{function.name} has no docstring"
        assert said.rstrip().endswith("."), f"{function.name}: {said}"
        if isinstance(function, ast.AsyncFunctionDef):
            marks = " ".join(map(ast.unparse, function.decorator_list))
            assert "asyncio" in marks or "pytestmark = pytest.mark.asyncio" in text, f"{function.name} is not marked"
    assert not re.search(r"\btime\.sleep\(\S", text)


def test_every_cause_is_in_the_catalogue_with_a_tip() -> None:
    """Each code that the program gives a row is known, and says what to do."""
    codes = set()
    for file in CODE:
        codes |= set(re.findall(r'(?:Rejection|Fault)\(\s*"([a-z_]+)"', file.read_text()))
        codes |= set(re.findall(r'code="([a-z_]+)"', file.read_text()))
    assert {"bad_key", "duplicate_case", "row_unreadable"} <= codes
    assert [code for code in codes if not known(code) or not tip(code)] == []


def _functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
