"""How long to wait before a call is made again. Pure."""

from typing import Final

from tenacity import RetryCallState

from bulkcase.kore.verdict import Verdict

_FIRST_SPAN: Final = 1.0


def backoff(failures: int, max_wait: float, chance: float, asked: float | None) -> float:
    """Return the seconds to wait after so many failures: full jitter, or what the server asks for.

    `chance` is a random number from 0 to 1. Full jitter over an exponentially growing span spreads retries best
    (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
    """
    span = min(max_wait, _FIRST_SPAN * 2.0 ** min(failures - 1, 30))
    return max(span * chance, min(asked or 0.0, max_wait))


def wait_after(failures: int, last: Verdict, max_wait: float, chance: float) -> float:
    """Return the seconds until the next attempt; in an outage the door alone says when that is."""
    return backoff(failures, max_wait, chance, last.wait) if last.counts else 0.0


def last_verdict(state: RetryCallState) -> Verdict:
    """Return the verdict on the attempt after which tenacity asks."""
    assert state.outcome is not None, "tenacity asks after an attempt"
    verdict: Verdict = state.outcome.result()
    return verdict
