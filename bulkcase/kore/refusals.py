"""What people are told where a server refuses a job's calls, or throttles without end."""

from bulkcase.hidden import MASK, without_secrets
from bulkcase.kore.verdict import Kind, Verdict


def without_tokens(text: str, token: str) -> str:
    """Return what a server said without the token, or another secret, that it may have echoed."""
    return without_secrets(text.replace(token, MASK))


def refused(verdict: Verdict) -> str:
    """Return why a run is stopped whose credentials or target are refused, and what to do."""
    if verdict.code == "tls":
        return f"the server's certificate is not trusted ({verdict.message}): set connection.ca_bundle"
    if verdict.kind is Kind.WRONG_TARGET:
        return f"the server knows no such target ({verdict.message}): check connection.stream_id and account_id"
    advice = (
        "set auth.jti = true"
        if "replay" in verdict.message.lower()
        else ("check the client id, the secret, the scope (ticked and published), account and stream")
    )
    return f"the server refuses these credentials ({verdict.message}): {advice}"


def patience_lost(verdict: Verdict, patience: float) -> str:
    """Return why a run is stopped that was throttled for so many seconds, and what to do."""
    return (
        f"the server throttled every call for {patience:.0f} s ({verdict.message}): "
        "lower quota.windows or max_in_flight, or ask who else uses this quota"
    )
