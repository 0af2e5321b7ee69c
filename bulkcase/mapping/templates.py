"""Templates: text with columns in braces, and nothing else."""

import re
from collections.abc import Sequence

_TOKENS = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")

Part = tuple[bool, str]
"""Whether it is a column, and its name or the literal text."""


def parse_template(written: str) -> Sequence[Part]:
    """Return the parts of a template in order; `{{` and `}}` are literal braces.

    Raises ValueError, in words for the person who wrote it, for braces that have no partner or no column between them,
    and for a template without any column.
    """
    parts: list[Part] = []
    literal, end = "", 0
    for token in _TOKENS.finditer(written):
        literal += written[end : token.start()]
        end = token.end()
        if token[1]:
            parts += [(False, literal), (True, token[1])]
            literal = ""
        elif token[0] in {"{{", "}}"}:
            literal += token[0][0]
        else:
            raise ValueError(
                f"has {token[0]} at position {token.start() + 1}, which is no column in braces: "
                "write {{ and }} for braces that are meant as text"
            )
    if not parts:
        raise ValueError("names no column in braces: write { value = … } for what is the same in every row")
    return [part for part in (*parts, (False, literal + written[end:])) if part[1]]
