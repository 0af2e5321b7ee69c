"""No field is sent that the job did not map, and of what is sent whole nothing moves but what was mapped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.depth import examples
from support.fates import Fate, fates
from support.jobs import a_job, write_cases
from support.world import HOST, End, World, is_finished

from bulkcase.operations.common.ended import Run
from bulkcase.operations.resume import resume, retry
from bulkcase.operations.run import run
from bulkcase.operations.undo import undo
from bulkcase.sandbox import SandboxSettings, generate_cases

CASES = generate_cases(8, 7, 1_795_000_000.0)
HEADER = ("Case ID", "A", "B", "C", "D", "name", "priority", "tags", "refId")
"""The last ones are named like fields, and mapped by no job."""
ADD = 'tags = { column = "B", split = ";", mode = "add" }'
LINES = {
    "desc": 'desc = "A"',
    "name": 'name = { template = "[{A}] {C}" }',
    "tags": ADD,
    "channel": 'channel = { column = "B", split = ";", mode = "remove" }',
    "userInfo.emailId": '"userInfo.emailId" = "A"',
    "custom.Region": '"custom.Region" = "C"',
    "status": 'status = "D"',
    "isActive": "isActive = { value = false }",
    "dueDate": 'dueDate = { column = "C", timezone = "UTC" }',
    "queues": 'queues = { column = "B", split = ";" }',
}
SYSTEM = {"name": "Title", "desc": "Description", "dueDate": "Due Date"}
"""Fields that a system item of `fields` shows as well."""

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | st.sampled_from(
    ["", "x", "=1", "#N/A"]
)
lists = st.sampled_from(["", "vip", "vip;new", "chat;email", "[]", '["a","b"]', ";", "billing ; x"])
values = st.sampled_from(["", "North", "Central", "nowhere", "2031-05-01", "2031-05-01T12:00:00"])
statuses = st.sampled_from(["", "On Hold", "closed", "No Such", '{"_id":"sts-1","name":"Mine"}'])
rows = st.lists(st.tuples(texts, lists, values, statuses, texts, texts, texts, texts), min_size=2, max_size=len(CASES))
mappings = st.sets(st.sampled_from(sorted(LINES)), min_size=1, max_size=5)
ends = st.just(End()) | st.builds(End, st.just("commit"), st.integers(15, 50), st.floats(0, 1))


@dataclass
class Watch:
    """Looks at each change that a server makes, when it makes it."""

    world: World
    mapped: set[str]
    odd: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        store = self.world.api.store
        change = store.update

        def update(case_id: str, body: Mapping[str, Any], now: float, **more: Any) -> Any:
            self._look(store.cases[case_id], body)
            return change(case_id, body, now, **more)

        store.update = update  # type: ignore[method-assign]  # watched

    def _look(self, before: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        roots = {"fields" if key.startswith("custom.") else key.partition(".")[0] for key in self.mapped}
        if not set(body) <= roots:
            self.odd.append(f"{set(body) - roots} were sent, and {self.mapped} are mapped")
        if "userInfo" in body and _without(body["userInfo"]) != _without(before["userInfo"]):
            self.odd.append(f"userInfo was {before['userInfo']}, and {body['userInfo']} was sent")
        if "fields" in body:
            moved = {"Region", *(SYSTEM[name] for name in SYSTEM if name in self.mapped)}
            if _others(body["fields"], moved) != _others(before["fields"], moved):
                self.odd.append(f"fields were {before['fields']}, and {body['fields']} was sent")
        for name in {"tags", "channel"} & set(body):
            meant = {"vip", "new", "chat", "email", "a", "b", "billing", "x"}
            if [one for one in body[name] if one not in meant] != [one for one in before[name] if one not in meant]:
                self.odd.append(f"{name} were {before[name]}, and {body[name]} was sent")


def _without(info: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in info.items() if key != "emailId"}


def _others(items: Sequence[Mapping[str, Any]], moved: set[str]) -> list[Mapping[str, Any]]:
    return [{**item, "selectedValue": ""} if item["displayName"] in moved else item for item in items]


def a_world(folder: Path, mapped: set[str], lines: Sequence[tuple[str, ...]]) -> tuple[World, Any, Watch]:
    """Return a world with a job that maps these fields, the job, and what looks on."""
    cells = [(case["_id"], *line) for case, line in zip(CASES, lines, strict=False)]
    write_cases(folder, cells, HEADER)
    job = a_job(
        folder,
        host=HOST,
        timeout="4s",
        quota="windows = []\nmax_in_flight = 3",
        mapping="\n".join(LINES[key] for key in sorted(mapped)),
        snapshot='read = "always"',
        more='[safety]\nmax_failures = "off"\ncanary = 2'
        + ('\n[lookups]\nstatus = "live"\nqueues = "live"' if mapped & {"status", "queues"} else ""),
    )
    world = World(folder, CASES, most=3, settings=SandboxSettings(page_size=3))
    return world, job, Watch(world, mapped)


@settings(max_examples=examples(5), deadline=None)
@given(mappings, rows, st.lists(fates(longest=40), max_size=15), ends)
def test_only_what_is_mapped_is_sent(mapped: set[str], lines: list[tuple[str, ...]], bad: list[Fate], end: End) -> None:
    """In a run with its canary, after lost answers and kills, while others change the cases, and in retry and undo."""
    with TemporaryDirectory() as place:
        world, job, watch = a_world(Path(place), mapped, lines)
        with world.open():
            world.network.fates = chain(bad, repeat(Fate()))
            world.run(run, job, unfinished="continue", end=end)
            world.pass_time(20.0)
            theirs(world)
            world.network.fates = repeat(Fate())
            ended = world.run(run, job, unfinished="continue")
            theirs(world)
            for verb in (retry, resume, undo):
                if isinstance(ended, Run):
                    world.run(verb, ended)
        assert watch.odd == []
        assert world.wrong == []


def theirs(world: World) -> None:
    """Let somebody else change every case in what no job of these has meant, and two hours go by."""
    for key, case in list(world.cases.items()):
        info = {**case["userInfo"], "phone": f"{case['userInfo'].get('phone', '')}1"}
        values = {"tags": [*case["tags"], f"theirs {len(case['tags'])}"], "userInfo": info, "language": "de"}
        world.api.store.cases[key] = {**case, **values, "updatedAt": f"{case['updatedAt'][:-1]}1Z"}
    world.pass_time(7200.0)


@settings(max_examples=examples(4), deadline=None)
@given(mappings, rows)
def test_a_run_and_its_undo_leave_every_case_as_it_was(mapped: set[str], lines: list[tuple[str, ...]]) -> None:
    """A second run finds nothing to send, an undo puts all back, and its undo does again what the run did."""
    with TemporaryDirectory() as place:
        world, job, watch = a_world(Path(place), mapped, lines)
        with world.open():
            before = kept(world)
            ended = world.run(run, job)
            after, sent = kept(world), len(updates(world))
            if is_finished(ended):
                world.run(run, job)
                assert len(updates(world)) == sent
            if is_finished(ended) and sent:
                back = world.run(undo, ended)
                assert kept(world) == before
                assert is_finished(world.run(undo, back))
                assert kept(world) == after
        assert watch.odd == []


def updates(world: World) -> list[str]:
    return [call.path for call in world.network.sent if call.case_id is not None]


def kept(world: World) -> dict[str, dict[str, Any]]:
    """Return the cases but for what the server writes with every update."""
    own = {"updatedAt", "lname"}
    return {key: {name: case[name] for name in case if name not in own} for key, case in world.cases.items()}
