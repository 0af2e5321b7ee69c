"""report.html: a run as people look at it."""

from bulkcase.reporting.formats.html.render import FILE, page_text, write_page

__all__ = ["FILE", "page_text", "write_page"]
