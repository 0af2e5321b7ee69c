"""The files that other projects test their readers with."""

from pathlib import Path

import pytest
from support.hostile_corpora import CORPORA, SPECTRUM, counts, fetched, spectrum

from bulkcase.input import Source, open_table


def test_the_rows_of_csv_spectrum_are_those_that_it_tells(tmp_path: Path) -> None:
    """Quotes, line breaks, commas, JSON and other letters in cells come out as the corpus says."""
    if why := fetched(SPECTRUM, tmp_path, seconds=10):
        pytest.skip(why)
    seen = 0
    for path, expected in spectrum(tmp_path):
        with open_table(Source(path)) as table:
            rows = [dict(zip(table.header, map(str, row.cells), strict=True)) for row in table.rows()]
        assert rows == expected, path.name
        seen += 1
    assert seen >= 12


@pytest.mark.parametrize("name", CORPORA)
def test_each_file_of_a_corpus_ends_in_rows_or_clear_lines(
    tmp_path: Path, name: str, request: pytest.FixtureRequest
) -> None:
    """What was gathered because it breaks readers breaks none here."""
    if not request.config.getoption("--full", default=False):
        pytest.skip("fetches packages: pytest --full")
    if why := fetched(name, tmp_path):
        pytest.skip(why)
    assert counts(tmp_path)["files"]
