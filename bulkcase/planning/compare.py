"""What has to be sent of a mapped update, once the live case is known: only what differs, and that whole."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol

from bulkcase.fields.equal import milliseconds, same, same_item, unchanged
from bulkcase.mapping.faults import Fault, joined
from bulkcase.mapping.types.scalars import to_boolean, to_number
from bulkcase.model import Edit, Rejection
from bulkcase.planning.custom import align, apply, change, keep
from bulkcase.planning.restore import restored


class Finder(Protocol):
    """A lookup: from a name to the object that the API wants."""

    def find(self, name: str) -> Any:
        """Return the object of a name, or the Fault that it is unknown."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a case update comes to for one live case; nothing, where that has all values already."""

    body: Mapping[str, Any]
    """The fields that differ, whole, as they are sent."""
    before: Mapping[str, Any]
    """What the live case shows for exactly these fields; one that it does not show is not here."""
    kept: tuple[Fault, ...] = ()
    """What an undo leaves alone, and why."""


def compare(
    body: Mapping[str, Any], edits: Mapping[str, Edit], live: Mapping[str, Any], tables: Mapping[str, Finder]
) -> Comparison | Rejection:
    """Return what to send so that a live case gets the values of an update, or every reason why that cannot be told.

    `edits` are under their keys in the job's mapping ("status", "userInfo.emailId", "custom.Region"), `tables` under
    the keys of the edits that are `named`. A field is in `body` or edited, in one way. What cannot be restored is told
    beside what can, and rejects nothing.
    """
    draft = _Draft(live)
    for field, value in body.items():
        draft.set(field, value)
    do: Mapping[str, Callable[[str, Any], None]] = {
        "set": draft.set,
        "add": draft.add,
        "remove": draft.remove,
        "path": draft.path,
        "custom": draft.custom,
        "restore": draft.restore,
        "leave": draft.leave,
    }
    for key, edit in edits.items():
        value = _found(edit.value, tables[key]) if edit.named else edit.value
        if isinstance(value, Fault):
            draft.faults.append(value)
        else:
            do[edit.do](key, value)
    return draft.comparison()


def _found(names: Any, table: Finder) -> Any:
    """Return what a name, or each name of a list, stands for; what is no name stands for itself."""
    if not isinstance(names, list):
        return table.find(names) if isinstance(names, str) else names
    found = [table.find(name) if isinstance(name, str) else name for name in names]
    faults = [each for each in found if isinstance(each, Fault)]
    return joined(faults) if faults else found


def _as_shown(key: str, value: Any, live: Any) -> Any:
    """Return a value for a path as what the case shows there is, or the Fault that it cannot be that."""
    if not isinstance(value, str):
        return value
    if isinstance(live, list | Mapping) and live:
        return Fault("odd_live_value", f"{key} of the case is no text: map the whole object")
    if isinstance(live, bool):
        found: Any = to_boolean(value)
    elif isinstance(live, int | float):
        found = to_number(value)
    else:
        return value
    return Fault(found.code, f"{key}: {found.reason}") if isinstance(found, Fault) else found


def _same_moment(value: Any, live: Any) -> bool:
    """Say whether two texts are one date-time, written in two ways."""
    if not (isinstance(value, str) and isinstance(live, str) and "T" in value and "T" in live):
        return False
    moment = milliseconds(value)
    return moment is not None and moment == milliseconds(live)


