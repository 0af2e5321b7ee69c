import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from bulkcase import causes
from bulkcase.kore.verdict import Silence

ROOT = Path(__file__).parent.parent
PACKAGE, TESTS = ROOT / "bulkcase", ROOT / "tests"
SUPPORT = TESTS / "support"
LONGEST = 320

Function = ast.FunctionDef | ast.AsyncFunctionDef

Trees = dict[Path, ast.Module]


@pytest.fixture(scope="module")
def trees() -> Trees:
    """Return all code, of the package and of its tests."""
    return {
        path: ast.parse(path.read_text(encoding="utf-8"), str(path))
        for folder in (PACKAGE, TESTS)
        for path in sorted(folder.rglob("*.py"))
    }


@pytest.fixture(scope="module")
def files_of_tests(trees: Trees) -> Trees:
    """Return the files with tests."""
    return {path: tree for path, tree in trees.items() if path.name.startswith("test_")}


@pytest.fixture(scope="module")
def own_code(trees: Trees) -> Trees:
    """Return the modules of the package."""
    return {path: tree for path, tree in trees.items() if path.is_relative_to(PACKAGE)}


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def claims_in(tree: ast.Module) -> Iterator[Function]:
    """Yield the test functions of a file, those in classes too."""
    for node in ast.walk(tree):
        if isinstance(node, Function) and node.name.startswith("test"):
            yield node


