"""Loading a job file: what is accepted, and what is said of what is not."""

from pathlib import Path
from traceback import format_exception

import pytest
from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from bulkcase.errors import JobError
from bulkcase.job import Job, load, parse
from bulkcase.job.problems import readable

FILE = Path("jobs/night.toml")
INPUT = """
[input]
path = "cases.csv"
key = "Id"
"""
MAPPING = """
[mapping]
desc = "Notes"
"""
SANDBOX = """
[connection]
host = "sandbox"
"""
TARGET = """
[connection]
host = "https://platform.example.com/"
stream_id = "st-1"
account_id = "6639"
"""
AUTH = """
[auth]
client_id = "cs-1"
client_secret = "env:FAKE_SECRET"
"""
SMALLEST = SANDBOX + INPUT + MAPPING


def problems(text: str) -> list[str]:
    """Return what is wrong with a job, without the name of its file, which is checked."""
    with pytest.raises(JobError) as caught:
        parse(text, FILE)
    lines = str(caught.value).splitlines()
    assert lines == list(caught.value.problems)
    assert all(line.startswith(f"{FILE}: ") for line in lines)
    return [line.removeprefix(f"{FILE}: ") for line in lines]


def test_the_smallest_job_gets_safe_defaults() -> None:
    """A sandbox job needs a host, an input and a mapping; everything else has its default."""
    job = parse(SMALLEST, FILE)
    assert job.auth is None
    assert job.input.key.column == "Id"
    assert job.input.duplicates == "refuse"
    assert job.input.clear_marker is None
    assert job.mapping["desc"].column == "Notes"
    assert job.quota.windows == ((50, 60.0), (1700, 3600.0))
    assert job.quota.max_in_flight == 8
    assert job.retry.attempts == 5
    assert job.retry.unanswered == "resend"
    assert job.connection.timeout == 30.0
    assert job.safety.allow_read_only == ()


def test_a_whole_job_is_read_as_written() -> None:
    """Every key that has an effect arrives as what it says."""
    job = parse(
        TARGET
        + 'timeout = "5s"\niid = "st-2"\nextra_headers = { X-Team = "ops" }\nca_bundle = "ca.pem"\n'
        + 'proxy = "http://proxy.example.com:3128"\n'
        + AUTH
        + 'lifetime = "10m"\nsubject = "ops"\nalgorithm = "HS512"\njti = true\n'
        + '[input]\npath = "cases.xlsx"\nkey = { column = "Id" }\nduplicates = "last"\nsheet = 2\n'
        + 'encoding = "cp1252"\ndelimiter = ";"\ntimezone = "Europe/Berlin"\nclear_marker = "-"\n'
        + MAPPING
        + 'dueDate = { column = "Due", format = "%d/%m/%Y", timezone = "UTC" }\n'
        + 'tags = { column = "Labels", split = ";", mode = "replace" }\n'
        + 'isActive = { value = false }\nname = { template = "[m] {Title}" }\n'
        + '[lookups]\npriority = "file:p.json"\n[lookups.status.Open]\n_id = "sts-1"\n'
        + '[quota]\nwindows = ["10/1s"]\nmax_in_flight = 2\npace = "even"\nscope = "account"\n'
        + '[retry]\nattempts = 2\nmax_wait = "500ms"\nunanswered = "leave"\n'
        + '[safety]\nallow_read_only = ["refId"]\n[report]\ndirectory = "out"\n[state]\ndirectory = "here"\n',
        FILE,
    )
    assert job.connection.host == "https://platform.example.com"
    assert job.connection.extra_headers == {"X-Team": "ops"}
    assert job.auth is not None
    assert (job.auth.lifetime, job.auth.jti) == (600.0, True)
    assert (job.input.sheet, job.input.delimiter, job.input.clear_marker) == (2, ";", "-")
    assert list(job.mapping) == ["desc", "dueDate", "tags", "isActive", "name"]
    assert job.mapping["isActive"].is_constant
    assert not job.mapping["desc"].is_constant
    assert job.lookups == {"priority": "file:p.json", "status": {"Open": {"_id": "sts-1"}}}
    assert job.quota.windows == ((10, 1.0),)
    assert job.retry.max_wait == 0.5
    assert job.safety.allow_read_only == ("refId",)


def test_no_windows_mean_no_limit() -> None:
    """An empty list of windows is accepted as it stands."""
    assert parse(SMALLEST + "[quota]\nwindows = []", FILE).quota.windows == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["connection: is missing: add it", "input: is missing: add it", "mapping: is missing: add it"]),
        (SANDBOX + INPUT + "[mapping]", ["mapping: is empty: add at least one field"]),
        (SMALLEST + "[maping]", ["maping: is not known: did you mean mapping?"]),
        (SMALLEST + "[zzz]", ["zzz: is not known: there are connection, auth, input, mapping, lookups, "]),
        (SMALLEST + '[quota]\nwindow = ["1/1s"]', ["quota.window: is not known: did you mean windows?"]),
        (SMALLEST + "[retry]\nAttempts = 3", ["retry.Attempts: is not known: did you mean attempts?"]),
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
        (
            SMALLEST + '[auth]\ntoken = "env:A"\njti = true',
            ["auth: must have either token or client_id, client_secret and jti"],
        ),
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
            ['lookups.status: must be "live", "file:PATH", or a table from na'],
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


def test_a_job_file_may_start_with_a_byte_order_mark(tmp_path: Path) -> None:
    """What Windows editors put in front of a text is no part of it."""
    file = tmp_path / "close resolved.toml"
    file.write_text(SMALLEST, "utf-8-sig")
    job = load(file)
    assert (job.file, job.name) == (file, "close resolved")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file or directory: check the path of the job file"),
        (b"[connection]\nhost = '\xff'", "line 2 is not UTF-8: save the job file as UTF-8"),
        ("[connection]".encode("utf-16"), "line 1 is not UTF-8: save the job file as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, content: bytes | None, told: str) -> None:
    """A missing file or another encoding is a problem of the job, not a traceback."""
    file = tmp_path / "job.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(JobError) as caught:
        load(str(file))
    assert caught.value.problems == (f"{file}: {told}",)


def test_a_folder_is_no_job_file(tmp_path: Path) -> None:
    """The path of a folder is told as such."""
    with pytest.raises(JobError, match="check the path of the job file"):
        load(tmp_path)


def test_paths_start_at_the_job_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is relative to the job file, wherever the program runs; ~ is the user's home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    job = parse(SMALLEST, FILE)
    assert job.path("cases.csv") == tmp_path / "jobs" / "cases.csv"
    assert job.path(str(tmp_path / "x.csv")) == tmp_path / "x.csv"
    assert job.path("~/x.csv") == tmp_path / "home" / "x.csv"
    assert job.path("~nobody-here/x.csv") == tmp_path / "jobs" / "~nobody-here" / "x.csv"


def test_at_moves_a_copy_of_the_job() -> None:
    """A job can be said to stand elsewhere; the original stays where it is."""
    job = parse(SMALLEST, FILE)
    moved = job.at(Path("other/day.toml"))
    assert (moved.name, moved.file) == ("day", Path("other/day.toml"))
    assert job.name == "night"
    assert moved.mapping == job.mapping
