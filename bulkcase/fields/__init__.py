"""The documented fields of a case: their kinds, which are read-only by prudence, and how to spell them."""

from bulkcase.fields.catalogue import FIELDS, READ_ONLY, SHOWN_ONLY, Kind

__all__ = ["FIELDS", "READ_ONLY", "SHOWN_ONLY", "Kind"]
