"""What is wrong with a job: each problem one line, with file and key."""

import shlex
from pathlib import Path
from traceback import format_exception

import pytest
from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from support.job_texts import AUTH, FILE, INPUT, MAPPING, SANDBOX, SMALLEST, TARGET, problems

from bulkcase.errors import JobError
from bulkcase.job import Job, load, parse
from bulkcase.job.problems import readable


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["connection: is missing: add it", "input: is missing: add it", "mapping: is missing: add it"]),
        (SANDBOX + INPUT + "[mapping]", ["mapping: is empty: add at least one field"]),
        (SMALLEST + "[maping]", ["maping: is not known: did you mean mapping?"]),
        (SMALLEST + "[zzz]", ["zzz: is not known: there are connection, auth, input, mapping, lookups, "]),
        (SMALLEST + '[quota]\nwindow = ["1/1s"]', ["quota.window: is not known: did you mean windows?"]),
        (SMALLEST + "[retry]\nATTEMPTS = 3", ["retry.ATTEMPTS: is not known: did you mean attempts?"]),
        (SMALLEST + 'name = { colum = "A" }', ["mapping.name.colum: is not known: did you mean column?"]),
        (
            SANDBOX + '[input]\npath = "a"\nkey = { colunm = "A" }' + MAPPING,
            ["input.key.column: is missing", "input.key.c"],
        ),
        (SMALLEST + "name = 5", ["mapping.name: must be a column in quotes, or a table such as { value = … }"]),
        (SMALLEST + 'name = ""', ["mapping.name.column: must not be empty"]),
        (SMALLEST + 'name = { column = "A", value = 5 }', ["mapping.name: must have exactly one of column, value and"]),
        (SMALLEST + "name = {}", ["mapping.name: must have exactly one of column, value and template"]),
        (
            SMALLEST + 'dueDate = { value = "x", timezone = "UTC", format = "%d" }',
            ["mapping.dueDate: may have format and timezone only together with column"],
        ),
        (SMALLEST + 'tags = { column = "A", split = "" }', ["mapping.tags.split: must not be empty"]),
        (
            SANDBOX + '[input]\npath = "a"\nkey = 5' + MAPPING,
            ['input.key: must be a column in quotes, or { column = "'],
        ),
        (SANDBOX + '[input]\npath = ""\nkey = "Id"' + MAPPING, ["input.path: must not be empty"]),
        (SANDBOX + INPUT + 'delimiter = "x"' + MAPPING, ['input.delimiter: must be ",", ";", "\\t" or "|"']),
        (
            SANDBOX + INPUT + "sheet = 0" + MAPPING,
            ["input.sheet: must be the name of a sheet in quotes, or its number"],
        ),
        (
            SANDBOX + INPUT + "sheet = true" + MAPPING,
            ["input.sheet: must be the name of a sheet in quotes, or its num"],
        ),
        (SANDBOX + INPUT + 'duplicates = "first"' + MAPPING, ['input.duplicates: must be "refuse" or "last"']),
        (SANDBOX + INPUT + 'clear_marker = ""' + MAPPING, ["input.clear_marker: must not be empty"]),
        (TARGET + INPUT + MAPPING, ["needs an [auth] table, unless connection.host is the sandbox"]),
        (
            '[connection]\nhost = "a.example.com"' + AUTH + INPUT + MAPPING,
            ["connection: needs stream_id and account_id"],
        ),
        (
            SANDBOX + 'stream_id = "a/b"' + INPUT + MAPPING,
            ["connection.stream_id: must be letters, digits, '-' and '_' o"],
        ),
        (SANDBOX + "account_id = 6639" + INPUT + MAPPING, ["connection.account_id: must be a text in quotes"]),
        (
            SANDBOX + 'timeout = "30"' + INPUT + MAPPING,
            ["connection.timeout: must be a number above zero with its unit"],
        ),
        (SANDBOX + "timeout = 30" + INPUT + MAPPING, ["connection.timeout: must be a number above zero with its unit"]),
        (
            SANDBOX + "extra_headers = { X = 5 }" + INPUT + MAPPING,
            ["connection.extra_headers.X: must be a text in quotes"],
        ),
        (SANDBOX + 'extra_headers = "X"' + INPUT + MAPPING, ["connection.extra_headers: must be a table"]),
        (TARGET + "[auth]" + INPUT + MAPPING, ["auth: needs client_id and client_secret, or token"]),
        *[
            (
                SMALLEST + f'[auth]\ntoken = "env:A"\n{other}',
                ["auth: must have either token or client_id, client_secret"],
            )
            for other in ("jti = true", 'client_id = "cs-1"', 'client_secret = "env:B"')
        ],
        (SMALLEST + '[auth]\nclient_id = "cs-1"', ["auth: needs client_id and client_secret, or token"]),
        (SMALLEST + AUTH + 'lifetime = "2h"', ["auth.lifetime: must be between 1m and 1h"]),
        (SMALLEST + AUTH + 'jti = "yes"', ["auth.jti: must be true or false, without quotes"]),
        (SMALLEST + AUTH + 'algorithm = "none"', ['auth.algorithm: must be "HS256", "HS512", "RS256" or "RS512"']),
        (SMALLEST + "[quota]\nmax_in_flight = 0", ["quota.max_in_flight: must be 1 or more"]),
        (SMALLEST + "[quota]\nmax_in_flight = 2000", ["quota.max_in_flight: must be 1000 or less"]),
        (SMALLEST + "[quota]\nmax_in_flight = 1.5", ["quota.max_in_flight: must be a whole number, without quotes"]),
        (SMALLEST + '[quota]\nwindows = "50/60s"', ["quota.windows: must be a list in brackets"]),
        (
            SMALLEST + '[quota]\nwindows = ["50/60s", "50", 3]',
            [
                "quota.windows, entry 2: must be a number of calls, a",
                "quota.windows, entry 3: must be a number of calls",
            ],
        ),
        (SMALLEST + '[safety]\non_conflict = "ask"', ['safety.on_conflict: must be "send" or "leave"']),
        (SMALLEST + '[snapshot]\nread = "yes"', ['snapshot.read: must be "auto", "always" or "never"']),
        (SMALLEST + "[snapshot]\nmax_age = 60", ["snapshot.max_age: must be a number above zero with its unit"]),
        (
            SMALLEST + 'tags = { column = "A", mode = "append" }',
            ['mapping.tags.mode: must be "replace", "add" or "remove"'],
        ),
        (
            SMALLEST + 'name = { template = "{A}", mode = "replace" }',
            ["mapping.name: may have mode only together with column or value"],
        ),
        (SMALLEST + "[safety]\nallow_read_only = [5]", ["safety.allow_read_only, entry 1: must be a text in quotes"]),
        (
            SMALLEST + "[lookups]\nstatus = 5",
            ['lookups.status: must be "live", "file:PATH", or a table from names to '],
        ),
        (
            SMALLEST + '[lookups]\nstatus = "file: "',
            ['lookups.status: must be "live", "file:PATH", or a table from na'],
        ),
        (
            SMALLEST + '[lookups]\nstatus = "s.json"',
            ["lookups.status: must have file: in front of a path"],
        ),
        (
            SMALLEST + "[lookups.status]\nOpen = 5",
            ['lookups.status: must be "live", "file:PATH", or a table from name'],
        ),
        (SMALLEST + '[report]\ndirectory = ""', ["report.directory: must not be empty"]),
        ("retry = 5\n" + SMALLEST, ["retry: must be a table"]),
        ("a = ", ["Invalid value (at end of document): mend the TOML"]),
        ("a = " + "[" * 5000, ["is nested too deeply: mend the TOML"]),
    ],
)
def test_a_problem_is_one_line_with_file_and_key(text: str, told: list[str]) -> None:
    """Each problem is told once, with the key as the file writes it and what to do."""
    found = problems(text)
    assert [line[: len(start)] for line, start in zip(found, told, strict=True)] == told


