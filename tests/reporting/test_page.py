import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest
from support.pages import BEGAN, HOSTILE, bare_page, drift, hostile_page, large_page, small_page, summary

from bulkcase.fields.changes import ChangeGroup
from bulkcase.ledger.queries.drift import Drift
from bulkcase.model import Outcome
from bulkcase.reporting.formats.html import page_text
from bulkcase.reporting.page import Flow, Page, Slice

PAGES = pytest.mark.parametrize(
    "page",
    [small_page(), large_page(), bare_page(), hostile_page()],
    ids=["small", "large", "bare", "hostile"],
)


class Reader(HTMLParser):
    """Reads a page as a browser does: its words, its elements, and what stands in script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self._within = ""
        self.feed(text)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within = tag

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in self.raw:
            self.raw[self._within].append(data)
        else:
            self.words.append(data)


def data_of(page: Page) -> Any:
    return json.loads(Reader(page_text(page)).raw["script"][0])


def words_of(page: Page) -> str:
    return Reader(page_text(page)).text


@PAGES
def test_the_page_allows_its_own_style_and_script_only(page: Page) -> None:
    """The policy names their hashes, and there is nothing else that it would have to allow."""
    read = Reader(page_text(page))
    (policy,) = [each["content"] or "" for tag, each in read.elements if tag == "meta" and "http-equiv" in each]
    texts = (*read.raw["style"], read.raw["script"][1])
    hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in texts]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}';")
    assert (len(read.raw["style"]), len(read.raw["script"])) == (1, 2)
    for tag, attributes in read.elements:
        assert tag not in {"img", "link", "iframe", "object", "embed", "audio", "video", "base", "form"}
        assert not [name for name in attributes if name == "style" or name.startswith("on") or name == "src"]
        assert not re.match(r"(?i)\s*(javascript|data|https?):", attributes.get("href") or "")


@PAGES
def test_names_of_elements_are_used_once(page: Page) -> None:
    """An id is one element's, and what is labelled by one is labelled by one that exists."""
    read = Reader(page_text(page))
    names = [each["id"] for _, each in read.elements if "id" in each]
    assert len(names) == len(set(names))
    used = [each["aria-labelledby"] for _, each in read.elements if "aria-labelledby" in each]
    used += [(each["href"] or "")[1:] for _, each in read.elements if (each.get("href") or "").startswith("#")]
    assert set(used) <= set(names)


@PAGES
def test_every_table_has_a_caption(page: Page) -> None:
    """And every head of a column or a row says which it is."""
    text = page_text(page)
    assert len(re.findall("<table", text)) == len(re.findall("<caption", text))
    assert all("scope" in attributes for tag, attributes in Reader(text).elements if tag == "th")


def test_what_is_hostile_is_text() -> None:
    """No value opens an element, in the words of the page as in the data of its table."""
    text = page_text(hostile_page())
    assert "<img" not in text
    assert text.count("<script") == text.count("</script") == 2
    rows = data_of(hostile_page())["rows"]
    assert [row[1] for row in rows[:3]] == list(HOSTILE[:3])
    assert "window.hacked" in words_of(hostile_page())


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x00\x07", "\\x00\\x07"),
        ("half \ud83d", "half \\ud83d"),
        ("one\r\ntwo\u2028three", "one\ntwo\nthree"),
        ("\u0645\u0631\u062d\u0628\u0627 👩‍🚀 é", "\u0645\u0631\u062d\u0628\u0627 👩‍🚀 é"),
    ],
)
def test_what_is_invisible_is_shown(value: str, shown: str) -> None:
    """Nothing can turn the text around it, and what people write stays as it is."""
    page = small_page(rows=[small_page().rows[0]._replace(message=value)], job_file=value)
    assert data_of(page)["rows"][0][5] == shown
    assert " ".join(shown.split()) in words_of(page)
    page_text(page).encode("utf-8")


