"""getCases: which cases match the filters, in which order, and which page of them is shown."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bulkcase.sandbox.moments import parse_iso
from bulkcase.sandbox.store import Case

_Test = Callable[[Case], bool]


def find_page(
    cases: Iterable[Case],
    request: Mapping[str, Any],
    *,
    page_size: int,
    ignore_skip: bool = False,
    ignore_page: bool = False,
    ignore_sort: bool = False,
    ignore_search: bool = False,
    finds_references: bool = False,
) -> dict[str, Any]:
    """Return the answer to a valid request: its page of the matching cases, and where that page stands."""
    search = _any_text if ignore_search else _text_or_reference if finds_references else _text
    tests = _tests(request, {**_FILTERS, "searchText": search})
    found = [case for case in cases if all(test(case) for test in tests)] if tests else list(cases)
    if ignore_sort:
        found.reverse()
    else:
        _sort(found, request.get("sortBy"))
    limit = min(request.get("limit") or page_size, page_size)
    skip = None if ignore_skip else request.get("skip")
    if skip is None:
        page = None if ignore_page else request.get("page")
        skip = ((page or 1) - 1) * limit
    return {
        "results": found[skip : skip + limit],
        "page": skip // limit + 1,
        "limit": limit,
        "hasMore": skip + limit < len(found),
        "totalPages": -(-len(found) // limit),
        "totalResults": len(found),
    }


def _tests(request: Mapping[str, Any], filters: Mapping[str, Callable[[Any], _Test]]) -> list[_Test]:
    """Return a test for each filter in use; a flag that is false and an empty list filter nothing.

    `mycase` is accepted and filters nothing: a token's subject is no agent.
    """
    return [
        filters[name](value)
        for name, value in request.items()
        if name in filters and value is not None and value is not False and value not in ("", [])
    ]


def _text(value: str) -> _Test:
    wanted = value.lower()
    return lambda case: wanted in (case.get("lname") or "")


def _any_text(_: str) -> _Test:
    return lambda _: True


def _text_or_reference(value: str) -> _Test:
    is_named, wanted = _text(value), value.lower()
    return lambda case: is_named(case) or str(case.get("refId", "")).lower() == wanted


def _named(key: str) -> Callable[[list[str]], _Test]:
    def build(names: list[str]) -> _Test:
        wanted = {name.lower() for name in names}
        return lambda case: not wanted.isdisjoint(_names(case.get(key)))

    return build


def _names(value: Any) -> list[str]:
    """Return the lower-cased names in an object, a text, or a list of either."""
    items = value if isinstance(value, list) else [value]
    names = (item.get("name") if isinstance(item, dict) else item for item in items)
    return [name.lower() for name in names if isinstance(name, str)]


def _created(fits: Callable[[float, float], bool]) -> Callable[[str], _Test]:
    def build(text: str) -> _Test:
        bound = parse_iso(text)
        return lambda case: "createdAt" in case and fits(parse_iso(case["createdAt"]), bound)

    return build


def _due_by(text: str) -> _Test:
    bound = parse_iso(text) * 1000
    return lambda case: case.get("dueDate") is not None and case["dueDate"] <= bound


def _is_unresolved(case: Case) -> bool:
    return (case.get("status") or {}).get("statusCategory") == "open"


_FILTERS: dict[str, Callable[[Any], _Test]] = {
    "unresolved": lambda _: _is_unresolved,
    "unassigned": lambda _: lambda case: case.get("assigneeType") == "unassigned",
    "priority": _named("priority"),
    "status": _named("status"),
    "channel": _named("channel"),
    "queues": _named("queues"),
    "startDate": _created(lambda created, bound: created >= bound),
    "endDate": _created(lambda created, bound: created <= bound),
    "dueDate": _due_by,
}


def _sort(cases: list[Case], order: str | Mapping[str, str] | None) -> None:
    """Sort by a key, or by several with "asc" or "desc" each; without one the order of creation stays."""
    keys = {order: "asc"} if isinstance(order, str) else dict(order or {})
    for key in reversed(keys):
        cases.sort(key=_rank_by(key), reverse=keys[key] == "desc")


def _rank_by(key: str) -> Callable[[Case], tuple[str, Any]]:
    return lambda case: _rank(case.get(key))


def _rank(value: Any) -> tuple[str, Any]:
    """Return what values of one key are compared by, whatever their types: objects go by name."""
    if isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, int | float):
        return "number", value
    return type(value).__name__, str(value)
