"""Lines of a CSV are what csv.writer makes of them."""

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st
from support.cells import texts

from bulkcase.reporting.formats.csvlines import CsvLines

risky_texts = st.text(alphabet=",\"\r\n \0a;\t'", max_size=5)
lines = st.lists(st.lists(texts | risky_texts, min_size=2, max_size=6), max_size=6)


@given(lines, lines)
@example([["", ""]], [])
@example([["a,b", ",", ""], [" a", "b ", ",,"]], [["x", 'say "so", twice'], ["\r", "\n"], ["one", "two"]])
def test_lines_are_those_of_a_csv_writer(first: list[list[str]], second: list[list[str]]) -> None:
    """Byte for byte, and in order, whatever is in the cells."""
    plain, written = io.StringIO(newline=""), io.StringIO(newline="")
    csv.writer(plain).writerows([*first, *second])
    quick = CsvLines(written)
    quick.write(first)
    quick.write(iter(second))
    assert written.getvalue() == plain.getvalue()
