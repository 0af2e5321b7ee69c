"""What pages of cases and searches tell of a set-up. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bulkcase.job import Job
from bulkcase.kore.pages import CasePage, Paging
from bulkcase.kore.verdict import Kind
from bulkcase.operations.diagnosis.judged import SCOPE, Heard, failure_of
from bulkcase.operations.diagnosis.steps import Step, cross, ok, untried, warning
from bulkcase.said import number

_NO_RIGHT: Final = 403


def of_no_page(heard: Heard, page: int = 1) -> Step:
    """Judge an answer of getCases that shows no list, where a page was asked for."""
    at = "" if page == 1 else f" for page {page}, not for those before it"
    failure = failure_of(heard)
    if failure is not None:
        found, remedy = failure
        return cross("cases", found if page == 1 else f"page {page}: {found}", remedy)
    if heard.verdict.kind is not Kind.REFUSED:
        said = heard.said or "no list of cases in it"
        return cross("cases", f"getCases answers without cases{at} ({said})", "ask who runs the server")
    remedy = "see that the app may call getCases, and that snapshot.filter says what the API knows"
    if heard.verdict.status == _NO_RIGHT:
        remedy = f"see that the app has the right to call getCases, and its scope: {SCOPE}"
    elif page > 1:
        remedy = "ask who runs the server why it shows no more of its list"
    return cross("cases", f"getCases is refused{at} ({heard.said})", remedy)


def of_pages(paging: Paging, job: Job, *, is_whole: bool = True) -> Step:
    """Judge what getCases shows; `is_whole` says whether the second page was looked at where there is one."""
    filtered = " that snapshot.filter leaves" if job.snapshot.filter else ""
    if not paging.seen:
        remedy = "check connection.stream_id and account_id: another stream, or another account, may have them"
        if filtered:
            remedy = f"check snapshot.filter; else {remedy}"
        return warning("cases", f"getCases answers, and shows no case{filtered}", remedy)
    total = paging.total
    count = f"{number(total, 'case')}{filtered}" if total is not None else f"{number(paging.seen, 'case')} seen"
    if paging.is_over and (gaps := paging.gaps()):
        remedy = "the plan leaves rows alone whose cases it does not see; keys that are ids need no list"
        return warning("cases", f"{count}, and there may be more: {gaps}", remedy)
    if paging.is_over:
        return ok("cases", f"{count} on {number(paging.page - 1, 'page')}, complete by every sign")
    if not is_whole:
        return ok("cases", f"{count}, {paging.size} a page; the second page was not looked at")
    if total is None:
        remedy = "nobody can prove that a list is complete: rows whose cases are not seen are left alone"
        return warning("cases", f"{count}; the server does not say how many there are", remedy)
    how = "page" if paging.by_page else "skip"
    return ok("cases", f"{count}, {paging.size} a page, paged by {how}; read so far without a gap")


def of_failed_search(heard: Heard) -> Step | None:
    """Judge a search for which the server fails or does not answer; None for any other one."""
    failure = failure_of(heard)
    return (
        None
        if failure is None
        else warning("search", f"whether searchText is taken is not known: {failure[0]}", failure[1])
    )


def of_search(case: Mapping[str, Any] | None, total: int | None, found: Mapping[str, CasePage | None]) -> Step:
    """Judge what a search for a reference and for a name of one case brought; `total` counts the whole list.

    None stands for a search that was refused.
    """
    if case is None or not found:
        return untried("search", "there is no case with a reference or a name to look for")
    if all(page is None for page in found.values()):
        return warning("search", "searchText is refused", _WITHOUT)
    if any(page is not None and _is_all(page, total) for page in found.values()):
        return warning("search", "searchText is taken and filters nothing: all cases come back", _WITHOUT)
    hits = [what for what, page in found.items() if page is not None and _has(page, case)]
    if not hits:
        return warning("search", "searchText does not find a case that getCases shows", _WITHOUT)
    if "reference" in found and "reference" not in hits:
        return ok("search", "finds names, not references: keys with match = refId need the whole list")
    return ok("search", f"finds {' and '.join(f'{what}s' for what in hits)}: single cases can be looked up")


_WITHOUT = "none is needed; a case that has to be read again is found on its page of the list, which takes more calls"


def _has(page: CasePage, case: Mapping[str, Any]) -> bool:
    return any(one["_id"] == case["_id"] for one in page.cases)


def _is_all(page: CasePage, total: int | None) -> bool:
    return total is not None and total > 1 and page.total == total


def searches_of(case: Mapping[str, Any] | None) -> Sequence[tuple[str, str]]:
    """Return what to look for to find a case: its reference and its name, where it has them."""
    texts = (("reference", "refId"), ("name", "name"))
    return [] if case is None else [(what, case[key]) for what, key in texts if _is_text(case.get(key))]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
