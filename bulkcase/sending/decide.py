"""What follows from a verdict on a row's attempt. Pure.

    verdict       another attempt                 result when there is none
    accepted      no                              updated; mismatch where the answer shows another value
    refused       no                              failed, unknown if an earlier attempt was unanswered, unless somebody
                                                  has looked at the case since
      by no API   no                              failed, unknown if an earlier attempt was unanswered
    transient     yes                             failed, unknown if an earlier attempt was unanswered
    not_sent      yes                             failed, unknown if an earlier attempt was unanswered
    unanswered    yes, unless the job says leave  unknown
    (stopped)                                     pending, unknown if an earlier attempt was unanswered

An update that may have landed is never called failed or pending on the strength of a later answer that says nothing
about it. A refusal says nothing about it either: a case that was closed by an update may refuse to be closed again.
"""

from typing import Final

import orjson

from bulkcase.fields.proof import Proof, Proven, prove
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.ledger.rows import Sendable
from bulkcase.model import Outcome, Result

_NOT_THE_API = frozenset({"redirected", "answer_html", "answer_not_a_case"})
"""Causes for which a proxy or a login page answered: they say nothing about what the API did before."""

_UNSEEN: Final = Proof(Proven.EQUAL, "", {}, {})

_THEN: Final = "; then: "
"""What stands between the words for an answer that was lost and those for the last one."""


def worth_another(verdict: Verdict, unanswered: str) -> bool:
    """Say whether the same update may succeed when it is sent again; `unanswered` is the job's setting."""
    if verdict.kind is Kind.UNANSWERED:
        return unanswered == "resend"
    return verdict.kind in {Kind.TRANSIENT, Kind.NOT_SENT}


def accepted(row: Sendable, verdict: Verdict, attempts: int, *, verifies: bool = True) -> Result:
    """Return what became of a row whose update was accepted: by what the answer shows, where that is looked at."""
    proof = _UNSEEN
    if verifies:
        proof = prove(orjson.loads(row.body), verdict.answer or {}, is_whole=False)
    if proof.verified is Proven.DIFFERENT:
        message = "; ".join(text for text in (proof.message, row.kept) if text)
        code, outcome = "mismatch", Outcome.MISMATCH
    elif row.kept:
        code, outcome, message = "left_alone", Outcome.CONFLICT, row.kept
    else:
        is_plain = not verifies or proof.verified is Proven.EQUAL
        code, outcome, message = "" if is_plain else proof.verified.value, Outcome.UPDATED, proof.message
    verified = proof.verified.value if verifies else ""
    return Result(outcome, attempts, verdict.status, code, message, verified, proof.seen if verifies else None)


def result_of(verdict: Verdict, attempts: int, doubt: Verdict | None, *, looked: bool = False) -> Result:
    """Return what became of a row that was not accepted, after its last attempt.

    `doubt` is an attempt of it that was never answered; `looked` says that its case was read since, and showed that
    nothing had landed.
    """
    refused_by_api = verdict.kind is Kind.REFUSED and verdict.code not in _NOT_THE_API
    if doubt is None or (looked and refused_by_api):
        return Result(Outcome.FAILED, attempts, verdict.status, verdict.code, verdict.message)
    return _unknown(doubt, attempts, verdict)


def result_of_stop(message: str, attempts: int, doubt: Verdict | None, code: str = "stopped") -> Result:
    """Return what becomes of a row that is not settled: because its run is stopped, or for another cause."""
    if doubt is not None:
        return _unknown(doubt, attempts, doubt)
    return Result(Outcome.PENDING, attempts, code=code, message=message)


def _unknown(doubt: Verdict, attempts: int, last: Verdict) -> Result:
    # A row that was in doubt before has said what came then.
    lost = doubt.message.partition(_THEN)[0]
    message = doubt.message if doubt is last else f"{lost}{_THEN}{last.message}"
    return Result(Outcome.UNKNOWN, attempts, last.status, doubt.code, message)
