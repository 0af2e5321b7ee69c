"""report.html in a real browser."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has none
from support.browsers import DESK, PHONE, Open, Scheme
from support.pages import BEGAN, HOSTILE, bare_page, hostile_page, large_page, small_page

from bulkcase.reporting.page import Page

PAGES = {"small": small_page, "large": large_page, "bare": bare_page, "hostile": hostile_page}
EVERY_PAGE = pytest.mark.parametrize("make", PAGES.values(), ids=PAGES.keys())
Make = Callable[[], Page]


@EVERY_PAGE
def test_a_page_opens_without_a_complaint(opened: Open, make: Make) -> None:
    """No error, nothing that its own policy forbids, and no request but that for the file itself."""
    page = opened(make())
    page.ask("document.querySelectorAll('button:not(:disabled)').forEach((button) => button.click())")
    assert page.complaints == []
    assert page.requests == [page.address]
    assert page.tab.locator("h1").is_visible()


@pytest.mark.parametrize(
    ("scheme", "size"),
    [
        pytest.param("light", DESK, id="light-desk"),
        pytest.param("dark", PHONE, id="dark-phone"),
        pytest.param("light", PHONE, id="light-phone", marks=pytest.mark.long),
        pytest.param("dark", DESK, id="dark-desk", marks=pytest.mark.long),
    ],
)
@EVERY_PAGE
def test_everybody_can_use_it(opened: Open, make: Make, scheme: Scheme, size: tuple[int, int]) -> None:
    """The checks of axe find nothing, in both themes, at a desk and on a phone, with the details of a row shown."""
    # The policy of the page would stop axe itself, which is no part of it.
    page = opened(make(), scheme, size, bypass_csp=True)
    for button in page.tab.locator(".open-row").all()[:2]:
        button.click()
    for more in page.tab.locator("summary").all():
        more.click()
    found = Axe().run(page.tab).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
@EVERY_PAGE
def test_the_page_never_scrolls_sideways(opened: Open, make: Make, width: int) -> None:
    """Wide tables scroll within themselves."""
    page = opened(make(), "light", (width, 780))
    for button in page.tab.locator(".open-row").all()[:3]:
        button.click()
    assert page.ask("document.documentElement.scrollWidth") <= width


def test_a_page_of_few_rows_shows_them_all(opened: Open) -> None:
    """What needs a person first, then in the order of the file, by which a click sorts them."""
    page = opened(small_page())
    assert page.column(1) == ["10", "11", *(str(number) for number in range(2, 10))]
    page.tab.locator("#columns button").first.click()
    assert page.column(1) == [str(number) for number in range(2, 12)]
    assert page.matches() == "10 rows"
    assert page.tab.locator(".pages").is_hidden()


def test_of_many_rows_only_those_on_view_are_made(opened: Open) -> None:
    """So the page opens in a blink; the others are a page away."""
    page = opened(large_page())
    assert page.tab.locator("#body > tr").count() == 50
    assert page.tab.locator("#position").inner_text() == "1 to 50 of 2,000"
    page.tab.locator("#following").click()
    assert page.tab.locator("#position").inner_text() == "51 to 100 of 2,000"
    second = page.column(1)[0]
    page.tab.locator("#previous").click()
    assert set(page.column(3)) <= {"failed", "mismatch", "unknown", "conflict", "invalid"}
    assert page.column(1) == sorted(page.column(1), key=int)
    assert second not in page.column(1)
    assert page.tab.locator("#previous").is_disabled()


def test_rows_are_filtered_by_their_outcome(opened: Open) -> None:
    """A button is pressed or not, and says how many there are; pressed again it lets all of them back."""
    page = opened(large_page())
    button = page.tab.get_by_role("button", name="failed 40 of 2,000", exact=True)
    button.click()
    assert set(page.column(3)) == {"failed"}
    assert page.tab.get_by_role("button", name="all 2,000 of 100,000", exact=True).is_visible()
    assert page.matches() == "40 of 2,000 rows match"
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert page.matches() == "2,000 rows"


def test_rows_are_filtered_by_their_cause(opened: Open) -> None:
    """By the list above the table, and both filters hold together."""
    page = opened(large_page())
    page.tab.get_by_label("Cause").select_option("http_403")
    assert {text.splitlines()[0] for text in page.column(5)} == {"http_403"}
    page.tab.get_by_role("button", name="invalid", exact=False).click()
    assert page.tab.locator("#body").inner_text() == "No row matches."
    page.tab.get_by_role("button", name="Clear filters").click()
    assert page.matches() == "2,000 rows"
    assert page.tab.get_by_label("Cause").input_value() == ""


def test_a_group_of_failures_leads_to_its_rows(opened: Open) -> None:
    """Its button filters the table, and the keyboard is there."""
    page = opened(large_page())
    page.tab.locator("[data-cause=bad_date]").click()
    assert {text.splitlines()[0] for text in page.column(5)} == {"bad_date"}
    assert page.ask("document.activeElement.id") == "rows"
    assert page.tab.locator("#rows").is_visible()


@pytest.mark.parametrize(
    ("search", "rows"),
    [("ROW 8", "8"), ("  00007bbc ", "4"), ("31/02/2026", ""), ("http_400", "10"), ("23:00:00", "all"), ("•••", "all")],
)
def test_a_search_looks_into_every_column(opened: Open, search: str, rows: str) -> None:
    """Capitals do not matter, and cells and changes are found too."""
    page = opened(small_page())
    page.tab.get_by_label("Search").fill(search)
    page.tab.locator("#clear").wait_for()
    found = sorted(page.column(1), key=int)
    assert found == ([str(number) for number in range(2, 12)] if rows == "all" else [rows] if rows else [])


def test_rows_are_sorted_with_the_mouse(opened: Open) -> None:
    """Numbers as numbers, one click up and the next one down, and the head of the column says which."""
    page = opened(large_page())
    head = page.tab.locator("#columns th").nth(5)
    head.get_by_role("button").click()
    assert page.column(6)[0] == "0"
    assert head.get_attribute("aria-sort") == "ascending"
    head.get_by_role("button").click()
    assert page.column(6)[0] == "3"
    assert head.get_attribute("aria-sort") == "descending"
    page.tab.locator("#columns button").first.click()
    page.tab.locator("#columns button").first.click()
    numbers = [int(text) for text in page.column(1)]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] > 99_000
    assert head.get_attribute("aria-sort") == "none"


def test_rows_are_sorted_with_the_keyboard(opened: Open) -> None:
    """From the search box it is some tabs to the head of a column, and Enter sorts."""
    page = opened(large_page())
    page.tab.get_by_label("Search").focus()
    for _ in range(20):
        page.tab.keyboard.press("Tab")
        if page.ask("document.activeElement.textContent") == "Outcome":
            break
    page.tab.keyboard.press("Enter")
    assert page.column(3)[0] == "failed"
    page.tab.keyboard.press("Space")
    assert page.column(3)[0] == "superseded"
    assert page.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("index", range(8))
def test_every_column_sorts(opened: Open, index: int) -> None:
    """What is empty stays at the end, both ways."""
    page = opened(large_page())
    button = page.tab.locator("#columns button").nth(index)
    button.click()
    first = page.column(index + 1)[0]
    button.click()
    assert (first, page.column(index + 1)[0]) != ("", "")
    assert "" not in {first, page.column(index + 1)[0]}


def test_a_row_opens_and_closes(opened: Open) -> None:
    """What became of it, its changes and its cells are a key away."""
    page = opened(small_page())
    button = page.tab.get_by_role("button", name="Details of row 2", exact=True)
    button.focus()
    page.tab.keyboard.press("Enter")
    said = page.tab.locator("tr.details").inner_text()
    assert all(each in said for each in ("Open → Closed", "set to •••", "31/12/2026", "Notes (masked)"))
    assert button.get_attribute("aria-expanded") == "true"
    page.tab.keyboard.press("Enter")
    assert page.tab.locator("tr.details").count() == 0


def test_hostile_values_are_text_and_run_nothing(opened: Open) -> None:
    """Wherever they stand: in the words of the page, in its table, and in the details of its rows."""
    page = opened(hostile_page())
    for button in page.tab.locator(".open-row").all():
        button.click()
    page.tab.get_by_label("Search").fill("onerror")
    page.tab.locator("#clear").wait_for()
    page.tab.get_by_role("button", name="Clear filters").click()
    assert page.column(2)[:3] == list(HOSTILE[:3])
    assert page.ask("window.hacked") is None
    assert page.ask("document.querySelectorAll('img, script:not(#data)').length") == 1
    assert "\\u202egnp.exe" in page.column(2)[3]
    assert page.complaints == []


def test_each_command_can_be_copied(opened: Open) -> None:
    """To the letter, into the clipboard."""
    page = opened(small_page(), permissions=["clipboard-read", "clipboard-write"])
    for command in (small_page().next_command, small_page().correct_command):
        page.tab.get_by_role("button", name="Copy", exact=True).first.click()
        page.tab.get_by_role("button", name="Copy", exact=True).nth(1).wait_for(state="detached")
        assert page.ask("navigator.clipboard.readText()") == command


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_a_command_breaks_between_its_words(opened: Open, width: int) -> None:
    """A word that is no wider than the line stands on one."""
    command = "bulkcase resume 20261124-1a2b --state bulkcase-demo/state --sandbox --input failed.csv"
    page = opened(small_page(next_command=command), "light", (width, 780))
    words = page.tab.locator(".command code").first.locator("span")
    assert words.all_inner_texts() == command.split(" ")
    heights = page.ask("[...document.querySelector('.command code').children].map(e => e.getClientRects()[0].height)")
    assert max(heights) < 1.5 * min(heights)


def test_a_cause_is_not_broken_inside_of_a_word(opened: Open) -> None:
    """Its column has room for the code and for some words of the message, of which it shows two lines."""
    page = opened(small_page())
    code, message = page.tab.locator("#body .cause .mono").first, page.tab.locator("#body .cause .message").first
    box, text = code.bounding_box(), message.bounding_box()
    assert box is not None
    assert text is not None
    assert box["height"] < 25
    assert text["height"] < 50
    assert text["width"] > 200


def test_a_day_that_all_rows_share_is_not_told_with_each(opened: Open) -> None:
    """It stands at the top; rows of two days have theirs."""
    assert opened(small_page()).column(8)[-1] == "23:00:00"
    rows = small_page().rows
    two = small_page(rows=[*rows[:-1], rows[-1]._replace(finished_at=BEGAN + 86_400)])
    assert opened(two).column(8)[-1] == "2026-11-24 23:00:00"


def test_without_script_the_page_says_what_is_missing(opened: Open) -> None:
    """All but the table is there, and nothing that would do nothing."""
    page = opened(small_page(), java_script_enabled=False)
    assert page.tab.get_by_text("This table needs JavaScript").is_visible()
    assert page.tab.locator("button:visible").count() == 0
    assert page.tab.locator("svg.chart:visible").count() == 1
    assert page.tab.get_by_text("updates were answered within").is_visible()


def test_the_first_key_skips_to_the_report(opened: Open) -> None:
    """Who has a keyboard only does not pass everything on the way."""
    page = opened(small_page())
    page.tab.keyboard.press("Tab")
    assert page.ask("document.activeElement.textContent") == "Skip to the report"
    page.tab.keyboard.press("Enter")
    assert page.ask("document.activeElement.id") == "main"


def test_paper_has_no_controls_and_is_white(opened: Open) -> None:
    """In the dark too: what is printed is black on white, and nothing stands there that could only be clicked."""
    page = opened(large_page(), "dark")
    page.tab.emulate_media(media="print", color_scheme="dark")
    assert page.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.tab.locator("input:visible, select:visible, .copy:visible, .pages button:visible").count() == 0
    assert page.tab.pdf(format="A4").startswith(b"%PDF")


def test_paper_says_how_many_rows_it_has(opened: Open) -> None:
    """It has those that were on view, and says where all are; where it has all, there is nothing to say."""
    page = opened(large_page())
    page.tab.emulate_media(media="print")
    assert page.tab.locator("#printed").inner_text() == "50 of 100,000 rows; all of them are in results.csv."
    assert page.tab.locator(".on-screen:visible").count() == 0
    few = opened(small_page())
    few.tab.emulate_media(media="print")
    assert few.tab.locator("#printed").inner_text() == ""


def test_paper_does_not_cut_a_case(opened: Open) -> None:
    """Its id can be read to the end, and the table is no wider than the paper."""
    case = "ci-98bf7958-f20c-0535-c6f5-90123456789ab"
    rows = [row._replace(case=case) for row in small_page().rows]
    page = opened(small_page(rows=rows), "light", (680, 960))
    page.tab.emulate_media(media="print")
    within = "(e) => e.scrollWidth <= e.clientWidth && getComputedStyle(e).textOverflow"
    assert page.tab.locator(".case").first.evaluate(within)
    assert page.ask("document.getElementById('row-table').offsetWidth") <= 680


@pytest.mark.parametrize(("size", "shown"), [(DESK, "wide"), (PHONE, "narrow")], ids=["desk", "phone"])
def test_charts_are_drawn_for_the_screen(opened: Open, size: tuple[int, int], shown: str) -> None:
    """One of each, and its labels are large enough to be read."""
    page = opened(large_page(), "light", size)
    assert page.tab.locator("svg.chart:visible").count() == 3
    assert page.tab.locator(f"svg.chart.{shown}:visible").count() == 3
    heights = page.ask(
        "[...document.querySelectorAll('.axis')].map(e => e.getBoundingClientRect().height).filter(h => h)"
    )
    assert min(height for height in heights if height) >= 10
