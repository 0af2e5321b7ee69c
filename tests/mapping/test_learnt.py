"""Names whose objects are learnt from live cases: kept as names first, and found later."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.errors import JobError
from bulkcase.mapping import Mapper
from bulkcase.mapping.faults import Fault
from bulkcase.mapping.signals import Sought
from bulkcase.mapping.types.lookups import LearntTable, LiveLookup
from bulkcase.model import CaseUpdate, Edit, Rejection

Mapped = Callable[..., CaseUpdate | Rejection]

LIVE = 'status = "live"\nqueues = "live"\ncurrAssignee = "live"'
OPEN, CLOSED = {"_id": "sts-1", "name": "Open"}, {"_id": "sts-2", "name": "Closed"}


def table(*learnt: tuple[str, Any], is_whole: bool = True) -> LearntTable:
    return LearntTable("status", learnt, is_whole=is_whole)


def fault(name: str, *learnt: tuple[str, Any], is_whole: bool = True) -> Fault:
    found = table(*learnt, is_whole=is_whole).find(name)
    assert isinstance(found, Fault)
    return found


@pytest.mark.parametrize("name", ["Open", "OPEN", " open "])
def test_a_name_stands_for_the_object_that_cases_show(name: str) -> None:
    """Case and outer spaces say nothing, neither in the file nor in the live cases."""
    assert table((" oPen", OPEN), ("Closed", CLOSED)).find(name) is OPEN


def test_one_object_may_be_seen_often() -> None:
    """What is the same object under the same name is no second one."""
    assert table(("Open", OPEN), ("Open", dict(OPEN)), ("open ", dict(OPEN))).find("Open") == OPEN


def test_a_name_of_two_objects_is_ambiguous() -> None:
    """Nobody guesses which is meant: both are named, and what to do about it."""
    found = fault("open", ("Open", OPEN), ("OPEN", OPEN | {"_id": "sts-9"}))
    assert found.code == "ambiguous_name"
    assert found.reason == (
        '"open" is the status of 2 different objects (sts-1, sts-9): '
        "give lookups.status a table or a file with the one that is meant"
    )


def test_two_objects_without_an_id_are_two() -> None:
    """Where there is no id, an object is all that it says."""
    found = fault("Open", ("Open", {"name": "Open"}), ("Open", {"name": "Open", "x": 1}))
    assert "2 different objects (without an _id, without an _id)" in found.reason


def test_many_objects_of_a_name_are_told_in_part() -> None:
    """The message names the first five."""
    found = fault("Open", *(("Open", {"_id": f"sts-{number}"}) for number in range(9)))
    assert "is the status of 9 different objects (sts-0, sts-1, sts-2, sts-3, sts-4):" in found.reason


@pytest.mark.parametrize(
    ("is_whole", "told"),
    [
        (True, '"Opne" is not the status of any case: did you mean Open?'),
        (False, '"Opne" is not the status of any case that was seen: did you mean Open?'),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(is_whole: bool, told: str) -> None:
    """Whether all cases were looked at is a part of the message."""
    assert fault("Opne", ("Open", OPEN), is_whole=is_whole) == Fault("unknown_name", told)


def test_where_nothing_is_near_the_names_are_listed() -> None:
    """They come as cases show them, once each, and where there are none the message says so."""
    found = fault("zzz", ("Open", OPEN), ("Closed", CLOSED), ("Open", OPEN))
    assert found.reason == '"zzz" is not the status of any case: there are "Open", "Closed"'
    assert fault("zzz").reason == '"zzz" is not known, as no case shows a status: give lookups.status a table or a file'


def test_a_rehearsal_says_that_its_names_are_made_up() -> None:
    """A name that is like none of the sandbox's may well be right: the remedy is one for rehearsing with it."""
    made = LearntTable("status", [("Open", OPEN)], is_whole=True, made_up=True)
    told = "these are the sandbox's: give lookups.status a table or a file, to rehearse with others"
    assert made.find("zu") == Fault("unknown_name", f'"zu" is not the status of any case: there are "Open"; {told}')
    assert made.find("Opne") == fault("Opne", ("Open", OPEN))


