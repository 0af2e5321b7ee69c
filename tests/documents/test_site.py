"""The site is built from the pages without a warning, and needs nobody else's server."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.documents import TOP, pages

import bulkcase

_LOADED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"([^\"]*)\"|<link\b[^>]*\bhref=\"([^\"]*)\"|url\(([^)]*)\)"
)
_LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)#\s]+)(?:#[^)\s]*)?\)|\b(?:src|href)=\"([^\"#]+)\"")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; a reference to nothing is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", "-c", "docs", "-d", f"{folder}/kept"]
    ended = subprocess.run(
        [*command, ".", f"{folder}/html"], cwd=TOP, capture_output=True, encoding="utf-8", check=False, timeout=300
    )
    assert ended.returncode == 0, ended.stderr
    return folder / "html"


def test_the_site_has_every_page(site: Path) -> None:
    """Each page is in the site, whose start leads to one that names the version."""
    made = {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")}
    assert {page.relative_to(TOP).with_suffix("") for page in pages()} <= made
    assert 'url=docs/index.html"' in (site / "index.html").read_text(encoding="utf-8")
    assert f"bulkcase {bulkcase.__version__}" in (site / "docs" / "index.html").read_text(encoding="utf-8")


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    """No script, style, font or picture of a page comes from another host."""
    files = [path for path in site.rglob("*") if path.suffix in {".html", ".css"}]
    found = {
        address
        for path in files
        for match in _LOADED.findall(path.read_text(encoding="utf-8"))
        for address in match
        if re.match(r"['\"]?(?:https?:)?//", address)
    }
    assert len(files) > 10
    assert found == set()


def test_the_python_page_is_filled(site: Path) -> None:
    """Names that are imported when they are first used are described all the same."""
    text = (site / "docs" / "reference" / "python.html").read_text(encoding="utf-8")
    assert [name for name in bulkcase.__all__ if name != "sync" and f'id="bulkcase.{name}"' not in text] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(TOP)))
def test_a_link_in_the_repository_leads_somewhere(page: Path) -> None:
    """Each link of a page that is none to the web names a file, relative to the page, as a code host follows it."""
    links = [link for match in _LINK.findall(page.read_text(encoding="utf-8")) for link in match if link]
    missing = [link for link in links if not re.match(r"\w+:", link) and not (page.parent / link).exists()]
    assert missing == []


def test_a_picture_is_small_and_shown() -> None:
    """Each picture is one that a page shows, loads quickly, and asks nobody for anything."""
    pictures = [path for path in (TOP / "docs" / "pictures").iterdir() if path.suffix in {".svg", ".png"}]
    text = "".join(page.read_text(encoding="utf-8") for page in pages())
    assert len(pictures) == 3
    assert [path.name for path in pictures if path.name not in text] == []
    assert [path.name for path in pictures if path.stat().st_size > 300_000] == []
    drawn = [
        path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        for path in pictures
        if path.suffix == ".svg"
    ]
    assert not any("//" in svg for svg in drawn)
