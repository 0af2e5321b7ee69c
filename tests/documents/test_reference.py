"""The pages that are made from the program are those of today's program."""

import pytest
from make_reference import FOLDER, PAGES, commands, table, toml
from reference_words import CODES, COLUMNS_TOLD, FORMS, OUTCOMES

from bulkcase import causes
from bulkcase.model import Outcome
from bulkcase.operations.schema import text
from bulkcase.reporting.formats.results import COLUMNS


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_reference_is_current(name: str) -> None:
    """What `python docs/make_reference.py` would write is what stands there."""
    kept = (FOLDER / name).read_text(encoding="utf-8")
    assert kept == PAGES[name](), "renew it: python docs/make_reference.py"


def test_the_reference_has_no_other_pages() -> None:
    """What lies in docs/reference is made here."""
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def test_everything_that_has_to_be_told_is() -> None:
    """Each cause, outcome, column and quantity of the program has its words, and nothing else has."""
    assert set(CODES) == set(causes.CODES)
    assert set(OUTCOMES) == set(Outcome)
    assert tuple(COLUMNS_TOLD) == COLUMNS
    schema = text()
    assert [name for name, pattern in FORMS.items() if toml(pattern) not in schema] == []


def test_a_cell_of_a_table_does_not_end_it() -> None:
    """What divides cells is written so that it does not."""
    assert table(["a"], [["x|y"]]) == "| a |\n| --- |\n| x\\|y |"


def test_an_option_takes_what_the_help_says() -> None:
    """A text is no number: each option has the type, the choices or the word that --help shows."""
    page = commands()
    for written in ("`--match` `<_id|refId>`", "`--host` `<str>`", "`--limit` `N`", "`--port` `<int>`"):
        assert f"| {written.replace('|', chr(92) + '|')} |" in page
