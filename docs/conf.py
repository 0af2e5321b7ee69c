"""How the pages of this folder become a site: `python -m sphinx -W -n docs docs/_build`, without network."""

import bulkcase

project = "bulkcase"
author = "the authors of bulkcase"
project_copyright = author
version = release = bulkcase.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
suppress_warnings = ["toc.empty_glob"]
# Types of Python and of other libraries are described in their own documentation, which is not at hand here.
nitpick_ignore_regex = [("py:.*", ".*")]

# Headings can be linked to as on a code host: page.md#heading.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"

html_theme = "furo"
html_title = f"bulkcase {version}"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_theme_options = {"top_of_page_buttons": []}
