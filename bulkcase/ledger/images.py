"""What a run has changed of a case: for each field the value before, and what it left there. Pure.

An image is a JSON object: `was`, where the case showed a value before; and `left`, what it showed afterwards, or `sent`
where nobody knows what it made of that.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

Images = Mapping[str, Mapping[str, Any]]
"""An image for each field."""

_TO_THE_LETTER: Final = frozenset({"equal", "normalised"})
"""What was verified so was shown; where that is not kept, it is to the letter what was sent."""


def images_of(
    sent: bytes, before: bytes | None, left: bytes | None, verified: str | None, earlier: bytes | None
) -> Images:
    """Return what a row brought by its attempts, from the columns of the ledger.

    Where several attempts sent a field, its value before is that before the first of them.
    """
    old = {} if before is None else orjson.loads(before)
    shown = {} if left is None else orjson.loads(left)
    known: Images = {} if earlier is None else orjson.loads(earlier)
    images: dict[str, Mapping[str, Any]] = dict(known)
    for field, value in orjson.loads(sent).items():
        image: dict[str, Any] = {}
        if field in known:
            image |= {"was": known[field]["was"]} if "was" in known[field] else {}
        elif field in old:
            image["was"] = old[field]
        if field in shown:
            image["left"] = shown[field]
        else:
            image["left" if verified in _TO_THE_LETTER else "sent"] = value
        images[field] = image
    return images
