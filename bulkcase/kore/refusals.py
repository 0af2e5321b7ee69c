"""What people are told where a server refuses a job's calls, or throttles without end."""

from typing import Final

from bulkcase.hidden import MASK, without_secrets
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.said import seconds_text

_CLOCKS_APART: Final = 30.0
"""Seconds between two clocks from which on they may be why a token is refused: it is issued 30 s in the past."""


def without_tokens(text: str, token: str) -> str:
    """Return what a server said without the token, or another secret, that it may have echoed."""
    return without_secrets(text.replace(token, MASK))


def refused(verdict: Verdict, now: float) -> str:
    """Return why a run is stopped whose credentials or target are refused, and what to do.

    `now` is this machine's time, in seconds since the epoch: a token lives by the clocks of both sides.
    """
    if verdict.code == "tls":
        return f"the server's certificate is not trusted ({verdict.message}): set connection.ca_bundle"
    if verdict.kind is Kind.WRONG_TARGET:
        return f"the server knows no such target ({verdict.message}): check connection.stream_id and account_id"
    apart = 0.0 if verdict.date is None else now - verdict.date
    if "replay" in verdict.message.lower():
        advice = "set auth.jti = true"
    else:
        advice = "check the client id, the secret, the scope (ticked and published), account and stream"
        if verdict.date is None:
            advice += ", and whether the clock of this machine is right"
        elif abs(apart) > _CLOCKS_APART:
            where = "ahead of" if apart > 0 else "behind"
            advice = f"this machine's clock is {seconds_text(abs(apart))} {where} the server's: set it; else {advice}"
    return f"the server refuses these credentials ({verdict.message}): {advice}"


def patience_lost(verdict: Verdict, patience: float) -> str:
    """Return why a run is stopped that was throttled for so many seconds, and what to do."""
    return (
        f"the server throttled every call for {patience:.0f} s ({verdict.message}): "
        "lower quota.windows or max_in_flight, or ask who else uses this quota"
    )
