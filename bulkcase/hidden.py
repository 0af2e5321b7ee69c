"""Secrets that this process has read, taken out of words that are not its own.

Secrets are never written anywhere by this program. What a server, a proxy or a library says may repeat them all the
same, as they are or encoded; and nobody can know what a traceback holds. So each secret that is read is noted here, and
what is told, logged or kept of such words goes through `without_secrets`.

Secrets of fewer than eight characters are recognised as whole words only, and of fewer than four not at all: they would
be found in any text.
"""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "***"
"""What stands in the place of a secret."""
_DOTTED: Final = re.compile(r"(?<![\w-])[\w-]++(?:\.[\w-]*+)++")
"""What may be a token that is signed, or have one in it; each character is looked at once, whoever wrote the text."""
_BEGINS: Final = "eyJ"
_HEAD: Final = 9
"""How a token that is signed begins, whoever made it (RFC 7519), and how long what stands before its first dot is."""
_LONG: Final = 8
"""Characters from which on a secret is recognised inside of other words."""
_SHORTEST: Final = 4
_LINE: Final = 16
"""Characters from which on a line of a secret of several lines, such as a key, is recognised by itself."""


class _Hidden:
    """What is recognised."""

    def __init__(self) -> None:
        self.secrets: frozenset[str] = frozenset()
        self.pattern: re.Pattern[str] | None = None

    def know(self, secrets: frozenset[str]) -> None:
        inside = {form for one in secrets for form in _forms(one) if len(form) >= _LONG}
        words = {one for one in secrets if _SHORTEST <= len(one) < _LONG}
        # The longest first: a part of it may be another one.
        each = [re.escape(form) for form in sorted(inside, key=len, reverse=True)]
        each += [rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words)]
        self.secrets, self.pattern = secrets, re.compile("|".join(each)) if each else None


_hidden = _Hidden()


def hide(secret: str) -> None:
    """Note a secret that was read, for as long as the process lives."""
    if secret and secret not in _hidden.secrets:
        _hidden.know(_hidden.secrets | {secret})


def forget() -> None:
    """Forget all that was noted: for whoever reads secrets that are none, such as a test."""
    _hidden.know(frozenset())


def without_secrets(text: str) -> str:
    """Return a text with everything masked in it that is a secret, or looks like a signed token."""
    known = text if _hidden.pattern is None else _hidden.pattern.sub(MASK, text)
    return _DOTTED.sub(_without_token, known) if _BEGINS in known else known


def _without_token(found: re.Match[str]) -> str:
    """Return what has dots with everything masked from where a signed token begins."""
    text = found[0]
    start = text.find(_BEGINS)
    while start >= 0 and (dot := text.find(".", start)) >= 0:
        if dot - start >= _HEAD:
            return text[:start] + MASK
        start = text.find(_BEGINS, dot)
    return text


def _forms(secret: str) -> Iterator[str]:
    """Yield how a secret may stand in a text: as it is, in JSON, in an address, in base64; also each line of it."""
    yield secret
    if len(secret) < _LONG:
        return
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield repr(f'"{secret}')[2:-1]  # of a text with both kinds of quotes, in which one of them is escaped
    yield quote(secret, safe="", errors="replace")
    yield quote(secret, errors="replace")
    yield quote_plus(secret, errors="replace")
    data = secret.encode("utf-8", "replace")
    for skipped in range(3):
        # Wherever it begins in what was encoded: the signs that its neighbours have a part in are left out.
        first, bits = -(-skipped * 8 // 6), (skipped + len(data)) * 8
        for encode in (b64encode, urlsafe_b64encode):
            yield encode(b"\0" * skipped + data).decode()[first : bits // 6]
    lines = secret.split()
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= _LINE)