def test_what_a_live_lookup_finds_is_the_name_itself() -> None:
    """It is marked, so that it is never sent for the object that it stands for."""
    found = LiveLookup().find("  In Progress ")
    assert (type(found), found) == (Sought, "In Progress")


@pytest.mark.parametrize(
    ("mapping", "cell", "key", "edit"),
    [
        ('status = "A"', " closed ", "status", Edit("set", "closed", named=True)),
        ('status = { value = "Closed" }', "", "status", Edit("set", "Closed", named=True)),
        ('status = "A"', '{"_id": "sts-9"}', "status", Edit("set", {"_id": "sts-9"})),
        ('status = "A"', "-", "status", Edit("set", None)),
        ('queues = { column = "A", split = ";" }', "a; b", "queues", Edit("set", ["a", "b"], named=True)),
        ('queues = { column = "A", split = ";", mode = "add" }', "a", "queues", Edit("add", ["a"], named=True)),
        ('queues = { value = ["a"], mode = "remove" }', "", "queues", Edit("remove", ["a"], named=True)),
        ('queues = "A"', '[{"_id": "qu-9"}]', "queues", Edit("set", [{"_id": "qu-9"}])),
        ('queues = { value = ["a", { _id = "qu-9" }] }', "", "queues", Edit("set", ["a", {"_id": "qu-9"}], named=True)),
        ('queues = "A"', "-", "queues", Edit("set", [])),
    ],
)
def test_a_live_lookup_leaves_a_name_to_be_found(mapped: Mapped, mapping: str, cell: str, key: str, edit: Edit) -> None:
    """Names wait for the live cases as edits, whole objects and clears as well, and nothing of them is in the body."""
    found = mapped(mapping, cell, lookups=LIVE, options='clear_marker = "-"')
    assert isinstance(found, CaseUpdate)
    assert (found.body, found.edits) == ({}, {key: edit})
    assert found.clears == ((key,) if cell == "-" else ())


def test_a_blank_cell_leaves_a_live_lookup_alone(mapped: Mapped) -> None:
    """Nothing is looked for where nothing is said."""
    found = mapped('status = "A"\ndesc = "B"', " ", "x", lookups=LIVE)
    assert found == CaseUpdate("ci-1", {"desc": "x"})


def test_a_name_and_a_field_without_one_go_their_own_ways(mapped: Mapped) -> None:
    """What needs no live case is in the body at once."""
    found = mapped('status = "A"\ndesc = "B"', "Open", "x", lookups=LIVE)
    assert found == CaseUpdate("ci-1", {"desc": "x"}, (), {"status": Edit("set", "Open", named=True)})


@pytest.mark.parametrize("name", ["userInfo", "tags", "desc", "zzz"])
def test_only_some_fields_can_be_learnt(mapper: Callable[..., Mapper], name: str) -> None:
    """A live lookup for another field is refused with the job."""
    with pytest.raises(JobError) as caught:
        mapper('desc = "A"', lookups=f'{name} = "live"')
    assert any(f"lookups.{name}: " in problem for problem in caught.value.problems)


names = st.sampled_from(["Open", "open", "OPEN ", "Closed", " closed", "zzz", ""])
entries = st.fixed_dictionaries({"_id": st.sampled_from(["a", "b"])})


@given(st.lists(st.tuples(names, entries), max_size=8), names, st.booleans())
def test_a_name_is_one_object_or_a_fault(learnt: list[tuple[str, Any]], name: str, is_whole: bool) -> None:
    """Whatever was learnt, an object is found only where no other one goes by that name."""
    found = table(*learnt, is_whole=is_whole).find(name)
    same = [entry for known, entry in learnt if known.strip().casefold() == name.strip().casefold()]
    if isinstance(found, Fault):
        assert found.code == ("ambiguous_name" if same else "unknown_name")
        assert found.reason.isprintable()
        assert not same or any(each != same[0] for each in same)
    else:
        assert same
        assert all(each == found for each in same)


def test_one_object_that_is_shown_in_two_ways_is_not_ambiguous() -> None:
    """An id says all about a status, so that two looks at it, one before it was renamed, are no two of them."""
    assert table(("Open", OPEN), ("OPEN", OPEN | {"name": "OPEN"})).find("open") in (OPEN, OPEN | {"name": "OPEN"})
