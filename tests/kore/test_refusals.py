"""What people are told where credentials are refused."""

from datetime import UTC, datetime

import pytest

from bulkcase.kore.refusals import refused
from bulkcase.kore.verdict import judge

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
BODY = b'{"errors":[{"msg":"Invalid JWT token","code":4002}]}'
DATES = [
    ("Sun, 29 Nov 2026 12:02:00 GMT", "this machine's clock is 2 min behind the server's: set it"),
    ("Sun, 29 Nov 2026 11:00:00 GMT", "this machine's clock is 60 min ahead of the server's: set it"),
    ("Sun, 29 Nov 2026 12:00:20 GMT", "check the client id, the secret"),
    ("Sun, 29 Nov 2026 11:59:40 GMT", "check the client id, the secret"),
    ("", "check the client id, the secret"),
    ("yesterday", "check the client id, the secret"),
]


@pytest.mark.parametrize(("date", "says"), DATES)
def test_a_clock_that_is_wrong_is_named_and_no_other(date: str, says: str) -> None:
    """Where the server's Date is far from this machine's time, that may be why a token is refused."""
    verdict = judge(401, {"Date": date} if date else {}, BODY, NOW)

    assert says in refused(verdict, NOW.timestamp())


def test_a_replay_is_one_whatever_the_clocks_say() -> None:
    """A server that saw a token before does not mean its clock."""
    body = b'{"errors":[{"msg":"possibly a replay","code":401}]}'
    verdict = judge(401, {"Date": "Sun, 29 Nov 2026 13:00:00 GMT"}, body, NOW)

    assert refused(verdict, NOW.timestamp()).endswith("set auth.jti = true")
