"""Row to case update: cells, lookups, templates. Pure; what a row gets wrong is a value, never an exception."""

from bulkcase.mapping.compile import compile_mapping
from bulkcase.mapping.mapper import Mapper

__all__ = ["Mapper", "compile_mapping"]
