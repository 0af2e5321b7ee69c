"""Results as Python and a notebook show them: a line, or a small table of facts; nothing private, and no secret."""

from collections.abc import Iterable, Sequence
from html import escape

from bulkcase.cells import escaped
from bulkcase.reporting.summary import Cause

Fact = tuple[str, str]
"""A name, and what is to be said of it; empty where there is nothing to say."""


def line(kind: str, of: str, said: Iterable[str]) -> str:
    """Return a result as `repr` shows it."""
    return f"<{kind} {escaped(of)}: {escaped('; '.join(said))}>"


def table(title: str, facts: Iterable[Fact]) -> str:
    """Return a result as HTML, in which what anybody wrote is text."""
    rows = "".join(
        f'<tr><th style="text-align: left">{_html(name)}</th><td style="text-align: left">{_html(text)}</td></tr>'
        for name, text in facts
        if text
    )
    return f"<table><caption>{_html(title)}</caption><tbody>{rows}</tbody></table>"


def counted(counts: Iterable[tuple[str, int]]) -> str:
    """Return the counts that are not zero, each with what it counts."""
    return ", ".join(f"{count:,} {name}" for name, count in counts if count)


def causes(found: Sequence[Cause]) -> Iterable[Fact]:
    """Yield why rows did not end well."""
    for cause in found:
        yield cause.code, f"{cause.count:,}: {cause.example}"


def _html(text: str) -> str:
    return escape(escaped(text))
