"""Every block of code in the documentation does what its page says of it; the how-tos have a file of their own."""

from pathlib import Path

import pytest
from support.document_session import follow
from support.documents import TOP, blocks_of, pages

NOT_RUN: dict[str, list[str]] = {
    "CONTRIBUTING.md": ["a tree of folders"],
    "README.md": ["the gate of the repository does, on a bare clone"] * 2,
    "benchmarks/README.md": ["it takes minutes"] * 10,
    "configs/schedules/README.md": ["it sets up a machine", "it is for the user that was made there"],
    "docs/faults.md": ["it is this very suite"] * 2,
    "docs/reference/exit-codes.md": ["it is a picture"],
    "docs/tutorial.md": ["a person presses Ctrl-C"],
}
"""By page, the reasons for which its blocks are not run, in their order."""
HERE = [page for page in pages() if page.parent.name != "how-to"]


@pytest.mark.parametrize("page", HERE, ids=lambda page: str(page.relative_to(TOP)))
def test_the_blocks_of_a_page_do_what_it_says(page: Path, tmp_path: Path) -> None:
    """A reader who follows the page, block by block, in an empty folder, sees what it shows."""
    follow(page, tmp_path / "page")


def test_hardly_a_block_is_not_run() -> None:
    """These blocks, for these reasons, and no other one is left out."""
    found = {
        str(page.relative_to(TOP)): [
            block.reason for block in blocks_of(page.read_text(encoding="utf-8"), page.name) if block.reason is not None
        ]
        for page in pages()
    }
    assert {page: reasons for page, reasons in found.items() if reasons} == NOT_RUN