def test_every_problem_is_told_at_once() -> None:
    """One look at the messages is enough to mend the whole file."""
    found = problems(SANDBOX + 'iid = ""\n' + INPUT + 'colour = "red"' + "\n[mapping]\ndesc = 1\n[retry]\nattempts = 0")
    assert [line.split(": ")[0] for line in found] == [
        "connection.iid",
        "input.colour",
        "mapping.desc",
        "retry.attempts",
    ]


def test_no_words_of_pydantic_reach_the_user() -> None:
    """For every table and key, a value of every wrong type is told in words of our own."""
    wrong = ["5", "-5.5", '""', '"?"', "true", "[]", "[[]]", "{}", "{ a = 1 }", "2026-01-01", "1e400"]
    for table, info in Job.model_fields.items():
        for key in getattr(info.annotation, "model_fields", {"x": None}):
            for value in wrong:
                told = " ".join(_attempt({table: f"{table}.{key} = {value}"}))
                assert not [word for word in ("nput should", "valid", "cannot be used") if word in told]


def test_a_fault_without_words_of_its_own_is_told_plainly() -> None:
    """A kind of fault that pydantic adds one day is a line with its key too, without the value."""
    fault = InitErrorDetails(type=PydanticCustomError("new", "hunter2-fake"), loc=("auth", "token"), input="x")
    error = ValidationError.from_exception_data("Job", [fault])
    assert list(readable(error)) == [("auth.token", "cannot be used as it is written")]


