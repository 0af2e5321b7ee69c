"""What a job file says of where values come from: the key, the source of each field, the lookups."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator

from bulkcase.job import forms
from bulkcase.nearest import nearest

FILE = "file:"
"""How a lookup that is kept in a file starts."""

LIVE = "live"
"""How a lookup is written that is learnt from the live cases."""

Zone = Annotated[str, Field(min_length=1)]


class Table(BaseModel):
    """A table of the job file: only known keys, of their exact type."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, strict=True)


class Key(Table):
    """The column that says which case a row is about."""

    column: str = Field(min_length=1)
    match: Literal["_id", "refId"] = "_id"


def _key(value: object) -> object:
    return _short_form(value, 'must be a column in quotes, or { column = "…" }')


def _source(value: object) -> object:
    return _short_form(value, "must be a column in quotes, or a table such as { value = … }")


def _short_form(value: object, otherwise: str) -> object:
    if isinstance(value, str):
        return {"column": value}
    if isinstance(value, dict):
        return value
    raise ValueError(otherwise)


class FieldSource(Table):
    """Where the value of one field comes from: a column, a constant or a template."""

    column: str | None = Field(default=None, min_length=1)
    value: Any = None
    template: str | None = None
    format: str | None = None
    timezone: Zone | None = None
    split: str | None = Field(default=None, min_length=1)
    mode: Literal["replace", "add", "remove"] = "replace"

    @property
    def is_constant(self) -> bool:
        """Whether every row gets the same value."""
        return "value" in self.model_fields_set

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        sources = [name for name in ("column", "value", "template") if name in self.model_fields_set]
        if len(sources) != 1:
            raise ValueError("must have exactly one of column, value and template")
        extra = {"format", "timezone", "split"} & self.model_fields_set
        if extra and sources != ["column"]:
            raise ValueError(f"may have {' and '.join(sorted(extra))} only together with column")
        if "mode" in self.model_fields_set and sources == ["template"]:
            raise ValueError("may have mode only together with column or value")
        return self


def _lookup(value: object) -> str | dict[str, dict[str, Any]]:
    if isinstance(value, str) and (value == LIVE or (value.startswith(FILE) and value.removeprefix(FILE).strip())):
        return value
    if isinstance(value, dict) and all(isinstance(entry, dict) for entry in value.values()):
        return value
    if isinstance(value, str) and Path(value.strip()).suffix == ".json":
        raise ValueError(f'must have file: in front of a path: did you mean "{FILE}{value.strip()}"?')
    if isinstance(value, str) and nearest(value, [LIVE]):
        raise ValueError(f'must be "live", "file:PATH", or a table from names to objects: did you mean "{LIVE}"?')
    raise ValueError('must be "live", "file:PATH", or a table from names to objects')


KeyColumn = Annotated[Key, BeforeValidator(_key)]
Source = Annotated[FieldSource, BeforeValidator(_source)]
Lookup = Annotated[str | dict[str, dict[str, Any]], PlainValidator(_lookup), WithJsonSchema(forms.LOOKUP)]
