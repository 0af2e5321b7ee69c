"""Writes the pages of docs/reference, and the JSON Schema beside them, from the program.

    python docs/make_reference.py

A test holds the pages against it.
"""

import ast
import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from reference_words import CODES, COLUMNS_TOLD, FILES, FORMS, HTTP_CODES, OUTCOMES, QUANTITIES, VERIFIED, WAYS

import bulkcase
from bulkcase import causes
from bulkcase.cli.commands import COMMANDS, command_of
from bulkcase.errors import EXIT_CODES
from bulkcase.fields import FIELDS, READ_ONLY, SHOWN_ONLY
from bulkcase.fields.proof import Proven
from bulkcase.job.described import KEYS, TABLES, Told
from bulkcase.model import NEEDS_A_PERSON, Outcome
from bulkcase.operations.common.ended import RETRIED
from bulkcase.operations.schema import job_schema, text
from bulkcase.reporting.formats.results import COLUMNS
from bulkcase.sandbox import faults, settings

FOLDER: Final = Path(__file__).parent / "reference"
_MADE: Final = "<!-- made by docs/make_reference.py: change the program, or the words there, and run it -->"


def page(title: str, *parts: str) -> str:
    """Return a page of Markdown."""
    return "\n\n".join([f"# {title}", _MADE, *(part.strip("\n") for part in parts)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def code(value: object) -> str:
    """Return a text as code; empty for an empty one."""
    return f"`{value}`" if value != "" else ""


def toml(value: Any) -> str:
    """Return a value as TOML writes it in one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def kind_of(form: dict[str, Any], tables: dict[str, Any]) -> str:
    """Return what a setting takes, in words, from its schema."""
    if "$ref" in form:
        return kind_of(tables[form["$ref"].rpartition("/")[2]], tables)
    if "anyOf" in form and "properties" not in form:
        return " or ".join(dict.fromkeys(kind_of(each, tables) for each in form["anyOf"]))
    if "enum" in form:
        return ", ".join(code(toml(each)) for each in form["enum"])
    if "const" in form:
        return code(toml(form["const"]))
    low, high = form.get("minimum"), form.get("maximum")
    within = "" if low is None else f" from {low:,} on" if high is None or high > 10**6 else f", {low:,} to {high:,}"
    words = {
        "string": "text",
        "integer": "whole number",
        "boolean": "`true` or `false`",
        "array": "list",
        "object": "table",
    }
    named = next((name for name, of_quantity in FORMS.items() if form.get("pattern") == of_quantity), None)
    return f"[{named}](#quantities)" if named else words.get(form.get("type", ""), "anything") + within


def job_file() -> str:
    """Return the page of the job file: every table and key."""
    schema = job_schema()
    tables = schema["$defs"]
    models = {"input.key": "Key", "mapping.FIELD": "FieldSource", "notify.smtp": "Smtp"}
    parts = []
    for name, told in TABLES.items():
        keys = {key: KEYS[key] for key in KEYS if key.rpartition(".")[0] == name}
        model = tables.get(models.get(name, name.capitalize()), {})
        forms = model.get("properties", {"FIELD": schema["properties"]["lookups"].get("additionalProperties", {})})
        required = model.get("required", [])
        rows = [_key(key, about, forms[key.rpartition(".")[2]], tables, required) for key, about in keys.items()]
        listed = table(["key", "takes", "default", "means"], rows) if rows else ""
        shown = [f"## `[{name}]`", told, WAYS.get(name, "").strip("\n"), listed]
        parts.append("\n\n".join(filter(None, shown)))
    quantities = table(["what", "is written", "for example"], QUANTITIES)
    return page("The job file", FILES["job"], *parts, f"## Quantities\n\n{quantities}")


def _key(key: str, told: Told, form: dict[str, Any], tables: dict[str, Any], required: Sequence[str]) -> list[str]:
    name = key.rpartition(".")[2]
    default = "needed" if name in required else "" if told.default is None else code(toml(told.default))
    examples = ", ".join(code(toml(each)) for each in told.examples)
    return [
        code(name),
        kind_of(form, tables),
        default,
        f"{told.what} For example {examples}." if examples else told.what,
    ]


def commands() -> str:
    """Return the page of the commands: every argument and option."""
    parts = []
    for name, (_, told) in COMMANDS.items():
        params = [param for param in command_of(name).params if "--help" not in param.opts]
        arguments = [param for param in params if not param.opts[0].startswith("-")]
        usage = " ".join(["bulkcase", name, *(_called(each) for each in arguments), "[OPTIONS]"])
        rows = [[code(_called(each)), "", each.help or ""] for each in arguments]
        rows += [[_written(each), _default(each), each.help or ""] for each in params if each not in arguments]
        parts.append(f"## {name}\n\n{told}\n\n`{usage}`\n\n{table(['', 'default', ''], rows)}")
    return page("Commands", FILES["commands"], *parts)


def _called(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required else f"[{name.strip('[]')}]"


def _written(option: Any) -> str:
    names = ", ".join(code(name) for name in option.opts)
    if option.is_flag:
        return names
    # As --help shows it, but for the bounds of a number.
    return f"{names} {code(option.display_type_rich(None).replace(' range', ''))}"


def _default(option: Any) -> str:
    value = option.default.value if isinstance(option.default, Enum) else option.default
    is_told = isinstance(value, int | str) and not isinstance(value, bool)
    return code(value) if is_told else "may be given again" if option.multiple else ""


def outcomes() -> str:
    """Return the page of the outcomes."""
    rows = [
        [
            code(each),
            OUTCOMES[each],
            _who(each),
            "1" if each in NEEDS_A_PERSON else "",
        ]
        for each in Outcome
    ]
    proven = [[code(each.value), VERIFIED[each]] for each in Proven]
    head = ["outcome", "means", "sent again by", "exit code"]
    verified = f"## What the case shows: `bulkcase_verified`\n\n{table(['', 'means'], proven)}"
    return page("Outcomes", FILES["outcomes"], table(head, rows), verified)


def _who(outcome: Outcome) -> str:
    names = [("`retry`", outcome in RETRIED), ("`resume`", outcome in {Outcome.PENDING, Outcome.UNKNOWN})]
    return ", ".join(name for name, sends in names if sends)


def exit_codes() -> str:
    """Return the page of the exit codes."""
    errors = inspect.getdoc(bulkcase.errors) or ""
    tree = errors.partition("\n\n")[2].partition("\n\nA failure")[0]
    listed = table(["code", "means"], [[code(number), means] for number, means in EXIT_CODES.items()])
    drawn = f"## From Python: exceptions\n\n<!-- not run: it is a picture -->\n\n```text\n{inspect.cleandoc(tree)}\n```"
    return page("Exit codes", FILES["exit-codes"], listed, drawn)


def error_codes() -> str:
    """Return the page of the causes: what to do, which outcome they lead to, and who sends the row again."""
    rows = [[code(each), _outcomes(CODES[each]), _again(CODES[each]), causes.tip(each)] for each in causes.CODES]
    others = [[code(name), _outcomes(of), _again(of), causes.tip(example)] for name, example, of in HTTP_CODES]
    return page(
        "Error codes", FILES["error-codes"], table(["code", "outcome", "sent again by", "what to do"], rows + others)
    )


def _outcomes(found: Sequence[Outcome]) -> str:
    return ", ".join(code(each.value) for each in found)


def _again(found: Sequence[Outcome]) -> str:
    return ", ".join(dict.fromkeys(name for each in found for name in _who(each).split(", ") if name))


def report_files() -> str:
    """Return the page of what a run writes."""
    columns = table(["column", "holds"], [[code(name), COLUMNS_TOLD[name]] for name in COLUMNS])
    return page(
        "What a run writes",
        FILES["report"],
        f"## Columns of results.csv and failed.csv\n\n{FILES['columns']}\n\n{columns}",
    )


def fields() -> str:
    """Return the page of the fields of a case."""
    rows = [[code(name), kind.value, "read-only" if name in READ_ONLY else "yes"] for name, kind in FIELDS.items()] + [
        [code(name), "", "never: shown only"] for name in sorted(SHOWN_ONLY)
    ]
    return page("Fields of a case", FILES["fields"], table(["field", "is", "can be sent"], rows))


def sandbox() -> str:
    """Return the page of the sandbox: what it can be told to do."""
    found = table(
        ["`--fault`", "what happens"], [[code(name.lower()), told] for name, told in told_in(faults, "Fault")]
    )
    options = [
        [code(name), told.replace("\n\n", " ").replace("\n", " ")]
        for name, told in told_in(settings, "SandboxSettings")
    ]
    return page(
        "The sandbox",
        FILES["sandbox"],
        f"## Faults\n\n{found}",
        f"## Settings\n\n{table(['setting', 'means'], options)}",
    )


def told_in(module: ModuleType, name: str) -> Iterator[tuple[str, str]]:
    """Yield the names of a class that have a text below them, with it."""
    found = next(node for node in ast.parse(inspect.getsource(module)).body if getattr(node, "name", "") == name)
    assert isinstance(found, ast.ClassDef), "it is one"
    for place, below in zip(found.body, found.body[1:], strict=False):
        target = place.targets[0] if isinstance(place, ast.Assign) else getattr(place, "target", None)
        if isinstance(target, ast.Name) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            yield target.id, inspect.cleandoc(str(below.value.value))


def python() -> str:
    """Return the page of the Python API, which the site fills from the docstrings."""
    classes = [name for name in bulkcase.__all__ if inspect.isclass(getattr(bulkcase, name))]
    verbs = [name for name in bulkcase.__all__ if name not in classes and name != "sync"]
    parts = [
        FILES["python"],
        "## Verbs",
        _documented("autofunction", verbs),
        "## Values",
        _documented("autoclass", classes),
    ]
    return page("Python", *parts)


def _documented(directive: str, names: Sequence[str]) -> str:
    members = "\n   :members:" if directive == "autoclass" else ""
    return "\n".join(["```{eval-rst}", *(f".. {directive}:: bulkcase.{name}{members}\n" for name in names), "```"])


PAGES: Final[dict[str, Callable[[], str]]] = {
    "job-file.md": job_file,
    "job.schema.json": text,
    "commands.md": commands,
    "outcomes.md": outcomes,
    "exit-codes.md": exit_codes,
    "error-codes.md": error_codes,
    "report-files.md": report_files,
    "fields.md": fields,
    "sandbox.md": sandbox,
    "python.md": python,
}


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(exist_ok=True)
    for name, made in PAGES.items():
        (FOLDER / name).write_text(made(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
