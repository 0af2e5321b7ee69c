"""What only the live case tells how to send: items of lists, paths into objects, custom fields."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.fields import Kind
from bulkcase.job.sources import FieldSource
from bulkcase.mapping import Mapper
from bulkcase.mapping.places import Place, place_of
from bulkcase.model import CaseUpdate, Edit, Rejection

Mapped = Callable[..., CaseUpdate | Rejection]

CLEARED = {"options": 'clear_marker = "-"'}


@pytest.mark.parametrize(
    ("key", "mode", "place"),
    [
        ("desc", "replace", Place("desc", "set", "desc", Kind.TEXT)),
        ("tags", "replace", Place("tags", "set", "tags", Kind.TEXTS)),
        ("tags", "add", Place("tags", "add", "tags", Kind.TEXTS)),
        ("queues", "remove", Place("queues", "remove", "queues", Kind.LIST)),
        ("zzz", "replace", Place("zzz", "set", "zzz", Kind.TEXT)),
        ("userInfo", "replace", Place("userInfo", "set", "userInfo", Kind.OBJECT)),
        ("userInfo.emailId", "replace", Place("userInfo.emailId", "path", "userInfo", Kind.TEXT)),
        ("userInfo.home.city", "replace", Place("userInfo.home.city", "path", "userInfo", Kind.TEXT)),
        ("custom.Region", "replace", Place("custom.Region", "custom", "fields", Kind.TEXT)),
        ("custom.Unit 2.b", "replace", Place("custom.Unit 2.b", "custom", "fields", Kind.TEXT)),
    ],
)
def test_a_key_of_the_mapping_has_its_place(key: str, mode: Any, place: Place) -> None:
    """A key is a field, a path into one, or a custom field, whose name may have dots."""
    found = place_of(key, FieldSource(column="A", mode=mode))
    assert found == place
    assert found.waits_for_the_case == (place.do != "set")


@pytest.mark.parametrize(
    ("mapping", "cell", "key", "edit"),
    [
        ('tags = { column = "A", split = ";", mode = "add" }', "x; y ;", "tags", Edit("add", ["x", "y"])),
        ('tags = { column = "A", split = ";", mode = "remove" }', "x", "tags", Edit("remove", ["x"])),
        ('tags = { column = "A", mode = "add" }', '["x"]', "tags", Edit("add", ["x"])),
        ('tags = { value = ["x", "y"], mode = "add" }', "", "tags", Edit("add", ["x", "y"])),
        ('queues = { column = "A", mode = "add" }', '[{"_id": "qu-1"}]', "queues", Edit("add", [{"_id": "qu-1"}])),
        ('"userInfo.emailId" = "A"', " a@x ", "userInfo.emailId", Edit("path", " a@x ")),
        ('"userInfo.emailId" = "A"', 42.0, "userInfo.emailId", Edit("path", "42")),
        ('"userInfo.home.city" = { value = "Rome" }', "", "userInfo.home.city", Edit("path", "Rome")),
        ('"userInfo.age" = { value = 7 }', "", "userInfo.age", Edit("path", 7)),
        ('"userInfo.vip" = { value = true }', "", "userInfo.vip", Edit("path", True)),
        ('"userInfo.tags" = { value = [1, "b"] }', "", "userInfo.tags", Edit("path", [1, "b"])),
        ('"userInfo.home" = { value = { city = "Rome" } }', "", "userInfo.home", Edit("path", {"city": "Rome"})),
        ('"userInfo.name" = { template = "{A} B." }', "Ann", "userInfo.name", Edit("path", "Ann B.")),
        ('custom.Region = "A"', "North", "custom.Region", Edit("custom", "North")),
        ('custom.Region = "A"', '{"a": 1}', "custom.Region", Edit("custom", '{"a": 1}')),
        ('custom.Region = { value = "North" }', "", "custom.Region", Edit("custom", "North")),
        ('custom.Region = { template = "{A}/1" }', "x", "custom.Region", Edit("custom", "x/1")),
    ],
)
def test_what_waits_for_the_live_case_is_an_edit(mapped: Mapped, mapping: str, cell: Any, key: str, edit: Edit) -> None:
    """It is under its key in the job, and nothing of it is in the body."""
    assert mapped(mapping, cell) == CaseUpdate("ci-1", {}, (), {key: edit})


DAY, MOMENT = dt.date(2026, 11, 30), dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC).replace(tzinfo=None)


@pytest.mark.parametrize("key", ["custom.Since", '"userInfo.since"'])
@pytest.mark.parametrize(
    ("more", "cell", "value"),
    [
        ("", "30/11/2026", "30/11/2026"),
        ("", MOMENT, "2026-11-30T08:00:00.000Z"),
        (', format = "%d/%m/%Y"', "30/11/2026", "2026-11-30T00:00:00.000Z"),
        (', timezone = "Europe/Berlin"', MOMENT, "2026-11-30T07:00:00.000Z"),
        (', timezone = "Europe/Berlin"', "2026-11-30T08:00", "2026-11-30T07:00:00.000Z"),
    ],
)
def test_a_date_is_one_where_the_cell_or_the_job_says_so(
    mapped: Mapped, key: str, more: str, cell: Any, value: str
) -> None:
    """Where nothing documents a type, a text stays as it is unless the job gives it a format or a zone."""
    found = mapped(f'{key} = {{ column = "A"{more} }}', cell, options='timezone = "UTC"')
    assert isinstance(found, CaseUpdate), found
    assert found.edits[key.strip('"')].value == value


@pytest.mark.parametrize(
    ("mapping", "key"),
    [
        ('"userInfo.emailId" = "A"', "userInfo.emailId"),
        ('custom.Region = "A"', "custom.Region"),
        ('"userInfo.emailId" = { value = "" }', "userInfo.emailId"),
    ],
)
def test_a_place_can_be_emptied(mapped: Mapped, mapping: str, key: str) -> None:
    """It counts as a clear under its key."""
    found = mapped(mapping, "-", **CLEARED)
    assert isinstance(found, CaseUpdate)
    assert (found.body, found.clears, found.edits[key].value) == ({}, (key,), None)


@pytest.mark.parametrize("mode", ["add", "remove"])
def test_an_item_cannot_be_emptied(mapped: Mapped, mode: str) -> None:
    """The clear marker is no item, and an empty list is one without a meaning here."""
    found = mapped(f'tags = {{ column = "A", split = ";", mode = "{mode}" }}', "-", **CLEARED)
    assert found == Rejection("cannot_clear", 'column "A": holds the clear marker, which is no item of a list', "ci-1")


def test_body_and_edits_are_told_apart(mapped: Mapped) -> None:
    """What needs no live case is in the body, and clears of both are counted together."""
    found = mapped('desc = "A"\n"userInfo.name" = "A"\nlanguage = "B"', "-", "en", **CLEARED)
    assert found == CaseUpdate(
        "ci-1", {"desc": None, "language": "en"}, ("desc", "userInfo.name"), {"userInfo.name": Edit("path", None)}
    )


def test_a_blank_cell_leaves_its_place_alone(mapped: Mapped) -> None:
    """A row that says nothing is an update without anything in it."""
    found = mapped(
        '"userInfo.name" = "A"\ncustom.Region = "A"\ntags = { column = "B", split = ";", mode = "add" }', " "
    )
    assert found == CaseUpdate("ci-1", {})


def test_every_fault_of_a_row_is_told_in_one_message(mapped: Mapped) -> None:
    """Faults of edits stand beside those of the key and of other fields, each with its column."""
    found = mapped(
        'tags = { column = "A", split = ";", mode = "add" }\nisActive = "B"\ncustom.Region = "A"', "#N/A", "perhaps"
    )
    assert isinstance(found, Rejection)
    assert (found.code, found.key) == ("bad_boolean", "ci-1")
    assert found.message.count('column "A": "#N/A" is an error of the spreadsheet') == 1
    assert 'column "B": "perhaps"' in found.message


def test_the_mapper_names_edits_by_their_keys(mapper: Callable[..., Mapper]) -> None:
    """Fields are in the job's order as it calls them, custom fields where their table stands, columns once each."""
    compiled = mapper(
        """
        "userInfo.emailId" = "B"
        desc = "A"
        tags = { column = "B", split = ";", mode = "add" }
        [mapping.custom]
        Region = { template = "{A}-{B}" }
        "Unit 2.b" = { value = "x" }
        """
    )
    assert compiled.fields == ("userInfo.emailId", "desc", "tags", "custom.Region", "custom.Unit 2.b")
    assert compiled.columns == ("Id", "B", "A")


def test_edits_are_a_part_of_the_fingerprint(mapped: Mapped) -> None:
    """Two rows that want another item, another mode or another place are not the same update."""
    mappings = [
        'tags = { column = "A", split = ";" }',
        'tags = { column = "A", split = ";", mode = "add" }',
        'tags = { column = "A", split = ";", mode = "remove" }',
        'custom.Region = "A"',
        '"userInfo.name" = "A"',
        'desc = "A"',
    ]
    updates = [mapped(mapping, cell) for mapping in mappings for cell in ("x", "y", "")]
    prints = {update.fingerprint for update in updates if isinstance(update, CaseUpdate)}
    assert len(prints) == 2 * len(mappings) + 1


@given(st.text(min_size=1), st.sampled_from(['custom.Region = "A"', '"userInfo.name" = "A"']))
def test_a_text_gets_to_its_place_as_it_is_or_not_at_all(mapped: Mapped, text: str, mapping: str) -> None:
    """Nothing is added to it, and nothing but what no text can hold is refused."""
    found = mapped(mapping, text)
    if isinstance(found, CaseUpdate):
        assert [edit.value for edit in found.edits.values()] in ([text], [])
        assert bool(found.edits) == bool(text.strip())
