"""Cases with custom fields, and what becomes of a change in them."""

import copy
from typing import Any

from bulkcase.model import Edit, Rejection
from bulkcase.planning.compare import Comparison, compare

DUE = "2026-06-01T12:00:00.000Z"
DUE_MS = 1_780_315_200_000


def item(name: str, shown: Any, *, internal: str = "", kind: str | None = "custom", **more: Any) -> dict[str, Any]:
    """Return an item of `fields`; what is left over describes it in its metaData."""
    typed = {} if kind is None else {"type": kind}
    data_type = more.pop("dataType", "string")
    meta = {"type": "input", "name": internal or f"cf_{name}", "isMulti": False, **more}
    return {
        "_id": f"fd-{name}",
        "displayName": name,
        "metaData": meta,
        "dataType": data_type,
        "selectedValue": shown,
    } | (typed)


def case(*fields: Any, **more: Any) -> dict[str, Any]:
    return {"_id": "ci-1", "fields": list(fields), **more}


def outcome(live: dict[str, Any], values: dict[str, Any], body: dict[str, Any] | None = None) -> Any:
    before = copy.deepcopy(live)
    found = compare(body or {}, {f"custom.{name}": Edit("custom", value) for name, value in values.items()}, live, {})
    assert live == before
    return found


def sent(live: dict[str, Any], values: dict[str, Any], body: dict[str, Any] | None = None) -> dict[str, Any]:
    found = outcome(live, values, body)
    assert isinstance(found, Comparison), found
    return dict(found.body)


def shown(live: dict[str, Any], values: dict[str, Any]) -> Any:
    """Return the value that the only field of a case gets, or "left" where nothing is sent."""
    body = sent(live, values)
    return body["fields"][0]["selectedValue"] if body else "left"


def refusal(live: dict[str, Any], values: dict[str, Any]) -> Rejection:
    found = outcome(live, values)
    assert isinstance(found, Rejection), found
    return found
