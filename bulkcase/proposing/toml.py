"""Values as TOML writes them; whatever a text holds, it stays one text on one line."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final

_SHORT: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+").fullmatch
_SMALL: Final = 0xFFFF


def toml_text(text: str) -> str:
    """Return a text in quotes, with an escape for whatever does not print; half a character becomes `?`."""
    return f'"{"".join(map(_escaped, text.encode(errors="replace").decode()))}"'


def is_whole(text: str) -> bool:
    """Say whether a text can stand in a TOML file: it has no half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def toml_key(key: str) -> str:
    """Return a key, in quotes where it needs them."""
    return key if _BARE(key) else toml_text(key)


def toml_value(value: Any) -> str:
    """Return a value of a job file, tables inline."""
    if isinstance(value, str):
        return toml_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{toml_key(key)} = {toml_value(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return repr(value)


def _escaped(sign: str) -> str:
    if sign in _SHORT:
        return _SHORT[sign]
    if sign.isprintable():
        return sign
    return f"\\u{ord(sign):04X}" if ord(sign) <= _SMALL else f"\\U{ord(sign):08X}"
