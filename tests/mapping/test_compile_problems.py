"""What is wrong with a mapping is told before the first row, all of it at once."""

from collections.abc import Callable
from typing import Any

import pytest

from bulkcase.errors import JobError
from bulkcase.mapping import Mapper

OBJECT = '{ _id = "x" }'


@pytest.mark.parametrize(
    ("mapping", "settings", "told"),
    [
        ('statsu = "A"', {}, "mapping.statsu: is no field of updateCase: did you mean status?"),
        ('zzzz = "A"', {}, "mapping.zzzz: is no field of updateCase: there are name, desc, "),
        ('"tasks" = "A"', {}, "mapping.tasks: is no field of updateCase, only shown"),
        ('_id = "A"', {"safety": 'allow_read_only = ["refId"]'}, "mapping._id: is no field of updateCase, only shown"),
        ('refId = "A"', {}, "mapping.refId: is read-only by prudence"),
        ('desc = "Notez"', {"header": ("Id", "Notes")}, 'mapping.desc: the input has no column "Notez": did you mean'),
        ('desc = "a"', {}, 'did you mean "A"? it has "Id", "A", "B"'),
        ('desc = "zzz"', {}, 'mapping.desc: the input has no column "zzz": it has "Id", "A", "B"'),
        ('desc = "A"', {"header": ("id", "A")}, 'input.key: the input has no column "Id": did you mean "id"?'),
        ('desc = { template = "{Aa}" }', {}, 'mapping.desc.template: the input has no column "Aa"'),
        ('desc = { template = "{A" }', {}, "mapping.desc.template: has { at position 1"),
        ('desc = { template = "x" }', {}, "mapping.desc.template: names no column"),
        ("desc = { value = 5 }", {}, "mapping.desc.value: must be a text"),
        ('desc = { column = "A", split = ";" }', {}, "mapping.desc.split: desc is a text, no list"),
        ('status = { column = "A", split = ";" }', {}, "mapping.status.split: status is an object, no list"),
        ('desc = { column = "A", format = "%d/%m/%Y" }', {}, "mapping.desc.format: desc is a text, no date"),
        ('tags = { column = "A", timezone = "UTC" }', {}, "mapping.tags.timezone: tags is a list of texts, no date"),
        ('ETA = { column = "A", timezone = "Berlin" }', {}, 'mapping.ETA.timezone: "Berlin" is no time zone'),
        ('ETA = { column = "A", timezone = "../UTC" }', {}, 'mapping.ETA.timezone: "../UTC" is no time zone'),
        ('ETA = { column = "A", timezone = "Europe" }', {}, 'mapping.ETA.timezone: "Europe" is no time zone'),
        ('desc = "A"', {"options": 'timezone = "+01:00"'}, 'input.timezone: "+01:00" is no time zone'),
        ('desc = "A"', {"options": 'clear_marker = "  "'}, "input.clear_marker: is blank"),
        ('ETA = { column = "A", format = "%d/%m" }', {}, 'mapping.ETA.format: "%d/%m" must have year, month and day'),
        (
            'desc = "A"',
            {"lookups": f"statsu = {{ Open = {OBJECT} }}"},
            "lookups.statsu: is no field of updateCase: did",
        ),
        ('desc = "A"', {"lookups": f"desc = {{ Open = {OBJECT} }}"}, "lookups.desc: desc is a text, and only objects"),
        ('desc = "A"', {"lookups": f"tags = {{ Open = {OBJECT} }}"}, "lookups.tags: tags is a list of texts, and only"),
        ('desc = "A"', {"lookups": "status = {}"}, "lookups.status: is empty"),
        ('desc = "A"', {"lookups": "status = { Open = {} }"}, 'lookups.status: "Open" is empty'),
        ('desc = "A"', {"lookups": f'status = {{ " " = {OBJECT} }}'}, "lookups.status: has a blank name"),
        (
            'desc = "A"',
            {"lookups": f'status = {{ Open = {OBJECT}, "OPEN " = {OBJECT} }}'},
            'lookups.status: has names that differ only in case or outer spaces: "Open", "OPEN "',
        ),
        ('desc = "A"', {"lookups": "status = { Open = { at = 08:00:00 } }"}, 'lookups.status: "Open" holds what JSON'),
        (
            'desc = "A"',
            {"lookups": 'status = "file:s.json"', "files": {"status": {"Open": {}}}},
            'lookups.status: "Open" is empty',
        ),
        ('desc = "A"', {"safety": 'allow_read_only = ["refid"]'}, 'safety.allow_read_only: "refid" is no field of up'),
        ('desc = "A"', {"safety": 'allow_read_only = ["_id"]'}, 'safety.allow_read_only: "_id" is no field of updateC'),
    ],
)
def test_a_fault_of_the_mapping_is_one_line_with_its_key(
    mapper: Callable[..., Mapper], mapping: str, settings: dict[str, Any], told: str
) -> None:
    """Each fault is one problem that names the job file, the key and what is wrong."""
    with pytest.raises(JobError) as caught:
        mapper(mapping, **settings)
    (problem,) = caught.value.problems
    assert problem.startswith("night.toml: ")
    assert told in problem
    assert problem.isprintable()


