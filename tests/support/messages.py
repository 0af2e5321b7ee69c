"""Every text of the package that a person can meet, read off its source; `python tests/support/messages.py` renews it.

No text is marked as one: all are taken that have words with blanks between them, but for those that only programs and
programmers read. So nobody can write a message that is not in the list.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "tests" / "messages" / "messages.md"
HOLE: Final = "{…}"
"""What stands for a value that is only known when the message is told."""

ROOMS: Final = {
    "job": "The job file",
    "input": "The file with the rows",
    "mapping": "From cells to an update",
    "planning": "From updates to a plan",
    "fields": "Fields and values",
    "kore": "Calls and answers",
    "reading": "Reading live cases",
    "sending": "Sending",
    "ledger": "The ledger and its locks",
    "operations": "The verbs",
    "reporting": "Reports and notices",
    "cli": "The command line",
    "causes": "What to do about a row, by its cause",
    "errors": "Exit codes",
}
"""The headings, in the order of the page."""

_NOT_TOLD: Final = ("sandbox", "sync.py", "__init__.py", "demo_data.py")
"""The embedded server answers as the platform does, with its words; the others tell nothing, or data of the demo."""
_FOR_PROGRAMS: Final = re.compile(
    r"^(PRAGMA|SELECT|INSERT|BEGIN|ANALYZE|UPDATE|DELETE|WITH) |SELECT |IS NOT NULL|HTTP/1\.1\r|^M\{…\}|^POST |^yyyy"
)
_PATTERNS: Final = {"re.compile", "re.sub", "re.fullmatch", "re.match"}
_NOISE: Final = re.compile(r"\[/?(?:bold|red|green|yellow|dim|blue)?[a-z ]*\]|\{…\}")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'-]+")
_LEAST_WORDS: Final = 3


class Message(NamedTuple):
    """A text and where it stands."""

    room: str
    file: str
    error: str
    """The exception that is raised with it; empty where that is none."""
    text: str


class _Texts(ast.NodeVisitor):
    """Collects the texts of a module, but for docstrings, assertions, types and the help of options."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self._raised = ""

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        self.visit(node.test)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in {"help", "description", "documentation"}:
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if ast.unparse(node.func) not in _PATTERNS:
            self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._raised = ast.unparse(node.exc.func) if isinstance(node.exc, ast.Call) else ""
        self.generic_visit(node)
        self._raised = ""

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.found.append((self._raised, node.value))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        parts = [str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values]
        self.found.append((self._raised, "".join(parts)))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)


def texts_of(source: str) -> list[tuple[str, str]]:
    """Return the texts of a module, each with the exception that it is raised with."""
    texts = _Texts()
    texts.visit(ast.parse(source))
    return [(error, text) for error, text in texts.found if _is_told(text)]


def messages() -> list[Message]:
    """Return the texts of the package that a person can meet, file by file."""
    found = list[Message]()
    package = ROOT / "bulkcase"
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package).as_posix()
        if not file.startswith(_NOT_TOLD) and not file.endswith(_NOT_TOLD):
            room = file.partition("/")[0].removesuffix(".py")
            found += (Message(room, file, error, text) for error, text in texts_of(path.read_text("utf-8")))
    return found


def page() -> str:
    """Return the page that lists them, room by room."""
    return "\n".join(_lines(messages())) + "\n"


def _is_told(text: str) -> bool:
    is_one_text = text.count("\n") < 3 and " " in text.strip()
    return is_one_text and not _FOR_PROGRAMS.search(text) and len(_WORD.findall(_NOISE.sub(" ", text))) >= _LEAST_WORDS


def _lines(every: list[Message]) -> Iterator[str]:
    yield "---"
    yield "orphan: true"
    yield "---"
    yield "# Messages"
    yield ""
    yield f"What bulkcase can tell you, by where it comes from; `{HOLE}` stands for a name, a number or another"
    yield "message. An error says what is wrong and where, and mostly behind the last colon what to do. Behind an error"
    yield "stands the exit code that it ends with, where that is always the same."
    yield ""
    yield "<!-- Made by tests/support/messages.py: run it after a change, and read what changes here. -->"
    others = sorted({one.room for one in every} - ROOMS.keys())
    for rooms, title in [*(((room,), title) for room, title in ROOMS.items()), (tuple(others), "Everywhere")]:
        yield from ("", f"## {title}", "")
        told = dict.fromkeys(f"- {_code(one.text)}{_exit(one.error)}" for one in every if one.room in rooms)
        yield from told


def _code(text: str) -> str:
    line = " ".join(
        re.sub(r"\[/?(?:bold|red|green|yellow|dim|blue)?[a-z ]*\](?!\])", "", text).replace("\\[", "[").split()
    )
    fence = "``" if "`" in line else "`"
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _exit(error: str) -> str:
    from bulkcase import errors  # noqa: PLC0415 - the list itself needs nothing of the package

    kind: Any = getattr(errors, error, None)
    is_one = isinstance(kind, type) and issubclass(kind, errors.BulkcaseError) and kind is not errors.NotPlanned
    return f" ({kind.exit_code})" if is_one else ""


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
