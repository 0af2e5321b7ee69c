"""Cases as servers may show them, what rows may want of them, and a server that merges as the sandbox does."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from bulkcase.fields.equal import same_item
from bulkcase.model import Edit
from bulkcase.sandbox import PRIORITIES, STATUSES, SandboxSettings
from bulkcase.sandbox.quirks import stored
from bulkcase.sandbox.store import Store

NOW = 1_795_000_000.0

_texts = st.sampled_from(["", "a", "A", " a", "b\r\nc", "Müller", "👩‍👩‍👧", "0", "x" * 30]) | st.text(max_size=6)
_words = st.sampled_from(["vip", "VIP", "refund", " late", "a", "b"])
_people = st.fixed_dictionaries(
    {"_id": st.sampled_from(["u-1", "u-2", "u-3"])},
    optional={"name": _texts, "emailId": st.sampled_from(["a@example.com", "B@example.com"])},
)
_lists = {
    "tags": st.lists(_words, max_size=4),
    "channel": st.lists(_words, max_size=3),
    "queues": st.lists(_people, max_size=3),
    "participants": st.lists(_people, max_size=3),
    "sessIds": st.lists(_words, max_size=3),
    "attachments": st.lists(_people, max_size=2),
}
_moments = ["2026-12-01T10:00:00.000Z", "2026-12-01T11:00:00+01:00", "2027-01-01T00:00:00.000Z"]
_plain = {
    "name": _texts,
    "desc": _texts,
    "language": _texts,
    "dueDate": st.sampled_from([1_796_119_200_000, 1_798_761_600_000, 0]),
    "ETA": st.sampled_from(_moments),
    "isActive": st.booleans(),
    "supportCustomTasks": st.booleans(),
    "status": st.sampled_from(list(STATUSES.values())),
    "priority": st.sampled_from(list(PRIORITIES.values())),
    "currAssignee": _people,
    "userInfo": st.fixed_dictionaries(
        {
            "_id": st.sampled_from(["cst-1", "cst-2"]),
            "name": _texts,
            "emailId": _words,
            "more": st.fixed_dictionaries({"city": _texts}),
        }
    ),
}


def _item(name: str, kind: str, value: Any, **meta: Any) -> dict[str, Any]:
    return {
        "_id": f"fd-{name}",
        "displayName": name,
        "type": kind,
        "metaData": {"type": "input", "name": f"cf_{name.lower()}", "isMulti": False, **meta},
        "dataType": "string",
        "selectedValue": value,
    }


@st.composite
def _fields(draw: st.DrawFn, case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Custom fields, and the system items that show the title and the description once more."""
    return [
        _item("Title", "system", case.get("name")),
        _item(
            "Region",
            "custom",
            draw(st.sampled_from(["North", "South", ""])),
            type="dropdown",
            values=["North", "South"],
        ),
        _item("Order", "custom", draw(_texts)),
        _item("Weight", "custom", draw(st.sampled_from([1, 2.5, 40]))),
        _item("Seen", "custom", draw(st.sampled_from(_moments)), type="datetime"),
    ]


@st.composite
def _cases(draw: st.DrawFn) -> dict[str, Any]:
    shown = {**_plain, **_lists}
    names = draw(st.sets(st.sampled_from(sorted(shown))))
    case: dict[str, Any] = {name: draw(shown[name]) for name in sorted(names)}
    case |= dict.fromkeys(draw(st.sets(st.sampled_from(["desc", "dueDate", "tags", "status"]), max_size=1)))
    case["fields"] = draw(_fields(case))
    return {"_id": "ci-1", "updatedAt": "2026-01-01T00:00:00.000Z", "secret": {"of": "the server"}, **case}


LIVE = _cases()