def test_every_fault_is_told_at_once(mapper: Callable[..., Mapper]) -> None:
    """One look at the messages is enough to mend the whole mapping."""
    with pytest.raises(JobError) as caught:
        mapper(
            """
            statsu = "Aa"
            refId = { value = 5 }
            ETA = { column = "C", format = "%d", timezone = "Mars" }
            """,
            options='timezone = "Venus"',
            lookups="priority = {}",
            safety='allow_read_only = ["x"]',
        )
    keys = [problem.split(": ")[1] for problem in caught.value.problems]
    assert keys == [
        *("input.timezone", "mapping.statsu", "mapping.statsu", "mapping.refId", "mapping.refId.value"),
        *("mapping.ETA", "mapping.ETA.timezone", "mapping.ETA.format", "lookups.priority", "safety.allow_read_only"),
    ]


def test_a_header_with_line_breaks_keeps_messages_on_one_line(mapper: Callable[..., Mapper]) -> None:
    """Column names are shown with their control characters escaped."""
    with pytest.raises(JobError) as caught:
        mapper('desc = "Notes"', header=("Id", "Not\nes"))
    (problem,) = caught.value.problems
    assert problem.endswith(r'has no column "Notes": did you mean "Not\nes"? it has "Id", "Not\nes"')


@pytest.mark.parametrize(
    ("mapping", "settings"),
    [
        ('refId = "A"', {"safety": 'allow_read_only = ["refId"]'}),
        ('desc = "A"', {"safety": 'allow_read_only = ["refId"]'}),
        ('desc = "A"', {"lookups": f"status = {{ Open = {OBJECT} }}"}),
        ('status = "A"', {}),
        ('tags = "A"', {}),
        ('desc = "Id"', {}),
    ],
)
def test_what_is_unusual_but_clear_compiles(
    mapper: Callable[..., Mapper], mapping: str, settings: dict[str, Any]
) -> None:
    """Allowed read-only fields, lookups that nothing uses yet and JSON-only columns are no faults."""
    assert mapper(mapping, **settings).fields == (mapping.split(maxsplit=1)[0],)


def test_the_mapper_says_what_it_reads_and_sets(mapper: Callable[..., Mapper]) -> None:
    """Fields are in the job's order, columns as well, once each, the key's first."""
    compiled = mapper(
        """
        name = { template = "{C} {A} {C}" }
        isActive = { value = true }
        desc = "B"
        language = "A"
        """,
        header=("A", "B", "C", "Id", "unused"),
    )
    assert compiled.fields == ("name", "isActive", "desc", "language")
    assert compiled.columns == ("Id", "C", "A", "B")
