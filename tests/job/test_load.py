"""Loading a job file: what is accepted, and what is said of what is not."""

from pathlib import Path

import pytest
from support.job_texts import AUTH, FILE, INPUT, MAPPING, SANDBOX, SMALLEST, TARGET

from bulkcase.errors import JobError
from bulkcase.job import load, parse


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
    assert job.safety.on_conflict == "send"
    assert job.input.key.match == "_id"
    assert (job.snapshot.read, job.snapshot.max_age, job.snapshot.filter) == ("auto", 3600.0, {})


def test_a_whole_job_is_read_as_written() -> None:
    """Every key that has an effect arrives as what it says."""
    job = parse(
        TARGET
        + 'timeout = "5s"\niid = "st-2"\nextra_headers = { X-Team = "ops" }\nca_bundle = "ca.pem"\n'
        + 'proxy = "http://proxy.example.com:3128"\n'
        + AUTH
        + 'lifetime = "10m"\nsubject = "ops"\nalgorithm = "HS512"\njti = true\n'
        + '[input]\npath = "cases.xlsx"\nkey = { column = "Id", match = "refId" }\nduplicates = "last"\nsheet = 2\n'
        + 'encoding = "cp1252"\ndelimiter = ";"\ntimezone = "Europe/Berlin"\nclear_marker = "-"\n'
        + MAPPING
        + 'dueDate = { column = "Due", format = "%d/%m/%Y", timezone = "UTC" }\n'
        + 'tags = { column = "Labels", split = ";", mode = "add" }\n'
        + 'isActive = { value = false }\nname = { template = "[m] {Title}" }\n'
        + '"userInfo.emailId" = "Email"\n[mapping.custom]\nRegion = "Region"\n"Cost centre" = { value = "7" }\n'
        + '[lookups]\npriority = "file:p.json"\nqueues = "live"\n[lookups.status.Open]\n_id = "sts-1"\n'
        + '[quota]\nwindows = ["10/1s"]\nmax_in_flight = 2\npace = "even"\nscope = "account"\n'
        + '[retry]\nattempts = 2\nmax_wait = "500ms"\nunanswered = "leave"\n'
        + '[snapshot]\nread = "always"\nmax_age = "10m"\nfilter = { status = ["Open"] }\n'
        + '[safety]\non_conflict = "leave"\nallow_read_only = ["refId"]\n'
        + '[report]\ndirectory = "out"\n[state]\ndirectory = "here"\n',
        FILE,
    )
    assert job.connection.host == "https://platform.example.com"
    assert job.connection.extra_headers == {"X-Team": "ops"}
    assert job.auth is not None
    assert (job.auth.lifetime, job.auth.jti) == (600.0, True)
    assert (job.input.sheet, job.input.delimiter, job.input.clear_marker) == (2, ";", "-")
    assert job.input.key.match == "refId"
    fields = ["desc", "dueDate", "tags", "isActive", "name", "userInfo.emailId"]
    assert list(job.mapping) == [*fields, "custom.Region", "custom.Cost centre"]
    assert [job.mapping[name].mode for name in ("tags", "desc")] == ["add", "replace"]
    assert job.mapping["custom.Region"].column == "Region"
    assert job.mapping["custom.Cost centre"].value == "7"
    assert job.mapping["isActive"].is_constant
    assert not job.mapping["desc"].is_constant
    assert job.lookups == {"priority": "file:p.json", "queues": "live", "status": {"Open": {"_id": "sts-1"}}}
    assert (job.snapshot.read, job.snapshot.max_age) == ("always", 600.0)
    assert job.snapshot.filter == {"status": ["Open"]}
    assert job.safety.on_conflict == "leave"
    assert job.quota.windows == ((10, 1.0),)
    assert job.retry.max_wait == 0.5
    assert job.safety.allow_read_only == ("refId",)


@pytest.mark.parametrize(("written", "sheet"), [("1", 1), ('"Cases"', "Cases"), ('"1"', "1")])
def test_a_sheet_is_a_name_or_a_number(written: str, sheet: str | int) -> None:
    """Sheets are counted from 1; a number in quotes is a name."""
    assert parse(SANDBOX + INPUT + f"sheet = {written}" + MAPPING, FILE).input.sheet == sheet


def test_no_windows_mean_no_limit() -> None:
    """An empty list of windows is accepted as it stands."""
    assert parse(SMALLEST + "[quota]\nwindows = []", FILE).quota.windows == ()


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