class _Draft:
    """The changes of one case while they are gathered; the live case stays as it is."""

    def __init__(self, live: Mapping[str, Any]) -> None:
        self.faults: list[Fault] = []
        self.kept: list[Fault] = []
        self._live = live
        self._new: dict[str, Any] = {}
        self._copied: set[str] = set()
        self._custom: dict[int, str] = {}
        """Which key of the mapping is about which custom field."""
        self._alone: set[str] = set()
        """Fields that an undo leaves as they are."""

    def comparison(self) -> Comparison | Rejection:
        if self.faults:
            fault = joined(self.faults)
            return Rejection(fault.code, fault.reason)
        # What the job wrote into `fields` itself is sent as it is; only what comes from the live case can be stale.
        if "fields" in self._copied:
            align(self._new["fields"], self._new, self._live)
        if self._alone and isinstance(self._new.get("fields"), list):
            self._keep()
        before = {field: self._live[field] for field in self._new if field in self._live}
        return Comparison(self._new, before, tuple(self.kept))

    def set(self, field: str, value: Any) -> None:
        if not same(field, value, self._live.get(field)):
            self._new[field] = value

    def add(self, field: str, value: Any) -> None:
        items = self._items(field)
        if items is None:
            return
        every = list(items)
        for item in _as_list(value):
            place = next((index for index, each in enumerate(every) if same_item(item, each)), None)
            if place is None:
                every.append(item)
            elif not same(field, [item], [every[place]]):
                every[place] = item
        if every != items:
            self._put(field, every)

    def remove(self, field: str, value: Any) -> None:
        items = self._items(field)
        if items is None:
            return
        unwanted = _as_list(value)
        kept = [each for each in items if not any(same_item(item, each) for item in unwanted)]
        if len(kept) < len(items):
            self._put(field, kept)

    def path(self, key: str, value: Any) -> None:
        root, *steps, last = key.split(".")
        place = self._shown(root)
        for number, step in enumerate([*steps, last]):
            if not isinstance(place, Mapping):
                missing, rest = ".".join([root, *steps[:number]]), ".".join([*steps, last][number:])
                self.faults.append(Fault("no_object", f"the case has no {missing} to set {rest} in"))
                return
            place = place.get(step)
        value = _as_shown(key, value, place)
        if isinstance(value, Fault):
            self.faults.append(value)
        elif not same(key, value, place) and not _same_moment(value, place):
            target = self._copy(root)
            for step in steps:
                target = target[step]
            target[last] = value

    def custom(self, key: str, value: Any) -> None:
        items = self._items("fields")
        if items is None:
            return
        found = change(items, key.removeprefix("custom."), value)
        if isinstance(found, Fault):
            self.faults.append(found)
            return
        other = self._custom.setdefault(found.place, key)
        if other != key:
            self.faults.append(Fault("mapped_twice", f"{other} and {key} are one custom field: map it once"))
        elif found.differs:
            apply(self._copy("fields"), found)

    def leave(self, field: str, why: Sequence[str]) -> None:
        self.kept.append(Fault(*why))
        self._alone.add(field)

    def restore(self, field: str, image: Mapping[str, Any]) -> None:
        found = restored(field, self._live, image)
        self.kept += found.kept
        if found.kept and not found.differs:
            self._alone.add(field)
        if found.is_merged:
            self._put(field, found.value)
        elif found.differs:
            # The value before is sent as it was: its system items are of that time too.
            self._new[field] = found.value

    def _keep(self) -> None:
        """Let the fields that are put back not touch what is left alone beside them."""
        fields = deepcopy(self._new["fields"])
        keep(fields, self._alone, self._live)
        if unchanged("fields", fields, self._live.get("fields")):
            del self._new["fields"]
        else:
            self._new["fields"] = fields

    def _items(self, field: str) -> list[Any] | None:
        """Return a list of the case, or None with a fault where the case shows something else."""
        value = self._shown(field)
        if value is None:
            return []
        if isinstance(value, list):
            return value
        self.faults.append(Fault("odd_live_value", f"{field} of the case is no list, so nothing in it can be changed"))
        return None

    def _shown(self, field: str) -> Any:
        """Return a live value, with the changes inside it so far."""
        return self._new[field] if field in self._copied else self._live.get(field)

    def _copy(self, field: str) -> Any:
        """Return the draft's own copy of a live value, to be changed."""
        if field not in self._copied:
            self._put(field, self._live[field])
        return self._new[field]

    def _put(self, field: str, value: Any) -> None:
        self._new[field] = deepcopy(value)
        self._copied.add(field)


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
