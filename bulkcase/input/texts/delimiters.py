"""Which character divides the cells of a text file: set, told by the file's name, or shown by its header."""

import csv
import re
from collections.abc import Iterable
from itertools import islice
from pathlib import PurePath

from bulkcase.cells import shown
from bulkcase.errors import InputError
from bulkcase.input.encodings import MOST_CHARACTERS
from bulkcase.input.header import is_fed_back

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

_QUOTED = re.compile(r'"[^"]*"')
_MOST_LINES = 1000
"""Physical lines among which the header must be."""


def delimiter_of(name: str, lines: Iterable[str], setting: str | None) -> str:
    """Return the delimiter; `lines` are the first ones of the file.

    Raises InputError for an impossible setting, and where the header shows two delimiters equally often.
    """
    if setting is not None:
        if len(setting) != 1 or setting in '"\r\n ':
            raise InputError(
                f'{name}: input.delimiter = {shown(setting)} is no delimiter: set one character, such as ";" or "\\t"'
            )
        return setting
    if PurePath(name).suffix.lower() == ".tsv":
        return "\t"
    header = _QUOTED.sub("", _header_line(lines))
    counts = {delimiter: header.count(delimiter) for delimiter in DELIMITERS}
    most = max(counts.values())
    winners = [delimiter for delimiter, count in counts.items() if count == most]
    if most and len(winners) > 1:
        names = " and ".join(DELIMITERS[delimiter] for delimiter in winners)
        raise InputError(
            f"{name}: the header has as many of one delimiter as of another ({names}, {most} each): set input.delimiter"
        )
    return winners[0]


def delimiter_of_results(lines: Iterable[str]) -> str | None:
    """Return the delimiter of a file with bulkcase's own columns; None where it is another file.

    Bulkcase writes commas, but a spreadsheet that saved the file again may have put its own there.
    """
    first = _header_line(lines)
    for delimiter in DELIMITERS:
        if is_fed_back(next(csv.reader(first.splitlines(keepends=True), delimiter=delimiter), [])):
            return delimiter
    return None


def _header_line(lines: Iterable[str]) -> str:
    """Return the text of the first record that is not blank, with the line breaks inside its quotes."""
    header = ""
    for line in islice(lines, _MOST_LINES):
        is_open = line.count('"') % 2 == 1  # a name that begins with a line break
        if not header and not is_open and not line.strip(' "\r\n' + "".join(DELIMITERS)):
            continue
        header += line
        if len(header) > MOST_CHARACTERS or header.count('"') % 2 == 0:
            break
    return header
