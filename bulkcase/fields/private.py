"""Values that only their owner may read: what takes their place wherever else a row is shown.

Pure. What may show a private value is known by where it comes from: cells and changes by their names, messages by the
fields and columns that they name. What a server says without naming one, and what is quoted, is searched for the row's
own private cells: a cell of eight characters or more, without spaces, by every eight of them, a shorter one as a whole
word. What a server says is also searched for each word of them that is no ordinary word of an error. What else may be
said of a person cannot be known, nor is a word of two letters.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bulkcase.cells import Cell, shown, text_of

MASK: Final = "•••"
"""What stands in the place of a private value."""
WITHHELD: Final = "withheld, as it may show private values"
"""What stands in the place of a message or a reason that may show one."""
_EMPTY: Final[Sequence[Any]] = (None, "", [], {})
_RUN: Final = 8
"""Characters of a private value, without spaces, that are recognised in a text: fewer are in ordinary words, too."""
_WORD: Final = re.compile(r".{4}|.*[\d@]")
"""What a value that is shorter than that starts with, or has, to be recognised as a whole word."""
_PART: Final = re.compile(r"[^\W_]{3,}")
"""A part of a private value that a server may say by itself, such as a first name."""
_ORDINARY: Final = frozenset(
    """
    the and for not was has had are but this that with from must may can will none null true false yes case cases
    status field fields value values error errors invalid valid missing required unknown failed failure request
    response server update updated updates date time name type number list object text string character characters
    length long short empty found allowed exceeded limit rate http code message please again retry try bad internal
    service unavailable gateway timeout open closed user users email about within answer answers then last times nor
    because into other another only
    """.split()  # noqa: SIM905 - words to be read
)
"""What errors are made of: that a value has such a word, too, tells nothing of it."""
_MISSHAPEN: Final = "row_"
"""How the causes start of rows whose cells may stand under wrong columns; their messages show none of them."""
_STOPPED: Final = "stopped"
"""The cause of rows that are told why their run ended."""
_HEARD: Final = frozenset(
    (
        *("answer_errors", "answer_other_case", "redirected", "rate_limited", "credentials_refused", "wrong_target"),
        # What came of the last attempt is told behind these, what the row had before in front of the last one.
        *("answer_broken", "answer_too_large", "timeout", "connection_lost", "cut_off", "not_connected", "tls"),
        *(_STOPPED, "changed_aside"),
    )
)
"""The causes whose messages have words that are not of this program; so has each HTTP status."""
_ABOUT_CASES: Final = (
    re.compile(r"(?s)(the canary of \d+ rows stopped the run: )(.*?)((?:; [^;]*canary\.json has these cases[^;]*)?)"),
    re.compile(r"(?s)(the server [^(]*\()(.*)(\)(?:: .*)?)"),
    re.compile(r"(?s)(live cases cannot be read: )(.*)()"),
)
"""Why a run ended in words about cases, or of the server: what is before them, the words, and what is behind."""
_FAULT: Final = re.compile(r"(a fault of bulkcase \(\w+: ).*(\): please report it)", re.DOTALL)
"""A fault of this program, whose words may be anything."""
_MOST_NAMES: Final = 1000
"""Names of which it is remembered whether they are private."""
_ALL_FIELDS: Final = frozenset({"fields", "custom"})
"""How changes within the custom and system fields are called; any of them may go by two names."""
_DATES: Final = frozenset({"dueDate", "ETA"})
"""The due date, which a case keeps twice."""
_SHOWN_IN_FIELDS: Final = _DATES | {"name", "desc"}
"""What system items of `fields` show as well."""


class Private:
    """The fields that are private, and the columns of the input that they are mapped from."""

    def __init__(self, fields: Iterable[str] = (), columns: Iterable[str] = ()) -> None:
        self.fields = tuple(dict.fromkeys(fields))
        """Names of fields, or paths into them: `desc`, `userInfo.emailId`, `custom.Region`."""
        self.columns = frozenset(columns)
        self._hidden = tuple(sorted(set(self.fields).union(*map(twins, self.fields))))
        self._named = _mention(self._hidden, self.columns)
        self._known: dict[str, bool] = {}

    def __bool__(self) -> bool:
        """Say whether anything is private."""
        return bool(self.fields)

    def hides(self, name: str) -> bool:
        """Say whether a change with this name, as `bulkcase.fields.parts` yields it, may show something private."""
        hides = self._known.get(name)
        if hides is None:
            hides = any(_overlap(name, hidden) for hidden in self._hidden)
            # Fields have few names, unless somebody makes up a custom one for every case.
            if len(self._known) < _MOST_NAMES:
                self._known[name] = hides
        return hides

    def value(self, name: str, text: str) -> str:
        """Return the text of a value, masked where it is private; that there is none may be known."""
        return MASK if text and self.hides(name) else text

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return fields and their values, the private ones masked."""
        return {name: MASK if value not in _EMPTY and self.hides(name) else value for name, value in values.items()}

    def header(self, header: Sequence[str]) -> list[str]:
        """Return the columns under names that no job maps, where they are masked: no masked cell is ever sent."""
        taken, names = set(header), []
        for name in header:
            if name in self.columns:
                while name in taken:
                    name = f"{name} (masked)"  # noqa: PLW2901 - until nothing else is called so
                taken.add(name)
            names.append(name)
        return names

    def cells(self, header: Sequence[str], cells: Sequence[Cell], code: str = "") -> tuple[Cell, ...]:
        """Return the cells of a row with the private ones masked, and all that may stand under a wrong column.

        `code` is the cause of its outcome: it tells where the row was cut wrong.
        """
        if not self.columns:
            return tuple(cells)
        if len(cells) != len(header) or code.startswith(_MISSHAPEN):
            return tuple(MASK if text_of(cell) else cell for cell in cells)
        return tuple(
            MASK if name in self.columns and text_of(cell) else cell for name, cell in zip(header, cells, strict=True)
        )

    def message(self, code: str, text: str, header: Sequence[str] = (), cells: Sequence[Cell] = ()) -> str:
        """Return what is said of a row with nothing private in it; `cells` are the row's own, unmasked."""
        if not self or not text or code.startswith(_MISSHAPEN):
            return text
        if code == _STOPPED:
            text = self.reason(text)
        elif self._named.search(text):
            # Which column it is about is no secret.
            columns = [shown(column) for column in header if column in self.columns and shown(column) in text]
            return f"column {' and '.join(columns)}: {WITHHELD}" if columns else WITHHELD
        values = [text_of(cell) for name, cell in zip(header, cells, strict=False) if name in self.columns]
        if code in _HEARD or code.startswith("http_"):
            return _without(text, values, _parts_of(values))
        # The words of this program show nothing, only what they quote may.
        before, quote, rest = text.partition('"')
        quoted, end, after = rest.rpartition('"')
        return before + quote + _without(quoted, values) + end + after

    def reason(self, text: str) -> str:
        """Return why a run ended, with nothing private in it: what is said of cases may show their values."""
        if not self:
            return text
        if fault := _FAULT.fullmatch(text):
            return f"{fault[1]}{WITHHELD}{fault[2]}"
        for about in _ABOUT_CASES:
            if (found := about.fullmatch(text)) and self._named.search(found[2]):
                return f"{found[1]}{WITHHELD}{found[3]}"
        return text


