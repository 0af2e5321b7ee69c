"""Keys that do not look like what the job takes them for."""

import pytest

from bulkcase.mapping.key_looks import KeyLint


def _noted(*keys: str) -> list[str]:
    lint = KeyLint("say so")
    for row, key in enumerate(keys, 2):
        lint.see(row, key)
    return list(lint.notes())


def test_ids_are_nothing_to_tell_of() -> None:
    """Whatever begins as ids do may be one."""
    assert _noted("ci-1", "ci-6a0c7e", "ci-CS000100") == []


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (["ci-1", "CS000100"], "1 key looks like a reference and not like an id, first in row 3: if so, say so"),
        (["CS000100", "INC-123"], "2 keys look like references and not like an id, first in row 2: if so, say so"),
        (["ci-1", "ci-2", "Total"], "1 key does not begin with ci-, as ids of cases do, first in row 4"),
        (["Total", "12345"], "2 keys do not begin with ci-, as ids of cases do, first in row 2"),
    ],
)
def test_other_keys_are_told_once_with_their_first_row(keys: list[str], told: str) -> None:
    """References come with what the job should say; for anything else nobody knows that."""
    assert _noted(*keys) == [told]
