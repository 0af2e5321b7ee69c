"""How the pages of this repository become a site, from its top and without network.

    python -m sphinx -W -n -c docs . docs/_build

The links between pages are those that a code host follows.
"""

from sphinx.highlighting import lexer_classes

import bulkcase

project = "bulkcase"
author = "the authors of bulkcase"
version = release = bulkcase.__version__

root_doc = "docs/index"
include_patterns = ["*.md", "benchmarks/README.md", "configs/schedules/README.md", "docs/**.md"]
exclude_patterns = [".*", "build", "dist", "docs/_build", "reports"]
extensions = ["myst_parser", "sphinx.ext.autodoc"]
templates_path = ["_templates"]
# Types of Python and of other libraries are described in their own documentation, which is not at hand here.
nitpick_ignore_regex = [("py:.*", ".*")]

# Headings can be linked to as on a code host: page.md#heading.
myst_heading_anchors = 4
lexer_classes["csv"] = lexer_classes["none"]

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"

html_theme = "furo"
html_title = f"bulkcase {version}"
html_additional_pages = {"index": "start.html"}
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": []}
