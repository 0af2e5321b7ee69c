"""A browser, and pages of a report in it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from support.browsers import DESK, Open, Opened, Scheme

from bulkcase.reporting.formats.html import FILE, write_page
from bulkcase.reporting.page import Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, started once for all tests of a file; they are skipped where there is none."""
    named = os.environ.get("BULKCASE_BROWSER", "")
    path = named or next((found for name in NAMES if (found := shutil.which(name))), "")
    if not path:
        pytest.skip(f"none of {', '.join(NAMES)} is installed, and BULKCASE_BROWSER names no other")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a page from its file: `opened(page, scheme="dark", size=PHONE)`."""
    contexts = []

    def open_page(page: Page, scheme: Scheme = "light", size: tuple[int, int] = DESK, **options: Any) -> Opened:
        write_page(tmp_path, page)
        context = browser.new_context(
            color_scheme=scheme,
            viewport={"width": size[0], "height": size[1]},
            offline=True,
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        found = Opened(context.new_page(), (tmp_path / FILE).as_uri())
        found.tab.on("console", lambda message: found.complaints.append(message.text))
        found.tab.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.tab.on("dialog", lambda dialog: found.complaints.append(dialog.message))
        found.tab.on("request", lambda request: found.requests.append(request.url))
        found.tab.goto(found.address)
        return found

    yield open_page
    for context in contexts:
        context.close()