def _attempt(changed: dict[str, str]) -> list[str]:
    tables = {"connection": 'connection.host = "sandbox"', "mapping": 'mapping.desc = "A"'}
    tables |= {"input": 'input = { path = "a", key = "Id" }'} | changed
    try:
        parse("\n".join(tables.values()), FILE)
    except JobError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize(
    "text",
    [
        SMALLEST + '[auth]\nclient_id = "cs-1"\nclient_secret = "hunter2-fake"',
        SMALLEST + '[auth]\ntoken = "hunter2-fake"',
        SMALLEST + '[auth]\ntoken = "fake:hunter2-fake"',
        SMALLEST + '[auth]\ntoken = "keyring:hunter2-fake"',
        SMALLEST + '[auth]\nclient_secert = "hunter2-fake"',
        SMALLEST + '[auth]\ntoken = ["hunter2-fake"]',
        SMALLEST + '[auth]\nalgorithm = "hunter2-fake"\ntoken = "env:A"',
        SMALLEST + "[auth]\ntoken = hunter2-fake",
        'auth = "hunter2-fake"\n' + SMALLEST,
        SANDBOX + 'proxy = "http://ops:hunter2-fake@proxy.example.com"' + INPUT + MAPPING,
        SANDBOX + 'proxy = "http://ops:hunter2-fake\u2105@proxy.example.com"' + INPUT + MAPPING,
        SANDBOX + 'extra_headers = { X-Token = "hunter2-fake\\n" }' + INPUT + MAPPING,
        '[connection]\nhost = "https://ops:hunter2-fake@a.example.com"' + INPUT + MAPPING,
    ],
)
def test_a_literal_secret_is_refused_and_never_shown(text: str) -> None:
    """Wherever a secret was written by mistake, the job is refused and no message, cause or context repeats it."""
    with pytest.raises(JobError) as caught:
        parse(text, FILE)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value)
    assert "hunter2" not in "".join(format_exception(caught.value))


@pytest.mark.parametrize("content", [b"Case ID,Status\nci-1,Open\n", b"PK\x03\x04\xff\xfe"])
@pytest.mark.parametrize("name", ["c2.csv", "my cases.XLSX"])
def test_a_spreadsheet_in_the_place_of_the_job_is_told_to_init(tmp_path: Path, name: str, content: bytes) -> None:
    """Nobody is to mend the TOML of a file that is none."""
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(JobError) as caught:
        load(file)
    command = shlex.join(["bulkcase", "init", str(file)])
    assert str(caught.value) == f"{file}: is a spreadsheet, no job file (TOML): {command} proposes one"
