"""Lines of a CSV, as `csv.writer` writes them."""

import csv
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any


class CsvLines:
    """Writes lines of two cells or more into a file.

    `csv.writer` looks at every character of every cell. Most lines have none that needs quotes, which a few looks at a
    whole line tell in a quarter of the time; only what is left is given to it.
    """

    def __init__(self, file: Any) -> None:
        """Take a file for text that changes no line end."""
        self._file = file
        self._texts: list[str] = []
        self._writer = csv.writer(SimpleNamespace(write=self._texts.append))

    def write(self, lines: Iterable[Sequence[str]]) -> None:
        """Write some lines: so many as may be held in memory."""
        texts = self._texts
        for line in lines:
            text = ",".join(line)
            if '"' in text or "\n" in text or "\r" in text:
                self._writer.writerow(line)
                continue
            if text.count(",") >= len(line):
                text = ",".join([f'"{cell}"' if "," in cell else cell for cell in line])
            texts.append(f"{text}\r\n")
        self._file.write("".join(texts))
        texts.clear()
