"""What became of rows and calls, as the server's record and the report tell it."""

from collections import Counter

from support.jobs import read_results
from support.live import Live

from bulkcase.operations.common.ended import Run


def applied(scene: Live) -> Counter[str | None]:
    """Return how many updates have changed each case, by the server's record."""
    return Counter(call.case_id for call in scene.server.calls if call.endpoint == "updateCase" and call.applied)


def order(scene: Live) -> str:
    """Return the calls in their order: a page, an update that landed, an update that did not."""
    letters = {True: "U", False: "u"}
    return "".join("P" if call.endpoint == "getCases" else letters[call.applied] for call in scene.server.calls)


def line(ended: Run, number: int = 0) -> tuple[str, str, str]:
    """Return outcome, attempts and cause of a row, as results.csv has them."""
    found = read_results(ended.folder)[number]
    return found["bulkcase_outcome"], found["bulkcase_attempts"], found["bulkcase_error_code"]
