"""Files to rows: CSV, TSV, workbooks and lists of keys, and the damage that spreadsheets do to ids."""

from bulkcase.input.ahead import Ahead
from bulkcase.input.content import Source, file_sha256
from bulkcase.input.damage import DamageLint
from bulkcase.input.opening import open_table
from bulkcase.input.table import Table
from bulkcase.input.texts.keys import open_keys

__all__ = ["Ahead", "DamageLint", "Source", "Table", "file_sha256", "open_keys", "open_table"]