def test_long_values_are_cut() -> None:
    """So that a page opens at once, whatever the cells hold."""
    page = small_page(rows=[small_page().rows[0]._replace(cells=["x" * 10_000])], header=["y" * 10_000])
    assert len(page_text(page)) < 80_000
    assert data_of(page)["rows"][0][10] == ["x" * 299 + "…"]


def test_a_large_page_says_where_all_rows_are() -> None:
    """The table has some of them, results.csv all; a small one has nothing to say."""
    assert "Here are 2,000 of 100,000 rows" in words_of(large_page())
    assert "results.csv has all of them" in words_of(large_page())
    assert "Here are" not in words_of(small_page())
    assert len(page_text(large_page())) < 600_000


def test_the_top_says_what_ran_and_what_to_do() -> None:
    """Job, rows, file, time, target, ending, exit code and the next command come before everything else."""
    top = words_of(large_page()).partition(" Outcomes ")[0]
    for said in (
        "close-resolved",
        "100,000 rows about 98,000 cases, from cases.csv",
        "2026-11-24 23:00:00 to 2026-11-25 03:00:00 UTC",
        "4 h, planning included",
        "kore.example.com/6639/st-1",
        "Stopped before its last row: 300 rows of 100,000 are still pending and 4,200 rows need a person.",
        "over 20 % of the last 200 finished rows failed: 41 of 200",
        "3: stopped by a safety rule; what was not sent is kept",
        "bulkcase resume 20261124-230000-close-resolved-7f3a",
        "Write the date in the format that the job names",
    ):
        assert said in top


def test_the_calls_are_told_beside_the_quota() -> None:
    """The busiest slice, and what the quota allows in one, be it less than a call."""
    assert "Most calls in 1 s: 4, from 2026-11-24 23:00:01 UTC; the quota allows 0.83 at most." in words_of(
        small_page()
    )
    assert "Most calls in 60 s: 396, from" in words_of(large_page())
    assert "quota" not in words_of(small_page(flow=Flow(BEGAN, 1.0, [Slice(1, 0, 0, 0)], None), windows=()))
    far = words_of(small_page(flow=Flow(BEGAN, 1.0, [Slice(1, 0, 0, 0)], 24_000.0), windows=()))
    assert far.count("quota") == 1
    assert "Most calls in 1 s: 1, from 2026-11-24 23:00:00 UTC; the quota, 24,000 in that time, is far above." in far


def test_the_calls_that_are_told_are_those_of_the_legend() -> None:
    """Its numbers add up to the one in the sentence; what is not drawn is told apart."""
    words = words_of(small_page())
    assert "11 calls, by what came of each. Most" in words
    for said in ("updates settled 8", "no answer, or a passing fault 1", "throttled 1", "reads of live cases 1"):
        assert said in words
    killed = replace(small_page().summary, calls={"updateCase": 12, "getCases": 1})
    assert "11 calls, by what came of each; 2 more were under way when a session was killed." in words_of(
        small_page(summary=killed)
    )


def test_a_run_that_did_nothing_has_a_page() -> None:
    """What is absent is said in a sentence or not at all."""
    words = words_of(bare_page())
    for said in ("No call was made.", "Nothing did.", "No field of a case was changed.", "There are none to show."):
        assert said in words
    for heading in ("How long answers took", "Where the time went", "Across nights", "What the cases show"):
        assert heading not in words
    assert "Nothing: this run is done." in words


def test_an_undo_says_what_it_takes_back() -> None:
    """And a run that continues another names that one."""
    made = small_page().summary
    undo = replace(made, undoes="20261123-200000-close-1a2b")
    later = replace(made, continues="20261122-200000-close-3c4d")
    assert "Undo of run 20261123-200000-close-1a2b" in words_of(small_page(summary=undo)).partition(" Ran ")[0]
    assert "<title>Undo of run 20261123-200000-close-1a2b: " in page_text(small_page(summary=undo))
    assert "belongs to run 20261122-200000-close-3c4d" in words_of(small_page(summary=later))


