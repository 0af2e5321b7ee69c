"""How long to wait before a call is made again. Pure."""

from typing import Final

_FIRST_SPAN: Final = 1.0


def backoff(failures: int, max_wait: float, chance: float, asked: float | None) -> float:
    """Return the seconds to wait after so many failures: full jitter, or what the server asks for.

    `chance` is a random number from 0 to 1. Full jitter over an exponentially growing span spreads retries best
    (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
    """
    span = min(max_wait, _FIRST_SPAN * 2.0 ** min(failures - 1, 30))
    return max(span * chance, min(asked or 0.0, max_wait))