@dataclass(frozen=True)
class Wanted:
    """What a row wants of a case."""

    body: dict[str, Any]
    edits: dict[str, Edit]

    @property
    def roots(self) -> set[str]:
        """The fields that may be sent for it."""
        return set(self.body) | {"fields" if key.startswith("custom.") else key.partition(".")[0] for key in self.edits}

    def strays(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
        """Return what has moved inside of a field that was only to be changed in a part."""
        found = []
        for key, edit in self.edits.items():
            root = key.partition(".")[0]
            old, new = before.get(root), after.get(root)
            if (
                (edit.do in {"add", "remove"} and _rest(edit, old) != _rest(edit, new))
                or (edit.do == "path" and _without(old, self._paths(root)) != _without(new, self._paths(root)))
                or (edit.do == "custom" and self._others(before) != self._others(after))
            ):
                found.append(key)
        return found

    def _paths(self, root: str) -> list[list[str]]:
        return [key.split(".")[1:] for key in self.edits if key.startswith(f"{root}.")]

    def _others(self, case: Mapping[str, Any]) -> list[Any]:
        """Return the items of `fields` but for the values that are meant, and those that follow what is sent beside."""
        moved = {key.removeprefix("custom.") for key in self.edits} | ({"Title"} if "name" in self.body else set())
        return [{**item, "selectedValue": None} if item["displayName"] in moved else item for item in case["fields"]]


def _rest(edit: Edit, items: Any) -> list[Any]:
    meant = edit.value or []
    return [one for one in items or [] if not any(same_item(each, one) for each in meant)]


def _without(value: Any, paths: list[list[str]]) -> Any:
    rest = copy.deepcopy(value)
    for path in paths:
        place = rest
        for step in path[:-1]:
            place = place.get(step) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place.pop(path[-1], None)
    return rest


def _edit(do: st.SearchStrategy[str], value: st.SearchStrategy[Any]) -> st.SearchStrategy[Edit]:
    return st.builds(Edit, do, value, st.just(False))


_edited = {
    "userInfo.emailId": _edit(st.just("path"), _texts | st.none()),
    "userInfo.more.city": _edit(st.just("path"), _texts),
    "custom.Region": _edit(st.just("custom"), st.sampled_from(["North", "south", None])),
    "custom.Order": _edit(st.just("custom"), _texts | st.none()),
    "custom.Weight": _edit(st.just("custom"), st.sampled_from(["1", "2.50", "7", None])),
    "custom.Seen": _edit(st.just("custom"), st.sampled_from([*_moments, "2026-12-24", None])),
    **{
        name: _edit(st.sampled_from(["add", "remove"]), items.filter(bool))
        for name, items in _lists.items()
        if name != "attachments"
    },
}


@st.composite
def _wishes(draw: st.DrawFn) -> Wanted:
    keys = draw(st.sets(st.sampled_from(sorted(_edited)), max_size=4))
    edits = {key: draw(_edited[key]) for key in sorted(keys)}
    taken = {key.partition(".")[0] for key in keys}
    shown = {**_plain, **_lists}
    free = [name for name in sorted(shown) if name not in taken]
    names = draw(st.sets(st.sampled_from(free), max_size=5))
    body = {name: draw(shown[name]) for name in sorted(names)}
    clears = [name for name in names if name not in {"isActive", "supportCustomTasks"}]
    if clears:
        for name in draw(st.sets(st.sampled_from(sorted(clears)), max_size=2)):
            body[name] = [] if name in _lists else None
    return Wanted({name: value for name, value in body.items() if value != ""}, edits)


EDITS = _wishes()

_moved = st.sets(st.sampled_from(["desc", "tags", "status", "fields"]), max_size=2).map(frozenset)
QUIRKS = st.builds(
    SandboxSettings,
    normalises=st.booleans(),
    trims_answers=st.booleans(),
    ignores=_moved,
    pretends=_moved,
)


def served(case: Mapping[str, Any], body: Mapping[str, Any], settings: SandboxSettings) -> dict[str, Any]:
    """Return what becomes of a case when a body is sent to a server: its own merge, and none of bulkcase's code."""
    if not body:
        return copy.deepcopy(dict(case))
    store = Store([copy.deepcopy(dict(case))], settings.seed)
    return store.update("ci-1", stored(store.cases["ci-1"], copy.deepcopy(dict(body)), settings), NOW)
