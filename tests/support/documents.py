"""The fenced blocks of a page of the documentation, in their order, with what the page says of each.

What is said of a block stands in comments right before it, which readers do not see:

    <!-- setup: LINES -->            lines of shell that are run first
    <!-- file: NAME -->              the block is written to this file, as it is
    <!-- at a terminal: y, 20 -->    its lines are run at a terminal, where these answers are typed
    <!-- not run: REASON -->         nobody runs it
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

TOP = Path(__file__).parents[2]

_SAID = re.compile(r"<!--\s*(setup|file|at a terminal|not run):\s*(.*?)\s*-->", re.DOTALL)
_NAMED = re.compile(r"# (\S+\.toml)")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: str
    line: int
    """Of its fence in the page, from 1 on."""
    number: int
    """Among the blocks of the page, from 1 on."""
    kind: str
    text: str
    said: dict[str, str] = field(default_factory=dict)
    """What comments say of it, by their first words."""

    @property
    def place(self) -> str:
        """Where it is, for whoever has to mend it."""
        return f"{self.page}:{self.line}: block {self.number} ({self.kind})"

    @property
    def file(self) -> str | None:
        """The file that it is written to: one that is named before it, or in the first line of a job."""
        named = _NAMED.fullmatch(self.text.partition("\n")[0].strip()) if self.kind == "toml" else None
        return self.said.get("file") or (named[1] if named else None)

    @property
    def reason(self) -> str | None:
        """Why it is not run; None where it is."""
        return self.said.get("not run")


class WrongPageError(AssertionError):
    """A block that does not do what its page says of it."""

    def __init__(self, block: Block, what: str, *, line: int = 0) -> None:
        """Name page, line and block; `line` counts from the first line of the block, its fence is 0."""
        super().__init__(f"{block.page}:{block.line + line}: block {block.number} ({block.kind}): {what}")


def pages() -> list[Path]:
    """Return every page whose blocks are run."""
    single = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "configs/schedules/README.md", "benchmarks/README.md")
    docs = (page for page in (TOP / "docs").rglob("*.md") if "_build" not in page.parts)
    return [*(TOP / name for name in single if (TOP / name).exists()), *sorted(docs)]


def blocks_of(text: str, page: str) -> list[Block]:
    """Return the blocks of a page; raises WrongPageError for what is said of no block."""
    return list(_blocks(text, page))


def _blocks(text: str, page: str) -> Iterator[Block]:
    said: dict[str, str] = {}
    number = 0
    for token in MarkdownIt("commonmark").parse(text):
        start = token.map[0] + 1 if token.map else 0
        if token.type == "html_block" and (found := dict(_SAID.findall(token.content))):
            said |= found
        elif token.type in {"fence", "code_block"} and not token.info.startswith("{"):
            number += 1
            yield Block(page, start, number, token.info.strip() or "nothing", token.content, said)
            said = {}
        elif said and token.type != "html_block" and token.nesting >= 0:
            raise WrongPageError(Block(page, start, number + 1, "none", ""), f"no block comes after: {said}")
    if said:
        raise WrongPageError(Block(page, text.count("\n"), number + 1, "none", ""), f"no block comes after: {said}")