def test_a_cause_has_its_rows_and_its_file() -> None:
    """The button leads to the rows that are there, the link to the file that was written."""
    text = page_text(large_page())
    assert 'data-cause="http_403"' in text
    assert 'href="failed/http_403.csv"' in text
    assert "failed/http_400.csv" not in text
    page = small_page(rows=[])
    assert "data-cause=" not in page_text(replace(page, summary=small_page().summary))


def test_changes_tell_nothing_from_anything() -> None:
    """A value before that is not known is not nothing, and one that was cleared is not one of many."""
    groups = [
        ChangeGroup("a", "", "x", 4),
        ChangeGroup("b", None, None, 3),
        ChangeGroup("c", "y", "", 2),
        ChangeGroup("desc", None, "•••", 9),
    ]
    words = words_of(small_page(changes=[*groups, ChangeGroup("d", "z", "z", 1)]))
    for said in (
        "nothing → x 4",
        "(different, or not read) → different values 3",
        "(masked) → ••• 9",
        "y → cleared 2",
        "z → z (another one",
    ):
        assert said in words


def test_a_run_of_mismatches_does_not_say_that_nothing_changed() -> None:
    """Where no row ended updated, its cases may have changed all the same."""
    made = replace(small_page().summary, outcomes={Outcome.MISMATCH: 2})
    assert "No row ended updated; 2 rows ended mismatch" in words_of(small_page(summary=made, changes=()))


def test_a_long_reason_and_the_causes_are_cut_short() -> None:
    """Each says how many more there are."""
    reason = "the canary of 9 rows stopped the run: " + "; ".join(f"row {number}: gone" for number in range(9))
    words = words_of(small_page(summary=replace(small_page().summary, reason=reason)))
    assert "the canary of 9 rows stopped the run: row 0: gone row 1: gone" in words
    assert "row 4: gone and 4 more" in words
    assert "and 4 more below" in words_of(large_page())


def test_a_field_with_many_changes_shows_the_largest() -> None:
    """And says how many more there are."""
    groups = [ChangeGroup("status", "a", f"to {index}", 100 - index) for index in range(20)]
    words = words_of(small_page(changes=groups))
    assert "to 11" in words
    assert "to 12" not in words
    assert "And 8 smaller groups with 676 rows." in words


def test_drift_says_how_many_more_there_are() -> None:
    """The lists are cut, the totals are not."""
    words = words_of(small_page(drift=drift()))
    for said in ("Shown are 5 of 212 cases.", "Shown are 1 of 3 cases.", "Open → Closed → Open → Closed"):
        assert said in words
    assert "not in the file" in words
    assert "The file itself, or somebody else, sets these fields to and fro." in words
    quiet = words_of(small_page(drift=Drift(drift().nights)))
    assert "Nothing drifts" in quiet
    assert "Failed night after night" not in quiet


def test_masked_fields_are_named() -> None:
    """Their values are not there, and the page says so."""
    assert "desc (values masked)" in words_of(small_page())


def test_a_worker_that_was_killed_is_told() -> None:
    """The time of its end is not known."""
    assert "since 2026-11-24 23:00:00 UTC, end not recorded" in words_of(large_page())


def test_a_page_of_the_same_run_is_the_same() -> None:
    """Nothing in it depends on when it is asked for."""
    assert page_text(large_page()) == page_text(large_page())


def test_a_run_that_has_not_ended_says_since_when_it_goes_on() -> None:
    """There is no end to tell."""
    made = replace(summary([], 0), started_at=BEGAN, finished_at=None)
    assert "since 2026-11-24 23:00:00 UTC" in words_of(small_page(summary=made))


def test_a_run_that_was_taken_back_says_so() -> None:
    """Whoever looks at it is not to believe that it still stands."""
    assert "taken back by run 20261125-080000-undo-close-1a2b" in words_of(
        small_page(undone_by=["20261125-080000-undo-close-1a2b"])
    )