def twins(field: str) -> frozenset[str]:
    """Return under which other names a case shows the value of a field."""
    if field.partition(".")[0] in _ALL_FIELDS:
        return _ALL_FIELDS
    return (_DATES if field in _DATES else frozenset()) | ({"fields"} if field in _SHOWN_IN_FIELDS else frozenset())


def _overlap(name: str, hidden: str) -> bool:
    """Say whether one of two names is the other, or a path into it."""
    return name == hidden or name.startswith(f"{hidden}.") or hidden.startswith(f"{name}.")


def _mention(fields: Iterable[str], columns: Iterable[str]) -> re.Pattern[str]:
    """Return what finds the name of one of these fields, or of one of these columns in quotes, in a text."""
    names = {part for field in fields for part in (field, field.partition(".")[0], field.rpartition(".")[2])}
    words = "|".join(map(re.escape, sorted(names)))
    quoted = "|".join(re.escape(shown(column)) for column in sorted(columns))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)" + (f"|{quoted}" if quoted else ""), re.IGNORECASE)


def _parts_of(values: Iterable[str]) -> Iterator[str]:
    """Yield the words of values that are no ordinary ones."""
    return (part for value in values for part in _PART.findall(_folded(value)) if part not in _ORDINARY)


def _without(text: str, values: Iterable[str], words: Iterable[str] = ()) -> str:
    """Return a text in which every run of characters that one of the values has, too, is masked, or all of a short one.

    So is each of the words where it stands alone.

    A message may show a value cut, or on one line; what is left of it then still has runs in common.
    """
    folded, spans, found = _folded(text), list[tuple[int, int]](), set[str]()
    places = [place for place, character in enumerate(folded) if character != " "]
    runs = list(_runs(folded))
    own = set(runs)
    for value in values:
        line = " ".join(_folded(value).split())
        if len(line) - line.count(" ") >= _RUN:
            found.update(run for run in _runs(line) if run in own)
        elif _WORD.match(line):
            # Where a value starts or ends with a sign, it needs no space there.
            word = rf"(?:(?<!\w)|(?=\W)){re.escape(line)}(?:(?!\w)|(?<=\W))"
            spans += (at.span() for at in re.finditer(word, folded))
    said = set(_PART.findall(folded))
    repeated = {word for word in words if word in said}
    spans += (at.span() for at in _PART.finditer(folded) if at[0] in repeated)
    spans += ((places[nth], places[nth + _RUN - 1] + 1) for nth, run in enumerate(runs) if run in found)
    shown, end = list[str](), 0
    for start, stop in sorted(spans):
        if not shown or start > end:
            shown += (text[end:start], MASK)
        end = max(end, stop)
    return "".join(shown) + text[end:]


def _runs(text: str) -> Iterator[str]:
    """Yield all runs of characters of a text that was folded, as if it had no spaces."""
    letters = text.replace(" ", "")
    return (letters[start : start + _RUN] for start in range(len(letters) - _RUN + 1))


def _folded(text: str) -> str:
    """Return a text of the same length in small letters, with a space for each character that does not print."""
    if text.isascii() and text.isprintable():
        return text.lower()
    return "".join((c.lower() if len(c.lower()) == 1 else c) if c.isprintable() else " " for c in text)
