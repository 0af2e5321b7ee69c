import stat
from pathlib import Path

import pytest
from support.pages import small_page

from bulkcase.errors import EnvironmentFailed
from bulkcase.reporting.formats.html import FILE, write_page


def test_the_page_is_its_owners_only(tmp_path: Path) -> None:
    """It is written whole, into a folder that is made for it."""
    write_page(tmp_path / "run", small_page())
    file = tmp_path / "run" / FILE
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file.parent, file)] == [0o700, 0o600]
    assert file.read_text("utf-8").endswith("</html>\n")
    assert [path.name for path in file.parent.iterdir()] == ["report.html"]


def test_a_page_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A folder in the way is an error of the environment."""
    (tmp_path / FILE).mkdir()
    with pytest.raises(EnvironmentFailed, match="Is a directory"):
        write_page(tmp_path, small_page())
