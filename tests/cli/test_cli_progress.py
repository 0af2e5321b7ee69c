"""What the progress says."""

import re

import pytest

from bulkcase.cli.common.progress import told
from bulkcase.operations.common.progress import Progress

GONE = "the server cannot be reached"
TABLE = [
    ("while calls leave", 0.0, "", r", 2 not well, done .*\d\d:\d\d.*"),
    ("throttled", 7.0, "throttled", ", 2 not well, throttled: next call in 7 s"),
    ("the server is gone", 600.0, GONE, ", 2 not well, the server cannot be reached: next call in 10 min"),
    ("a probe is in flight", 0.0, GONE, ", 2 not well, the server cannot be reached: trying again"),
]


@pytest.mark.parametrize(("name", "paused", "why", "says"), TABLE, ids=[line[0] for line in TABLE])
def test_the_progress_says_why_everybody_waits(name: str, paused: float, why: str, says: str) -> None:
    """Either when the run will be done, or which pause it is and when the next call is tried."""
    progress = Progress(done=5, total=9, failed=2, rate=1.0, finish_at=1.8e9, paused=paused, why_paused=why)

    assert re.fullmatch(says, told(progress))