def test_imports_keep_to_the_levels(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The contracts in .importlinter hold: levels, the sandbox apart, and pure decisions."""
    monkeypatch.syspath_prepend(ROOT)
    # It would switch off every logger of this process, and with them what other tests listen to.
    monkeypatch.setattr("logging.config.dictConfig", lambda _: None)
    status = lint_imports(config_filename=str(ROOT / ".importlinter"), no_cache=True, no_logo=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_every_module_says_what_it_is(own_code: Trees) -> None:
    """Each module of the package opens with a docstring."""
    silent = [place(path, tree) for path, tree in own_code.items() if not ast.get_docstring(tree)]
    assert silent == []


def test_no_file_has_two_jobs(trees: Trees) -> None:
    """A file that grows too long is split."""
    lengths = {place(path, tree): path.read_text(encoding="utf-8").count("\n") for path, tree in trees.items()}
    assert {where: length for where, length in lengths.items() if length > LONGEST} == {}


def test_every_test_states_its_behaviour(files_of_tests: Trees) -> None:
    """Each test has a docstring of one sentence."""
    odd = [
        f"{place(path, test)} {test.name}"
        for path, tree in files_of_tests.items()
        for test in claims_in(tree)
        if not is_one_sentence(ast.get_docstring(test) or "")
    ]
    assert odd == []


def is_one_sentence(text: str) -> bool:
    """Say whether a text is one paragraph with one full stop that ends a sentence, its last character."""
    return text.endswith(".") and "\n\n" not in text and not re.search(r"[.!?]\s+[A-Z]", text)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("A row is sent.", True),
        ("A row is sent\nonce, by v1.2 of it.", True),
        ("A row is sent", False),
        ("A row is sent. Once.", False),
        ("A row is sent.\n\nonce.", False),
        ("", False),
    ],
)
def test_a_sentence_is_known_when_it_is_seen(text: str, answer: bool) -> None:
    """The check of docstrings tells one sentence from none and from two."""
    assert is_one_sentence(text) is answer


def test_every_async_test_is_marked(files_of_tests: Trees) -> None:
    """A coroutine that no loop runs would pass whatever it says."""
    unmarked = [
        f"{place(path, test)} {test.name}"
        for path, tree in files_of_tests.items()
        for test in claims_in(tree)
        if isinstance(test, ast.AsyncFunctionDef) and "asyncio" not in marks_of(tree, test)
    ]
    assert unmarked == []


def marks_of(tree: ast.Module, test: Function) -> str:
    """Return the source of the marks that a test has, its module's included."""
    modules = [node.value for node in tree.body if isinstance(node, ast.Assign) and is_pytestmark(node)]
    return " ".join(ast.unparse(node) for node in [*modules, *test.decorator_list])


def is_pytestmark(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)


def test_no_test_sleeps_for_real(trees: Trees) -> None:
    """No test waits for time to pass: it sleeps for zero seconds, or on the loop whose time is not real."""
    sleeping = [
        place(path, call)
        for path, tree in trees.items()
        if path.is_relative_to(TESTS) and not path.is_relative_to(SUPPORT)
        for call in sleeps_in(tree)
    ]
    assert sleeping == []


def sleeps_in(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield the calls of `time.sleep` and `asyncio.sleep` that may take time, however they were imported."""
    real = {"time"} if has_virtual_time_only(tree) else {"time", "asyncio"}
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in real
        for alias in node.names
        if alias.name == "sleep"
    }
    sleeps = {f"{module}.sleep" for module in real} | imported
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in sleeps:
            seconds = [*node.args, *(word.value for word in node.keywords)][0]
            if not (isinstance(seconds, ast.Constant) and seconds.value == 0):
                yield node


def has_virtual_time_only(tree: ast.Module) -> bool:
    """Say whether a file runs its coroutines in virtual time, and none of them on a real loop."""
    virtual = any(isinstance(node, ast.ImportFrom) and node.module == "support.virtual" for node in ast.walk(tree))
    return virtual and not re.search(r"mark\.asyncio|asyncio\.(run|Runner)\b", ast.unparse(tree))


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("import time\ntime.sleep(0.1)", 1),
        ("import asyncio\nasyncio.sleep(delay=1)", 1),
        ("from time import sleep as nap\nnap(1)", 1),
        ("import asyncio\nasyncio.sleep(seconds)", 1),
        ("import asyncio\nasyncio.sleep(0)", 0),
        ("clock.sleep(5)", 0),
        ("from support.virtual import run\nasyncio.sleep(5)", 0),
        ("from support.virtual import run\ntime.sleep(5)", 1),
        ("from support.virtual import run\n@pytest.mark.asyncio\nasync def test(): await asyncio.sleep(5)", 1),
    ],
)
def test_a_sleep_is_known_when_it_is_seen(source: str, count: int) -> None:
    """The check of sleeps finds them under each name that they can have."""
    assert len(list(sleeps_in(ast.parse(source)))) == count


def test_every_cause_is_in_the_catalogue(own_code: Trees) -> None:
    """Each code that the package writes, literally or as a way of silence, is one that causes.py explains."""
    found = codes_in([tree for path, tree in own_code.items() if not path.is_relative_to(PACKAGE / "sandbox")])
    assert len(found) > 20, "the search has to find what there is"
    assert {code for code in found | set(Silence) if not causes.known(code)} == set()


def test_every_cause_has_a_tip() -> None:
    """Whoever reads a code is told in a sentence what to do, for a plain HTTP status too."""
    codes = [*causes._TIPS, "http_418", "http_503"]
    assert [code for code in codes if not causes.known(code) or not causes.tip(code).endswith(".")] == []
    assert causes.tip("") == ""


def codes_in(trees: list[ast.Module]) -> set[str]:
    """Return the texts that are handed over as a `code`, to whatever takes one, or kept in a variable of that name."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    takers = dict(found for node in nodes for found in takers_in(node))
    values: list[ast.expr] = []
    for node in nodes:
        if isinstance(node, ast.Call):
            index = takers.get(ast.unparse(node.func).rpartition(".")[2])
            values += [word.value for word in node.keywords if word.arg == "code"]
            values += [] if index is None else node.args[index : index + 1]
        elif isinstance(node, ast.Assign) and "code" in {ast.unparse(target) for target in node.targets}:
            values.append(node.value)
    return {text for value in values for text in texts_in(value) if text}


def takers_in(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the name of what takes a `code` by place, and that place."""
    if isinstance(node, Function):
        parameters = [parameter.arg for parameter in node.args.args if parameter.arg not in {"self", "cls"}]
        if "code" in parameters:
            yield node.name, parameters.index("code")
    if isinstance(node, ast.ClassDef):
        fields = [ast.unparse(item.target) for item in node.body if isinstance(item, ast.AnnAssign)]
        if "code" in fields:
            yield node.name, fields.index("code")


def texts_in(value: ast.expr) -> Iterator[str]:
    """Yield the texts that an expression can be: a literal, either side of a condition; not what it is made from."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from texts_in(value.body)
        yield from texts_in(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for part in value.values:
            yield from texts_in(part)


def test_a_code_is_known_when_it_is_seen() -> None:
    """The check of causes finds codes by place, by keyword, in conditions and in variables, and nothing else."""
    source = """
class Verdict:
    kind: str
    code: str = ""
def explain(text, code): ...
Verdict("kind", "a"), model.Verdict(code="b"), explain("text", "c" if x else "d"), explain("text", e or "f")
code = "g" if y == "no code" else ""
other("kind", "no code")
"""
    assert codes_in([ast.parse(source)]) == set("abcdfg")
