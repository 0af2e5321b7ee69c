"""SECURITY.md says what is so."""

import ast
import re
from pathlib import Path

TOP = Path(__file__).parents[2]
TEXT = (TOP / "SECURITY.md").read_text(encoding="utf-8")
TESTS = {
    node.name
    for file in (TOP / "tests").rglob("test_*.py")
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
}
ATTACKERS = (
    "author of a job file",
    "author of an input file",
    "server, or who answers in its place",
    "another user of the machine",
    "who reads logs, reports, tickets",
    "a poisoned dependency",
)


def test_every_test_that_the_document_names_exists() -> None:
    """What is said to be proved is proved by something."""
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    assert len(named) > 30
    assert named - TESTS == set()


def test_every_attacker_stands_in_the_table() -> None:
    """Each has a line, and only that of dependencies has no test."""
    lines = re.findall(r"^\| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*)\|$", TEXT, re.MULTILINE)[1:]
    assert [who for who, *_ in lines if who.strip()] == list(ATTACKERS)
    assert [who for who, _, _, proof in lines if "test_" not in proof] == ["a poisoned dependency"]


def test_the_document_leads_to_the_audit_that_exists() -> None:
    """The script is there and can be run, and the gate runs it."""
    assert (TOP / ".ci" / "audit").stat().st_mode & 0o111
    assert "\n.ci/audit " in (TOP / ".ci" / "run").read_text(encoding="utf-8")
