"""Pages as report.html is made from them: small, large, empty and hostile ones."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bulkcase.causes import tip
from bulkcase.fields.changes import ChangeGroup
from bulkcase.ledger.queries.drift import Drift, Failing, Flipping, Night, Vanished
from bulkcase.model import NEEDS_A_PERSON, Outcome, RunState
from bulkcase.reporting.page import Flow, Page, PageRow, Slice, Spent
from bulkcase.reporting.summary import Cause, Summary

BEGAN = 1_795_561_200.0
"""2026-11-24 23:00:00 UTC."""

HOSTILE = (
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "\"' onmouseover='window.hacked=1' {{ 7 * 7 }} <!-- ]]>",
    "\u202egnp.exe\u202c \u2066isolated",
    "👩‍👩‍👧‍👦 emoji 🇩🇪",
    "\x00\x07\x1b[31mred\x7f",
    "two\nlines\r\nand\u2028three",
    "w" * 3000,
    "half \ud83d a character",
    "javascript:window.hacked=1",
)

_CAUSES = {
    Outcome.FAILED: ("http_403", "http_400", "http_404"),
    Outcome.MISMATCH: ("mismatch",),
    Outcome.UNKNOWN: ("timeout",),
    Outcome.CONFLICT: ("changed_since",),
    Outcome.INVALID: ("bad_date", "unknown_name"),
    Outcome.UNCHANGED: ("no_difference",),
    Outcome.SUPERSEDED: ("same_row",),
}
_VERIFIED = {Outcome.UPDATED: "equal", Outcome.MISMATCH: "different"}
_MESSAGES = {
    "http_403": "the app may not update cases of this queue (Forbidden)",
    "bad_date": 'column "Due": "31/02/2026" is no date of the form %d/%m/%Y',
    "unknown_name": 'column "New Status": "Closd" is none of the names in lookups.status',
}


def row(number: int, outcome: Outcome = Outcome.UPDATED, code: str = "", **values: Any) -> PageRow:
    """Return a row as most of its outcome are; `values` take the place of what it has."""
    causes = _CAUSES.get(outcome, ("",))
    code = code or causes[number % len(causes)]
    sent = outcome not in {Outcome.INVALID, Outcome.UNCHANGED, Outcome.SUPERSEDED, Outcome.PENDING, Outcome.CONFLICT}
    usual = PageRow(
        number,
        f"ci-{number * 7919:08x}",
        outcome.value,
        _VERIFIED.get(outcome, ""),
        code,
        _MESSAGES.get(code, f"what became of row {number}") if code else "",
        1 + number % 3 if sent else 0,
        {"http_403": 403, "http_400": 400, "http_404": 404, "timeout": None}.get(code, 200) if sent else None,
        BEGAN + number * 0.05 if outcome is not Outcome.PENDING else None,
        [("status", "Open", "Closed"), ("desc", None, "•••")] if sent else [],
        [f"ci-{number * 7919:08x}", "Closed", "•••", "31/12/2026"],
    )
    return usual._replace(**values)


def small_page(**values: Any) -> Page:
    """Return a page of ten rows, two of which need a person; `values` take the place of what it has."""
    outcomes = [Outcome.UPDATED] * 6 + [Outcome.UNCHANGED] * 2 + [Outcome.FAILED, Outcome.INVALID]
    rows = [row(number, outcome) for number, outcome in enumerate(outcomes, 2)]
    usual = Page(
        summary=summary(rows, len(rows)),
        job_file="/home/ops/example/close-resolved.toml",
        job_sha256="5f" * 32,
        input="cases.csv",
        input_sha256="a7" * 32,
        fields=["status", "desc"],
        private=["desc"],
        workers=[("ops@nightly.example.com (4711)", BEGAN, BEGAN + 12)],
        undone_by=(),
        correct_command="bulkcase resume 20261124-230000-close-resolved-7f3a --input /srv/example/reports/failed.csv",
        next_command="bulkcase retry 20261124-230000-close-resolved-7f3a",
        windows=[(50, 60.0)],
        flow=Flow(BEGAN, 1.0, [Slice(2, 0, 0, 1), Slice(3, 1, 0, 0), Slice(1, 0, 1, 0), Slice(2, 0, 0, 0)], 0.83),
        latencies={2120: 3, 2404: 2, 3051: 1, 14400: 1},
        spent=[Spent("sending", 1.9), Spent("reading live cases", 0.4), Spent("sending again", 0.2)],
        changes=[ChangeGroup("status", "Open", "Closed", 6), ChangeGroup("desc", None, None, 6)],
        header=["Case ID", "New Status", "Notes (masked)", "Due"],
        rows=rows,
        drift=None,
        made_at=BEGAN + 13,
    )
    return replace(usual, **values)


def large_page(shown: int = 2000, rows: int = 100_000) -> Page:
    """Return a page of a long night with everything on it, and some of its rows."""
    shares = {
        Outcome.UPDATED: 0.825,
        Outcome.UNCHANGED: 0.11,
        Outcome.SUPERSEDED: 0.02,
        Outcome.FAILED: 0.02,
        Outcome.INVALID: 0.012,
        Outcome.CONFLICT: 0.005,
        Outcome.MISMATCH: 0.004,
        Outcome.UNKNOWN: 0.001,
        Outcome.PENDING: 0.003,
    }
    kinds = list(_kinds(shares, shown))
    some = [row(2 + index * (rows // shown), outcome) for index, outcome in enumerate(kinds)]
    counts = {outcome: round(rows * share) for outcome, share in shares.items()}
    page = small_page(rows=some)
    return replace(
        page,
        summary=replace(
            summary(some, rows, counts),
            state=RunState.STOPPED,
            exit_code=3,
            reason="over 20 % of the last 200 finished rows failed: 41 of 200",
            duration_s=14_400.0,
            finished_at=BEGAN + 14_400,
            calls={"updateCase": 80_404, "getCases": 1_780},
            retries=1_212,
            throttled=87,
            files=[*page.summary.files, "report.html", "failed/http_403.csv", "failed/bad_date.csv"],
        ),
        next_command="bulkcase resume 20261124-230000-close-resolved-7f3a",
        correct_command="",
        workers=[
            ("ops@nightly.example.com (4711)", BEGAN, None),
            ("ops@nightly.example.com (5120)", BEGAN + 5400, BEGAN + 14_400),
        ],
        windows=[(400, 60.0), (24_000, 3600.0)],
        flow=Flow(BEGAN, 60.0, list(_slices(240)), 400.0),
        latencies={800 + step * step // 4: 90_000 // (step + 9) ** 2 + 3 for step in range(700)},
        spent=[
            Spent("waiting for the quota", 8_120.0),
            Spent("sending", 4_300.0),
            Spent("outside of hours", 1_200.0),
            Spent("reading live cases", 480.0),
            Spent("throttled", 190.0),
            Spent("sending again", 104.5),
            Spent("server gone", 5.5),
        ],
        changes=[
            ChangeGroup("status", "Open", "Closed", 52_118),
            ChangeGroup("status", "In Progress", "Closed", 21_340),
            ChangeGroup("status", "Waiting for the customer's answer", "Closed", 6_204),
            ChangeGroup("status", None, "Reopened", 902),
            ChangeGroup("priority", "", "High", 4_112),
            ChangeGroup("priority", "High", "High", 14),
            ChangeGroup("dueDate", "2026-12-31", "", 811),
            ChangeGroup("desc", None, None, 74_201),
        ],
        drift=drift(),
        made_at=BEGAN + 14_401,
    )


def hostile_page() -> Page:
    """Return a page whose every text tries to be something else."""
    texts = list(HOSTILE)
    bad = " ".join(text[:80] for text in texts)
    rows = [
        PageRow(
            *(number, text, Outcome.FAILED.value, "different", f"http_400{text[:20]}", text, 1, 400, BEGAN),
            [(text, text, text), (text, None, "")],
            [text, bad],
        )
        for number, text in enumerate(texts, 2)
    ]
    made = summary(rows, len(rows))
    causes = [Cause(each.code, 1, f"row {each.number}: {each.message}", each.message) for each in rows]
    return replace(
        small_page(rows=rows, header=[texts[0], texts[7]]),
        summary=replace(made, job=bad, target=bad, reason=bad, run_id=bad, undoes=bad, continues=bad, errors=causes),
        job_file=bad,
        input=texts[7],
        fields=texts,
        private=texts,
        workers=[(text, BEGAN, None) for text in texts],
        next_command=f"bulkcase retry {bad}",
        spent=[Spent(text, 1.0) for text in texts],
        changes=[ChangeGroup(text, text, text, 1) for text in texts],
        drift=Drift(
            [Night(bad, BEGAN, 1.0, bad, 1, made.outcomes, 1)],
            failing=[Failing(text, 3, 2, text) for text in texts],
            failing_total=40,
            flipping=[Flipping(text, text, texts, 2) for text in texts],
            flipping_total=40,
            gone=[Vanished(text, text, None) for text in texts],
            gone_total=40,
        ),
    )


def bare_page() -> Page:
    """Return the page of a run that did nothing: no row, no call, no change."""
    made = replace(summary([], 0), calls={}, duration_s=0.0, started_at=None, finished_at=None, verified={})
    nothing: dict[str, Any] = dict.fromkeys(("fields", "private", "workers", "windows", "spent", "changes", "rows"), ())
    page = small_page(summary=made, flow=None, latencies={}, header=[], **nothing)
    return replace(page, next_command="", correct_command="", job_sha256="")


def summary(rows: list[PageRow], total: int, counts: dict[Outcome, int] | None = None) -> Summary:
    """Return the summary of a run, its causes those of the rows that need a person."""
    counts = counts or {outcome: sum(each.outcome == outcome for each in rows) for outcome in Outcome}
    bad = [each for each in rows if each.outcome in {outcome.value for outcome in NEEDS_A_PERSON}]
    scale = max(total // max(len(rows), 1), 1)
    causes = [
        Cause(code, len(of) * scale, f"row {of[0].number}: {of[0].message}", tip(code))
        for code in dict.fromkeys(each.code for each in bad)
        if (of := [each for each in bad if each.code == code])
    ]
    return Summary(
        run_id="20261124-230000-close-resolved-7f3a",
        job="close-resolved",
        target="kore.example.com/6639/st-1",
        state=RunState.FINISHED,
        exit_code=1 if bad else 0,
        reason="",
        continues=None,
        undoes=None,
        rows=total,
        cases=max(total - total // 50, 0),
        outcomes=counts,
        verified={"equal": counts.get(Outcome.UPDATED, 0), "normalised": 2, "not_shown": 1},
        canary="cases",
        calls={"updateCase": 10, "getCases": 1},
        retries=1,
        throttled=1,
        started_at=BEGAN,
        finished_at=BEGAN + 12.4,
        duration_s=12.4,
        errors=sorted(causes, key=lambda cause: -cause.count),
        files=["results.csv", "failed.csv", "summary.json"],
    )


def drift() -> Drift:
    """Return what fourteen nights show together."""
    nights = [
        Night(
            f"202611{11 + index}-230000-close-resolved-{index:04x}",
            BEGAN - (13 - index) * 86_400,
            9_000.0 + index * 300,
            RunState.FINISHED if index < 13 else RunState.STOPPED,
            1 if index < 13 else 3,
            {
                Outcome.UPDATED: 80_000,
                Outcome.FAILED: 300 + (index * 137) % 400 + (1400 if index == 13 else 0),
                Outcome.INVALID: 1_200 - index * 60,
                Outcome.CONFLICT: (index * 53) % 300,
                Outcome.PENDING: 900 if index == 5 else 0,
            },
            85_000,
        )
        for index in range(14)
    ]
    return Drift(
        nights,
        failing=[Failing(f"ci-0000{index}", 14 - index, 120 + index, "http_403") for index in range(5)],
        failing_total=212,
        flipping=[Flipping("ci-77", "status", ["Open", "Closed", "Open", "Closed"], 4)],
        flipping_total=1,
        gone=[Vanished("ci-91", "20261123-230000-close-resolved-000c", 4711)],
        gone_total=3,
        left_out=[Vanished("ci-17", "20261123-230000-close-resolved-000c", None)],
        left_out_total=1,
    )


def _slices(many: int) -> Iterator[Slice]:
    """Yield calls that keep to the quota, with an outage and a throttled spell."""
    for index in range(many):
        if 90 <= index < 110:
            yield Slice(0, 0, 0, 0)
        elif 150 <= index < 165:
            yield Slice(240, 40, 6, 0)
        else:
            reads = 100 if index < 10 else 4
            yield Slice(388 - reads - (index * 37) % 25, (index * 13) % 9, 0, reads)


def _kinds(shares: dict[Outcome, float], many: int) -> Iterator[Outcome]:
    """Yield outcomes by their shares, evenly spread."""
    owed = dict.fromkeys(shares, 0.0)
    for _ in range(many):
        for outcome, share in shares.items():
            owed[outcome] += share
        most = max(owed, key=lambda outcome: owed[outcome])
        owed[most] -= 1
        yield most
