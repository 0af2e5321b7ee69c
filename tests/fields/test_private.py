"""What nobody but the owner of results.csv may read, and what takes its place."""

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.cells import Cell, shown, text_of
from bulkcase.fields.private import MASK, WITHHELD, Private
from bulkcase.job import parse
from bulkcase.kore.verdict import Silence, judge
from bulkcase.mapping import Mapper, compile_mapping
from bulkcase.model import Rejection, Row

HEADER = ("Id", "A", "B")
SECRET = "bob.private@example.com"
LOOKUP = '[lookups]\ncurrAssignee = { "bob privat" = { _id = "u-1" } }\ntags = {}'


def mapper(mapping: str, lookups: str = "", header: Sequence[str] = HEADER, marker: str = "CLEAR") -> Mapper:
    text = f'[connection]\nhost = "sandbox"\n[input]\npath = "a.csv"\nkey = "Id"\nclear_marker = "{marker}"\n'
    return compile_mapping(parse(f"{text}[mapping]\n{mapping}\n{lookups}", Path("night.toml")), header, {})


def rejected(made: Mapper, *cells: Cell) -> Rejection:
    found = made.map(Row(2, ("ci-1", *cells)))
    assert isinstance(found, Rejection), found
    return found


def on_one_line(text: str) -> str:
    """Return a text as what an answer says is told."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def letters(text: str) -> str:
    """Return a text without its spaces."""
    return on_one_line(text).replace(" ", "")


def runs(text: str) -> set[str]:
    """Return all eight characters in a row that a text has, spaces left out."""
    line = letters(text)
    return {line[start : start + 8] for start in range(len(line) - 7)}


@pytest.mark.parametrize(
    ("mapping", "cell"),
    [
        ('dueDate = "A"', "31/12/1999 8:15"),
        ('dueDate = "A"', dt.datetime(1999, 12, 31, 8, 15)),  # noqa: DTZ001 - a spreadsheet's dates have no zone
        ('dueDate = "A"', dt.time(8, 15)),
        ('dueDate = { column = "A", timezone = "Europe/Berlin" }', "2026-03-29T02:30"),
        ('timestampValue = "A"', "4111-1111-1111"),
        ('timestampValue = "A"', 1e300),
        ('isActive = "A"', "perhaps"),
        ('isActive = "A"', "CLEAR"),
        ('userInfo = "A"', "Bob Private"),
        ('userInfo = "A"', '{"emailId": "bob.private@example.com", }'),
        ('userInfo = "A"', '{"é": 1, "é": 2}'),
        ('participants = "A"', "Bob; Al"),
        ('tags = { column = "A", split = ";" }', ";;"),
        ('tags = "A"', "[1234567]"),
        ('currAssignee = "A"', "Bob Privat3"),
        ('desc = { template = "{A}, {B}" }', "#N/A"),
        ('name = { template = "{B}{A}" }', "CLEAR"),
        ('desc = "A"', "half a \ud800 character"),
        ('dueDate = "A"', "a\nb\nc\nd\te\x00f"),
        ('dueDate = "A"', "x" * 70 + "the end of it"),
        ('dueDate = "A"', "Größe ﬁ İ 👩‍👩‍👧 \u200b"),
        ('"userInfo.emailId" = { column = "A", format = "%d/%m/%Y" }', "bob@x"),
        ('"custom.Born" = { column = "A", format = "%d/%m/%Y" }', "1.1.80"),
    ],
)
def test_a_bad_private_cell_is_not_in_its_message(mapping: str, cell: Cell) -> None:
    """Not even what is near it, what it was split into, or what it looks like with escapes: the message is withheld."""
    safety = '[safety]\nallow_read_only = ["timestampValue"]'
    made = mapper(mapping, '[lookups]\ncurrAssignee = { "Bob Privat" = { _id = "u-1" } }\n' + safety)
    found = rejected(made, cell, "b")
    field = mapping.split(" = ", maxsplit=1)[0].strip('"')
    private = Private([field], ["A"])
    assert private.message(found.code, found.message, HEADER, ("ci-1", cell, "b")) == f'column "A": {WITHHELD}'
    assert Private(["lname"], ["B"]).message(found.code, found.message, HEADER, ("ci-1", cell, "")) == (
        f'column "B": {WITHHELD}' if '"B"' in found.message else found.message
    )


TEXTS = st.text(st.characters(codec="utf-8"), max_size=90)
CELLS = st.one_of(
    st.text(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.recursive(TEXTS | st.integers(0, 2**60), lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)).map(
        lambda value: orjson.dumps(value).decode()
    ),
)
NAMES = TEXTS.filter(lambda name: name.strip() and name not in HEADER)
KINDS = ["dueDate", "ETA", "isActive", "userInfo", "tags", "participants", "desc", "currAssignee", "conversationType"]


def _toml(name: str) -> str:
    return orjson.dumps(name).decode().replace("\x7f", "\\u007f")


@given(cell=CELLS, name=NAMES, field=st.sampled_from(KINDS))
def test_whatever_is_wrong_with_a_private_cell_is_withheld(cell: Cell, name: str, field: str) -> None:
    """Whatever its column is called, which messages show with escapes and cut; nothing else of the row is at fault."""
    header = ("Id", name)
    found = mapper(f"{field} = {_toml(name)}", header=header).map(Row(2, ("ci-1", cell)))
    if isinstance(found, Rejection):
        private = Private(["lname"], [name])
        left = private.message(found.code, found.message, header, ("ci-1", cell))
        assert left in {WITHHELD, f"column {shown(name)}: {WITHHELD}"}


@given(private=st.text(min_size=8).filter(lambda text: len(letters(text)) >= 8), before=st.text(), after=st.text())
def test_a_server_may_repeat_a_private_cell_in_other_words(private: str, before: str, after: str) -> None:
    """What is left of its answer has no eight characters in a row that the cell has."""
    text = on_one_line(f"{before}{private}{after}")
    left = Private(["lname"], ["A"]).message("http_412", text, HEADER, ("ci-1", private, "b"))
    assert left == WITHHELD or not any(runs(part) & runs(private) for part in left.split(MASK))


SHORT = st.text(max_size=7).filter(lambda text: len(on_one_line(text)) >= 4) | st.from_regex(
    r"[a-z@ ]{0,2}[0-9@][a-z-]{0,2}", fullmatch=True
)


@given(private=SHORT, before=st.text(), after=st.text())
def test_a_server_may_repeat_a_short_private_cell(private: str, before: str, after: str) -> None:
    """What is left of its answer does not have the cell as a whole word."""
    text = on_one_line(f"{before} {private}, {after}")
    left = Private(["lname"], ["A"]).message("timeout", text, HEADER, ("ci-1", private, "b"))
    word = re.compile(rf"(?<!\w){re.escape(on_one_line(private))}(?!\w)")
    assert left == WITHHELD or not any(word.search(part) for part in left.split(MASK))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"{SECRET} is unknown", f"{MASK} is unknown"),
        (f"no {SECRET.upper()}.", f"no {MASK}."),
        ("user bob.priv… is gone", f"user {MASK}… is gone"),
        ("bob.private, example.com", f"{MASK}, {MASK}"),
        ("bob . private at @example.com", f"{MASK} at {MASK}"),
        ("nothing of it, nor bob's private example", f"nothing of it, nor {MASK}'s {MASK} {MASK}"),
    ],
)
def test_what_is_masked_is_what_the_cell_has(text: str, left: str) -> None:
    """In large or small letters, cut or in pieces; the rest of the message stays."""
    assert Private(["lname"], ["A"]).message("http_412", text, HEADER, ("ci-1", SECRET, "b")) == left


NOTE = "The customer called within the hour: no refund was requested. status: no change. About the same case. 2 days."


@pytest.mark.parametrize(
    "text",
    [
        "HTTP 412: status transition not allowed for this case",
        "HTTP 500: Internal Server Error, request id 8f3a-22",
        "no answer within 30 s; then: HTTP 400: no",
        "the answer is about ci-2, not about ci-1",
    ],
)
def test_ordinary_words_stay_in_what_a_server_says(text: str) -> None:
    """A long private text has most of them, too."""
    assert Private(["lname"], ["A"]).message("http_412", text, HEADER, ("ci-1", NOTE, "")) == text


@pytest.mark.parametrize("cell", [NOTE, "about", "the same case", "status", "2 days", "row 7", "7"])
def test_what_this_program_says_by_itself_stays(cell: str) -> None:
    """Its own words are no private cell, even where they are the same."""
    private, cells = Private(["lname"], ["A"]), ("ci-1", cell, "")
    for code, text in [("duplicate_case", "row 7 is about the same case"), ("http_400", f"somebody says {cell}")]:
        assert (private.message(code, text, HEADER, cells) == text) is (code == "duplicate_case")
    said = 'somebody has changed it since: status: sent "Closed", shows "Open" in 2 days'
    assert private.message("changed_since", said, HEADER, cells) == said


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b"%s"),
        (401, b"%s"),
        (401, b"invalid stream id %s"),
        (408, b"%s"),
        (429, b"%s"),
        (500, b"%s"),
        (200, b'{"errors": ["%s"]}'),
        (200, b'{"_id": "%s"}'),
        (302, b""),
    ],
)
def test_every_answer_of_a_server_is_searched(status: int, body: bytes) -> None:
    """Whatever its cause is called."""
    headers = {"Location": f"https://example.com/{SECRET}"}
    verdict = judge(status, headers, body.replace(b"%s", SECRET.encode()), dt.datetime.now(dt.UTC), "ci-1")
    left = Private(["lname"], ["A"]).message(verdict.code, verdict.message, HEADER, ("ci-1", SECRET, ""))
    assert SECRET in verdict.message
    assert SECRET not in left
    assert MASK in left


@pytest.mark.parametrize("silence", Silence)
def test_what_a_call_without_an_answer_tells_is_searched(silence: Silence) -> None:
    """What came of the last attempt of a row is told with the one that was never answered."""
    said = f"no answer; then: HTTP 400: {SECRET}"
    private = Private(["lname"], ["A"])
    assert private.message(silence.value, said, HEADER, ("ci-1", SECRET, "")) == f"no answer; then: HTTP 400: {MASK}"


@pytest.mark.parametrize(
    ("cell", "left"),
    [
        ("known", f"no a1, not {MASK}: knownst"),
        ("A1", f"no {MASK}, not known: knownst"),
        (", not", f"no a1{MASK} known: knownst"),
        ("now", "no a1, not known: knownst"),
        ("no", "no a1, not known: knownst"),
    ],
)
def test_a_short_private_cell_is_masked_as_a_word(cell: str, left: str) -> None:
    """Within a word it says nothing, and three letters are in every text."""
    text = "no a1, not known: knownst"
    assert Private(["lname"], ["A"]).message("http_400", text, HEADER, ("ci-1", cell, "")) == left


def test_the_same_value_in_a_column_that_is_not_private_is_masked() -> None:
    """The message about the other column must not tell what the private one has."""
    found = rejected(mapper('desc = "A"\ndueDate = "B"'), SECRET, SECRET)
    message = Private(["desc"], ["A"]).message(found.code, found.message, HEADER, ("ci-1", SECRET, SECRET))
    assert message == f'column "B": "{MASK}" is not a date as ISO 8601 writes it, such as 2026-11-30T08:00:00+01:00'


def test_what_is_said_of_other_columns_stays() -> None:
    """Most messages are about nothing private, and are what helps."""
    found = rejected(mapper('desc = "A"\ndueDate = "B"'), SECRET, "31.12.")
    private = Private(["desc"], ["A"])
    assert private.message(found.code, found.message, HEADER, ("ci-1", SECRET, "31.12.")) == found.message


def test_masking_takes_time_with_message_and_cell_only() -> None:
    """A cell of a megabyte and a long message are done in a moment."""
    cells, text = ("ci-1", "abcdefg " * 130_000, ""), "hijklmnop " * 3000
    began = perf_counter()
    assert Private(["lname"], ["A"]).message("http_400", text, HEADER, cells) == text
    assert perf_counter() - began < 2


def test_a_row_that_was_cut_wrong_shows_no_cell() -> None:
    """Where cells may stand under wrong columns, or the whole line in one, each of them may be a private one."""
    private, cells = Private(["desc"], ["B"]), ("ci-1", SECRET, "", 5)
    assert private.cells(HEADER, cells) == (MASK, MASK, "", MASK)
    assert private.cells(HEADER, (f"ci-1,{SECRET}",)) == (MASK,)
    assert private.cells(HEADER, cells[:3], "row_too_short") == (MASK, MASK, "")
    said = "the row has 2 cells, the header has 3"
    assert private.message("row_too_short", said, HEADER, cells) == said


@given(cells=st.tuples(CELLS, CELLS, CELLS))
def test_a_private_cell_is_masked_and_the_others_are_not(cells: tuple[Cell, Cell, Cell]) -> None:
    """Whatever it holds; that it is empty may be known."""
    first, private, last = Private(["desc"], ["A"]).cells(HEADER, cells)
    assert first is cells[0]
    assert last is cells[2]
    assert private == (MASK if text_of(cells[1]) else "")


@given(
    names=st.lists(st.sampled_from(["A", "B", "A (masked)", "A (masked) (masked)", "C"]), unique=True),
    private=st.sets(st.sampled_from("ABC")),
)
def test_a_masked_column_has_a_name_of_its_own(names: list[str], private: set[str]) -> None:
    """No masked cell is ever sent: no column that the file has, and so none that a job maps, is called so."""
    masked = Private(["desc"], private).header(names)
    assert len(set(masked)) == len(names)
    assert all((new == old) is (old not in private) for new, old in zip(masked, names, strict=True))
    assert not {new for new, old in zip(masked, names, strict=True) if old in private} & set(names)
