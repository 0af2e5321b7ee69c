"""A page as one self-contained text: template, style, script and data in one."""

import json
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bulkcase.reporting.files import make_folder, whole_file
from bulkcase.reporting.formats.html.view import data, view
from bulkcase.reporting.formats.html.words import clean
from bulkcase.reporting.page import Page

if TYPE_CHECKING:
    from jinja2 import Environment

FILE: Final = "report.html"
_LONGEST: Final = 1000
"""Characters of any text that the template shows."""
_HERE: Final = Path(__file__).parent
_ESCAPES: Final = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
"""What could end or open an element, or a line, inside of a script."""


def write_page(folder: Path, page: Page) -> str:
    """Write report.html, for its owner only, and return the file's name.

    Raises EnvironmentFailed where it cannot be written.
    """
    text = page_text(page)
    make_folder(folder)
    with whole_file(folder / FILE) as file:
        file.write(text)
    return file.path.name


def page_text(page: Page) -> str:
    """Return report.html, which needs nothing but itself."""
    style, script = _part("page.css"), _part("page.js")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            **view(page),
            style=style,
            script=script,
            style_hash=_hash(style),
            script_hash=_hash(script),
            data=script_json(data(page)),
        )
    )


def script_json(value: Any) -> str:
    """Return JSON that can stand in a script element, whatever the values are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    # Start-up time counts, and most commands make no page.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - see above

    return Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize,
    )


def _finalize(value: Any) -> Any:
    """Make what is invisible visible in every text that the template shows, and cut it; markup stays as it is."""
    return clean(value, _LONGEST) if type(value) is str else value


def _part(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
