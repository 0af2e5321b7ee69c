"""Places that cannot be mapped, or not together, are told before the first row."""

from collections.abc import Callable

import pytest

from bulkcase.errors import JobError
from bulkcase.mapping import Mapper


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ('desc = { column = "A", mode = "add" }', "mapping.desc.mode: desc is a text, no list: take it out"),
        ('status = { column = "A", mode = "remove" }', "mapping.status.mode: status is an object, no list"),
        ('"desc.x" = "A"', "mapping.desc.x: desc is a text, and a path leads into an object"),
        ('"tags.0" = "A"', "mapping.tags.0: tags is a list of texts, and a path leads into an object"),
        ('"fields.Region" = "A"', "mapping.fields.Region: fields is a list, and a path leads into an object"),
        ('"status.name" = "A"', "mapping.status.name: status is a whole object of the platform, never changed"),
        ('"currAssignee.name" = "A"', "mapping.currAssignee.name: currAssignee is a whole object"),
        ('"createdBy.name" = "A"', "mapping.createdBy.name: is read-only by prudence"),
        ('"userinfo.name" = "A"', "mapping.userinfo.name: is no field of updateCase: did you mean userInfo?"),
        ('".name" = "A"', "mapping..name: is no field of updateCase"),
        ('"userInfo." = "A"', "mapping.userInfo.: is no path: write names with one dot between them"),
        ('"userInfo..x" = "A"', "mapping.userInfo..x: is no path"),
        ('"userInfo.x" = { column = "A", split = ";" }', "mapping.userInfo.x.split: userInfo.x is a text, no list"),
        ('custom.X = { column = "A", split = ";" }', "mapping.custom.X.split: custom.X is a text, no list"),
        ('custom.X = { column = "A", format = "%d" }', 'mapping.custom.X.format: "%d" must have'),
        ('custom.X = { column = "A", timezone = "Mars" }', 'mapping.custom.X.timezone: "Mars" is no time zone'),
        ("custom.X = { value = 5 }", "mapping.custom.X.value: must be a text in quotes"),
        ('tags = { value = [], mode = "add" }', "mapping.tags.value: has no item: give the list at least one"),
        ('tags = { value = [1], mode = "add" }', "mapping.tags.value: must be a list of texts only"),
        ('"userInfo.x" = { value = { at = 08:00:00 } }', "mapping.userInfo.x.value: holds what JSON"),
        ('custom.X = "Z"', 'mapping.custom.X: the input has no column "Z"'),
    ],
)
def test_a_fault_of_a_place_is_one_line_with_its_key(mapper: Callable[..., Mapper], mapping: str, told: str) -> None:
    """It is told before the first row, by the key that the job writes."""
    with pytest.raises(JobError) as caught:
        mapper(mapping)
    (problem,) = caught.value.problems
    assert problem.startswith(f"night.toml: {told}"), problem


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ('userInfo = "A"\n"userInfo.name" = "B"', "mapping.userInfo.name: mapping.userInfo is mapped whole too"),
        ('"userInfo.name" = "B"\nuserInfo = "A"', "mapping.userInfo.name: mapping.userInfo is mapped whole too"),
        (
            '"userInfo.home" = "A"\n"userInfo.home.city" = "B"',
            "mapping.userInfo.home.city: mapping.userInfo.home is mapped whole too",
        ),
        ('fields = "A"\ncustom.Region = "B"', "mapping.custom.Region: mapping.fields is mapped whole too"),
    ],
)
def test_a_thing_and_a_part_of_it_are_not_both_mapped(mapper: Callable[..., Mapper], mapping: str, told: str) -> None:
    """Which of the two counts would be anybody's guess."""
    with pytest.raises(JobError) as caught:
        mapper(mapping)
    assert caught.value.problems == (f"night.toml: {told}: keep one of them",)


@pytest.mark.parametrize(
    "mapping",
    [
        '"userInfo.home" = "A"\n"userInfo.homePage" = "B"',
        '"userInfo.name" = "A"\n"userInfo.emailId" = "B"\ntags = "A"',
        'custom.Unit = "A"\ncustom."Unit.b" = "B"',
        'custom.desc = "A"\ndesc = "B"',
        'custom.fields = "A"',
    ],
)
def test_parts_beside_each_other_are_mapped_together(mapper: Callable[..., Mapper], mapping: str) -> None:
    """Names that only begin alike are not parts of each other, and a custom field may be called like any other."""
    assert len(mapper(mapping).fields) == mapping.count("=")
