"""The job file as a JSON Schema, for editors: `python -m bulkcase.operations.schema > job.schema.json`.

It refuses no job that is taken. What it cannot say (columns that the file does not have, dates that cannot be read) is
what `bulkcase check` finds.
"""

import json
import sys
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from bulkcase.fields import FIELDS, READ_ONLY
from bulkcase.job.described import KEYS, TABLES
from bulkcase.job.settings import SANDBOX, Job

_Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NAMES: Final = {
    "Key": "input.key",
    "FieldSource": "mapping.FIELD",
    "Smtp": "notify.smtp",
}
"""What the tables below another one are called in the reference; any other by its own name."""

_RULES: Final[dict[str, _Schema]] = {
    "Auth": {
        "anyOf": [
            {
                "required": ["token"],
                "properties": {"client_id": False, "client_secret": False, "jti": {"const": False}},
            },
            {"required": ["client_id", "client_secret"], "properties": {"token": False}},
        ]
    },
    "FieldSource": {
        "oneOf": [{"required": ["column"]}, {"required": ["value"]}, {"required": ["template"]}],
        "dependentSchemas": {
            **{name: {"required": ["column"]} for name in ("format", "timezone", "split")},
            "template": {"properties": {"mode": False}},
        },
    },
    "Smtp": {"dependentRequired": {"user": ["password"], "password": ["user"]}},
    "Notify": {
        "if": {"required": ["email"], "properties": {"email": {"not": {"enum": ["off", []]}}}},
        "then": {"required": ["smtp"], "properties": {"smtp": {"type": "object"}}},
    },
}
"""What must hold between the keys of a table."""

_WITHOUT_SANDBOX: Final[_Schema] = {
    "if": {"properties": {"connection": {"properties": {"host": {"const": SANDBOX}}}}},
    "else": {"required": ["auth"], "properties": {"connection": {"required": ["stream_id", "account_id"]}}},
}


class _Forms(GenerateJsonSchema):
    """What pydantic knows of the settings, without what a TOML file cannot have, and without its words."""

    def default_schema(self, schema: Any) -> _Schema:
        """Return a setting without its default, which is told as a job file would have it."""
        return self.generate_inner(schema["schema"])

    def nullable_schema(self, schema: Any) -> _Schema:
        """Return a setting that may be missing; there is no null in TOML."""
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - it is pydantic that calls it
        """Return false: a title that is made of the key says nothing."""
        return False


def job_schema() -> _Schema:
    """Return the JSON Schema of a job file."""
    schema = Job.model_json_schema(schema_generator=_Forms)
    tables = schema.pop("$defs")
    for name, table in tables.items():
        _describe(table, _NAMES.get(name, name.lower()))
        table.update(_RULES.get(name, {}))
    _describe_shorts(tables)
    schema.pop("title")
    for name, part in schema["properties"].items():
        part["description"] = TABLES[name]
    schema["properties"]["mapping"] |= _mapping()
    schema["properties"]["lookups"] |= {"propertyNames": {"enum": sorted(FIELDS)}} | _examples("lookups.FIELD")
    schema["description"] = "A job file of bulkcase (TOML)."
    return {"$schema": DIALECT, "title": "A job of bulkcase"} | schema | _WITHOUT_SANDBOX | {"$defs": tables}


def _describe(table: _Schema, name: str) -> None:
    """Say what a table and its keys are for."""
    table.pop("title", None)
    table["description"] = TABLES[name]
    for key, part in table["properties"].items():
        told = KEYS[f"{name}.{key}"]
        part["description"] = told.what
        if told.default is not None:
            part["default"] = told.default
        if told.examples:
            part["examples"] = list(told.examples)


def _describe_shorts(tables: dict[str, _Schema]) -> None:
    """Add the short forms, in which a column alone stands for a table, or "off"."""
    column = {"type": "string", "minLength": 1}
    tables["Input"]["properties"]["key"] = _either(column, "Key") | {
        "description": KEYS["input.key"].what,
        **_examples("input.key"),
    }
    smtp = tables["Notify"]["properties"]["smtp"]
    smtp.pop("$ref")
    smtp |= _either({"const": "off"}, "Smtp")
    tables["Source"] = {**_either(column, "FieldSource"), "description": TABLES["mapping.FIELD"]}


def _either(short: _Schema, table: str) -> _Schema:
    return {"anyOf": [short, {"$ref": f"#/$defs/{table}"}]}


def _examples(key: str) -> _Schema:
    return {"examples": list(KEYS[key].examples)}


def _mapping() -> _Schema:
    """Return what can be mapped: the fields that can be sent, paths, and custom fields in a table of their own."""
    source: _Schema = {"$ref": "#/$defs/Source"}
    fields = {
        name: source
        | {"description": f"{name} is {kind.value}" + ("; read-only by prudence." if name in READ_ONLY else ".")}
        for name, kind in FIELDS.items()
    }
    custom = {"type": "object", "additionalProperties": source, "description": TABLES["mapping.custom"]}
    return {"properties": {**fields, "custom": custom}, "additionalProperties": source}


def text() -> str:
    """Return the JSON Schema of a job file as it is kept in a file."""
    return json.dumps(job_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
