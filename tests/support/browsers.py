"""A report in a browser."""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from playwright.sync_api import Page as Tab

from bulkcase.reporting.page import Page

DESK, PHONE = (1280, 900), (360, 780)
Scheme = Literal["light", "dark"]


@dataclass
class Opened:
    """A report in a tab of a browser, with all that the browser had to say against it."""

    tab: Tab
    address: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def ask(self, question: str) -> Any:
        """Return what a piece of script says."""
        return self.tab.evaluate(question)

    def column(self, index: int) -> list[str]:
        """Return the texts of a column of the table of rows, as it is shown."""
        texts = self.tab.locator(f"#body > tr > td:nth-child({index}):not([colspan])").all_inner_texts()
        return [text.removeprefix("Details of row").strip() for text in texts]

    def matches(self) -> str:
        """Return what the page says of the rows that match."""
        return self.tab.locator("#matches").inner_text()


class Open(Protocol):
    """Opens a page from its file."""

    def __call__(self, page: Page, scheme: Scheme = "light", size: tuple[int, int] = DESK, **options: Any) -> Opened:
        """Open it; the options are those of a context of Playwright."""
        ...
