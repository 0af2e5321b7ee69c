"""What is kept of a live case, and what it teaches. Pure."""

from collections.abc import Collection, Iterator, Mapping
from hashlib import blake2b
from typing import Any

import orjson

from bulkcase.ledger.snapshots import Learnt, LiveCase

_NAMES = ("name", "emailId")
"""What people call an object by."""
_APART = frozenset({"updatedAt"})
"""What changes with every change: it is kept beside the hash of the rest."""


def kept_of(case: Mapping[str, Any], fields: Collection[str]) -> LiveCase:
    """Return what is kept of a case that has an id: the given fields as they are, and a hash of the others."""
    rest = {key: value for key, value in case.items() if key not in fields and key not in _APART}
    content = orjson.dumps(rest, option=orjson.OPT_SORT_KEYS)
    return LiveCase(
        id=case["_id"],
        ref=_text(case.get("refId")),
        name=_text(case.get("name")),
        updated_at=_text(case.get("updatedAt")),
        kept={field: case[field] for field in fields if field in case},
        rest=blake2b(content, digest_size=16).digest(),
    )


def learnt_from(case: Mapping[str, Any], fields: Collection[str]) -> Iterator[Learnt]:
    """Yield each object that a case shows in these fields, once for each name that it goes by."""
    for field in fields:
        shown = case.get(field)
        for item in shown if isinstance(shown, list) else [shown]:
            if isinstance(item, dict):
                for name in {item[key] for key in _NAMES if isinstance(item.get(key), str) and item[key].strip()}:
                    yield Learnt(field, name, str(item.get("_id", "")), item)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
