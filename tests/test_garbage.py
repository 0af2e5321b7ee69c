"""The garbage collector looks seldom while bulkcase works, and as before afterwards."""

import gc
from collections.abc import Iterator

import pytest

from bulkcase.garbage import collect_seldom, seldom_collected


@pytest.fixture(autouse=True)
def others_threshold() -> Iterator[tuple[int, int, int]]:
    """Give the collector the setting of somebody else's program, and its own one afterwards."""
    before = gc.get_threshold()
    gc.set_threshold(123, 4, 5)
    yield (123, 4, 5)
    gc.set_threshold(*before)


def test_it_looks_seldom_while_the_body_runs() -> None:
    """Many more objects may be made between two looks."""
    with seldom_collected():
        assert gc.get_threshold()[0] > 3_000


def test_it_is_left_as_it_was_found(others_threshold: tuple[int, int, int]) -> None:
    """A program that calls bulkcase finds its own setting again, also after an error."""
    with pytest.raises(ZeroDivisionError), seldom_collected():
        raise ZeroDivisionError

    assert gc.get_threshold() == others_threshold


def test_two_at_work_at_once_leave_it_as_the_first_found_it(others_threshold: tuple[int, int, int]) -> None:
    """Where two runs overlap, the first to end changes nothing for the other, and the last puts it back."""
    first, second = seldom_collected(), seldom_collected()
    first.__enter__()
    second.__enter__()

    first.__exit__(None, None, None)
    assert gc.get_threshold()[0] > 3_000

    second.__exit__(None, None, None)
    assert gc.get_threshold() == others_threshold


def test_the_program_looks_seldom_all_its_life() -> None:
    """A process of its own has nobody to give the setting back to."""
    collect_seldom()

    assert gc.get_threshold()[0] > 3_000
