"""For what a job needs to read the live cases."""

from typing import Any

import pytest
from support.job_texts import FILE, SANDBOX, problems

from bulkcase.job import Job, parse
from bulkcase.job.needs import Need, live_lookups, needs, problems_of_needs

KEY = 'key = "Id"'
BY_REFERENCE = 'key = { column = "Id", match = "refId" }'
TABLE = '{ Open = { _id = "x" } }'


def text(mapping: str, *, key: str = KEY, lookups: str = "", read: str = "auto", safety: str = "") -> str:
    return (
        f'{SANDBOX}[input]\npath = "cases.csv"\n{key}\n[mapping]\n{mapping}\n'
        f'[lookups]\n{lookups}\n[snapshot]\nread = "{read}"\n[safety]\n{safety}\n'
    )


def job(mapping: str, **more: Any) -> Job:
    return parse(text(mapping, **more), FILE)


@pytest.mark.parametrize(
    ("mapping", "more"),
    [
        ('desc = "A"', {}),
        ('status = "A"', {"lookups": f"status = {TABLE}"}),
        ('status = "A"', {"lookups": 'status = "file:statuses.json"'}),
        ('status = "A"', {"lookups": 'status = "live"'}),
        ('priority = "A"', {"lookups": 'priority = "live"'}),
        ('desc = "A"', {"lookups": 'queues = "live"'}),
        ('tags = { column = "A", split = ";", mode = "replace" }', {}),
        ('desc = "A"', {"key": 'key = { column = "Id", match = "_id" }'}),
        ('desc = "A"', {"safety": 'verify = "response"\ncanary = 1000\non_conflict = "send"'}),
        ('desc = "A"', {"safety": 'verify = "none"'}),
    ],
)
def test_most_jobs_need_no_live_case(mapping: str, more: dict[str, Any]) -> None:
    """Whole fields, tables, files, and names that one call each finds, do without, so that "never" is accepted too."""
    assert list(needs(job(mapping, **more))) == []
    assert list(needs(job(mapping, read="never", **more))) == []


NEEDED = [
    ('desc = "A"', {"key": BY_REFERENCE}, "input.key.match", "keys are references"),
    ('"userInfo.emailId" = "A"', {}, "mapping.userInfo.emailId", "the object is changed and sent whole"),
    ('custom.Region = "A"', {}, "mapping.custom.Region", "custom fields are changed and sent whole"),
    ('custom."Unit 2.b" = "A"', {}, "mapping.custom.Unit 2.b", "custom fields are changed and sent whole"),
    (
        *('tags = { column = "A", split = ";", mode = "add" }', {}),
        *("mapping.tags.mode", "the list is changed and sent whole"),
    ),
    (
        *('tags = { value = ["x"], mode = "remove" }', {}),
        *("mapping.tags.mode", "the list is changed and sent whole"),
    ),
    (
        *('queues = { column = "A", split = ";" }', {"lookups": 'queues = "live"'}),
        *("lookups.queues", "names are learnt from the live cases"),
    ),
    (
        *('currAssignee = "A"', {"lookups": 'currAssignee = "live"'}),
        *("lookups.currAssignee", "names are learnt from the live cases"),
    ),
    ('desc = "A"', {"safety": 'verify = "live"'}, "safety.verify", "cases are read back"),
    (
        *('desc = "A"', {"safety": 'on_conflict = "leave"'}),
        *("safety.on_conflict", "cases that somebody changed are left alone"),
    ),
]


@pytest.mark.parametrize(("mapping", "more", "key", "what"), NEEDED)
def test_what_depends_on_the_live_case_needs_it(mapping: str, more: dict[str, Any], key: str, what: str) -> None:
    """The need has the key of the job file that it comes from."""
    assert list(needs(job(mapping, **more))) == [Need(key, what)]


@pytest.mark.parametrize(("mapping", "more", "key", "what"), NEEDED)
def test_a_job_that_forbids_what_it_needs_is_refused(mapping: str, more: dict[str, Any], key: str, what: str) -> None:
    """The key, why it needs the live cases, and what to write."""
    assert problems(text(mapping, read="never", **more)) == [
        f'{key}: needs the live cases ({what}), and snapshot.read is "never": write "auto" there'
    ]


def test_every_need_is_told_at_once() -> None:
    """One look at the messages is enough to see all that "never" stands in the way of."""
    found = problems(
        text(
            '"userInfo.name" = "A"\ntags = { column = "A", split = ";", mode = "add" }\ncustom.Region = "A"',
            key=BY_REFERENCE,
            read="never",
            safety='verify = "live"',
        )
    )
    keys = [each.split(": ")[0] for each in found]
    assert sorted(keys) == [
        *("input.key.match", "mapping.custom.Region", "mapping.tags.mode", "mapping.userInfo.name"),
        "safety.verify",
    ]


@pytest.mark.parametrize("name", ["userInfo", "participants", "channel", "createdBy", "zzz"])
def test_only_what_live_cases_tell_can_be_learnt_from_them(name: str) -> None:
    """Another lookup that is "live" is refused, mapped or not, whatever snapshot.read says."""
    for mapping in ('desc = "A"', f'{name} = "A"'):
        for read in ("auto", "never"):
            (told,) = problems(text(mapping, lookups=f'{name} = "live"', read=read))
            assert told.startswith(f"lookups.{name}: ")
            if read == "auto":
                assert "only status, priority, queues, currAssignee can be learnt" in told


def test_only_mapped_lookups_are_learnt() -> None:
    """A live lookup that no field uses costs nothing, and neither does a table."""
    made = job(
        'status = "A"\nqueues = { column = "A", split = ";", mode = "add" }\npriority = "A"',
        lookups=f'status = "live"\nqueues = "live"\ncurrAssignee = "live"\npriority = {TABLE}',
    )
    assert live_lookups(made) == ("status", "queues")
    assert [need.key for need in needs(made)] == ["mapping.queues.mode", "lookups.queues"]
    assert list(problems_of_needs(made)) == []


@pytest.mark.parametrize("read", ["auto", "always"])
def test_a_job_may_read_what_it_needs(read: str) -> None:
    """Nothing is wrong with it unless it says "never"."""
    assert list(problems_of_needs(job('custom.Region = "A"', read=read))) == []
