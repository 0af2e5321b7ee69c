"""How a person is told that a case shows something else than was sent."""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from bulkcase.cells import escaped
from bulkcase.fields.parts import parts, shown

_LONGEST: Final = 60
_KEPT_BEFORE: Final = 20
"""How much is told of what two long texts begin with alike."""


def told(field: str, sent: Any, there: Any) -> Iterator[str]:
    """Yield a sentence for each part of a field that a case shows otherwise, in one line each."""
    found = list(parts({field: sent}, {field: there})) or [(field, there, sent)]
    for name, old, new in found:
        yield f"{_cut(_line(name))}: {_sides(name, new, old)}"


def _sides(name: str, sent: Any, there: Any) -> str:
    one, other = _line(_text(sent, name)), _line(_text(there, name))
    if one != other:
        return f"sent {_quoted(one, other)}, shows {_quoted(other, one)}"
    if isinstance(sent, dict) and isinstance(there, dict):
        keys = [key for key in sent if key not in there or sent[key] != there[key]] or list(sent)
        sent, there = {key: sent[key] for key in keys}, {key: there[key] for key in keys if key in there}
    one, other = _line(_json(sent)), _line(_json(there))
    return f"sent {_cut(one, other)}, shows {_cut(other, one)}"


def _text(value: Any, name: str) -> str:
    try:
        return shown(value, name)
    except TypeError:
        return str(value)


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return repr(value)


def _line(text: str) -> str:
    return " ".join(text.splitlines())


def _quoted(text: str, other: str) -> str:
    return f'"{_cut(text, other)}"' if text else "nothing"


def _cut(text: str, other: str = "") -> str:
    """Return a text with 60 characters at most, those where it parts from another one."""
    if len(text) > _LONGEST:
        alike = next((place for place, pair in enumerate(zip(text, other, strict=False)) if pair[0] != pair[1]), None)
        alike = min(len(text), len(other)) if alike is None else alike
        if alike > _LONGEST - _KEPT_BEFORE:
            text = f"…{text[alike - _KEPT_BEFORE :]}"
        text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return escaped(text)
