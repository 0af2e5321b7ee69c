"""init: what is asked, and what is taken from elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from support.jobs import write_cases, write_job

import bulkcase as bc
from bulkcase.errors import InputError, JobError, UsageError
from bulkcase.job import load
from bulkcase.proposing import Question, State

HEADER = ("Case ID", "Status", "Due", "Notes")
ROWS = [("ci-1", "Open", "03/04/2026", "a note"), ("ci-2", "Closed", "05/06/2026", "another")]


class Person:
    """Gives one answer after the other, and keeps what was asked."""

    def __init__(self, *answers: str | None) -> None:
        self.asked: list[Question] = []
        self._answers = list(answers)

    def __call__(self, question: Question) -> str | None:
        self.asked.append(question)
        return self._answers.pop(0)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let each test stand in a folder of its own, on a machine in Berlin."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: "Europe/Berlin")
    return tmp_path


def cases(folder: Path, *rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> Path:
    """Write cases.csv; return its path, relative to the folder."""
    return write_cases(folder, rows or ROWS, header).relative_to(folder)


def fields(made: bc.NewJob) -> dict[str, str]:
    """Return what the job maps: columns by field."""
    return {each.field: each.column for each in made.proposal.mapped}


def test_without_a_person_only_what_is_sure_is_mapped(folder: Path) -> None:
    """A date whose order and zone nobody knows, and a column of another name, stay comments of a valid job."""
    made = bc.sync.init(cases(folder))
    assert (str(made.path), made.rows, made.is_whole, made.exit_code) == ("cases.toml", 2, True, 0)
    assert fields(made) == {"status": "Status"}
    job = load(made.path)
    assert list(job.mapping) == ["status"]
    assert job.input.timezone is None
    assert made.missing == ["stream_id", "account_id", "client_id"]


def test_the_answers_of_a_person_are_in_the_job(folder: Path) -> None:
    """The order of a date, a column of another name, and the zone; a zone that is none is asked for again."""
    person = Person("month first: 3 April 2026 is 04/03/2026", "yes", "Europe/Berlni", "Europe/Berlin")
    made = bc.sync.init(cases(folder), ask=person)
    assert fields(made) == {"status": "Status", "dueDate": "Due", "desc": "Notes"}
    job = load(made.path)
    assert (job.mapping["dueDate"].format, job.input.timezone) == ("%m/%d/%Y", "Europe/Berlin")
    assert [each.free for each in person.asked] == [False, False, True, True]
    assert "did you mean Europe/Berlin?" in person.asked[-1].text
    assert person.asked[2].answers == ["Europe/Berlin", "UTC"]


def test_no_answer_leaves_a_column_out(folder: Path) -> None:
    """Whoever says nothing to a question has decided nothing; without a date no zone is asked for."""
    person = Person(None, None)
    assert fields(bc.sync.init(cases(folder), ask=person)) == {"status": "Status"}
    assert len(person.asked) == 2


def test_a_zone_without_an_answer_leaves_the_dates_out(folder: Path) -> None:
    """No zone is ever taken for granted."""
    made = bc.sync.init(cases(folder, ("ci-1", "2026-04-13"), header=("Case ID", "Due")), ask=Person(None))
    assert fields(made) == {}
    assert made.exit_code == 1


def test_a_zone_that_is_told_is_not_asked_for(folder: Path) -> None:
    """With --timezone a sure date is mapped without a person."""
    made = bc.sync.init(cases(folder, ("ci-1", "13/04/2026"), header=("Case ID", "Due")), timezone="Europe/Berlin")
    assert fields(made) == {"dueDate": "Due"}
    assert load(made.path).input.timezone == "Europe/Berlin"


def test_a_zone_that_does_not_exist_is_refused(folder: Path) -> None:
    """The nearest one is named."""
    with pytest.raises(UsageError, match=r"--timezone: .*did you mean Europe/Berlin\?"):
        bc.sync.init(cases(folder), timezone="Europe/Berlni")


def test_a_person_chooses_the_key_among_those_that_may_be_it(folder: Path) -> None:
    """Without an answer, or without a person, the option is named that tells it."""
    file = cases(folder, ("ci-1", "ci-2", "Open"), header=("Parent", "Child", "Status"))
    made = bc.sync.init(file, ask=Person('"Child"'))
    assert load(made.path).input.key.column == "Child"
    for ask in (None, Person(None)):
        with pytest.raises(InputError, match='"Parent" and "Child": name the column with --key'):
            bc.sync.init(file, output="other.toml", ask=ask)


def test_a_key_that_is_told_is_taken(folder: Path) -> None:
    """Ids of another form, and references, are the key if a person says so."""
    file = cases(folder, ("17", "Open"), header=("Nr", "Status"))
    with pytest.raises(InputError, match="ids such as ci-"):
        bc.sync.init(file)
    made = bc.sync.init(file, key="Nr", match="refId")
    assert load(made.path).input.key.match == "refId"
    with pytest.raises(UsageError, match=r'--key: cases\.csv has no column "Nrr": did you mean "Nr"'):
        bc.sync.init(file, output="other.toml", key="Nrr")


def test_the_sheet_of_a_workbook_is_asked_for_and_written(folder: Path) -> None:
    """Of several visible sheets a person names one; without a person the option is named."""
    file = folder / "two.xlsx"
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("Notes").write_row(0, 0, ["nothing"])
        sheet = book.add_worksheet("2026")
        sheet.write_row(0, 0, ["Case ID", "Status"])
        sheet.write_row(1, 0, ["ci-1", "Open"])
    assert load(bc.sync.init(file, ask=Person('"2026"')).path).input.sheet == "2026"
    assert load(bc.sync.init(file, output="named.toml", sheet="2026").path).input.sheet == "2026"
    for ask in (None, Person(None)):
        with pytest.raises(InputError, match=r'2 visible sheets \("Notes", "2026"\): set --sheet'):
            bc.sync.init(file, output="other.toml", ask=ask)


def test_the_number_of_a_sheet_is_as_good(folder: Path) -> None:
    """Digits are a name where a sheet is called so, and else a number."""
    file = folder / "one.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("Cases")
        sheet.write_row(0, 0, ["Case ID", "Status"])
        sheet.write_row(1, 0, ["ci-1", "Open"])
    made = bc.sync.init(file, sheet="1")
    assert bc.check(load(made.path))[0].is_warning


def test_another_job_gives_what_all_jobs_of_a_target_have(folder: Path) -> None:
    """Connection, auth, quota and state are those of --like; a path of it leads where it led."""
    (folder / "old").mkdir()
    like = write_job(
        folder / "old", host="https://kore.example.com", quota='windows = ["30/60s"]', more="[safety]\ncanary = 2"
    )
    like.write_text(like.read_text().replace("env:BULKCASE_TEST_SECRET", "file:kore.secret"))
    made = bc.sync.init(cases(folder), target=bc.Target(like=like))
    job, old = load(made.path), load(like)
    assert (job.connection, job.quota) == (old.connection, old.quota)
    assert job.auth is not None
    assert job.auth.client_secret == f"file:{folder}/old/kore.secret"
    assert job.state.directory == str(folder / "old" / "state")
    assert job.safety.canary == 5
    assert made.missing == []


def test_a_job_beside_the_other_one_has_its_paths_as_they_are(folder: Path) -> None:
    """What is relative stays so where both are in one folder."""
    like = write_job(folder, host="https://kore.example.com")
    assert load(bc.sync.init(cases(folder), target=bc.Target(like=like)).path).state.directory == "state"


@pytest.mark.parametrize(
    "told",
    [{"like": Path("x"), "host": "h"}, {"sandbox": True, "client_id": "c"}, {"sandbox": True, "like": Path("x")}],
)
def test_two_answers_to_where_calls_go_are_refused(folder: Path, told: dict[str, Any]) -> None:
    """Each of them would be the other's contradiction."""
    with pytest.raises(UsageError, match="more than one answer"):
        bc.sync.init(cases(folder), target=bc.Target(**told))


def test_facts_of_the_connection_are_written_and_what_is_not_known_is_to_be_filled_in(folder: Path) -> None:
    """A literal secret is never asked for, and never written."""
    made = bc.sync.init(cases(folder), target=bc.Target(host="kore.example.com", stream_id="st-1"))
    job = load(made.path)
    assert (job.connection.host, job.connection.stream_id) == ("https://kore.example.com", "st-1")
    assert job.auth is not None
    assert job.auth.client_secret == "env:KORE_CLIENT_SECRET"
    assert made.missing == ["account_id", "client_id"]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (lambda: {"target": bc.Target(host="ftp://x")}, "^--host: must be an address"),
        (lambda: {"target": bc.Target(stream_id="a b")}, "^--stream-id: must be letters"),
        (lambda: {"delimiter": "x"}, "no column has the keys"),
        (lambda: {"output": "none/cases.toml"}, "there is no such folder"),
        (lambda: {"output": "."}, "is a folder"),
    ],
)
def test_what_is_told_and_cannot_be_used_is_named_as_it_was_told(
    folder: Path, told: Callable[[], Any], said: str
) -> None:
    """Whoever has no job yet reads of options and not of its keys; nothing is written."""
    with pytest.raises(UsageError, match=said):
        bc.sync.init(cases(folder), **told())
    assert list(folder.glob("*.toml")) == []


def test_a_job_that_is_not_valid_cannot_be_taken_from(folder: Path) -> None:
    """What is wrong with it is told as for any command."""
    (folder / "like.toml").write_text("[connection]\nhots = 1")
    with pytest.raises(JobError, match="did you mean host"):
        bc.sync.init(cases(folder), target=bc.Target(like=folder / "like.toml"))


def test_the_file_is_found_from_where_the_job_is(folder: Path) -> None:
    """Its path is relative to the job, and one that would mean something else is written so that it does not."""
    (folder / "jobs").mkdir()
    cases(folder)
    (folder / "~x.csv").write_bytes((folder / "cases.csv").read_bytes())
    assert load(bc.sync.init("cases.csv", output="jobs/a.toml").path).input.path == "../cases.csv"
    made = bc.sync.init("~x.csv", output="b.toml")
    assert load(made.path).input.path == "./~x.csv"
    bc.check(load(made.path))


def test_a_results_file_is_looked_at_without_the_columns_of_bulkcase(folder: Path) -> None:
    """A job can be made of what a run has written, too."""
    header = ("Case ID", "Status", "bulkcase_row", "bulkcase_outcome")
    made = bc.sync.init(cases(folder, ("ci-1", "Open", "2", "updated"), header=header))
    assert [each.column for each in made.proposal.placings] == ["Case ID", "Status"]
    assert "bulkcase_* columns are ignored" in made.notes[0]


def test_rows_of_the_sample_that_cannot_be_sent_are_counted(folder: Path) -> None:
    """What check will say is no surprise."""
    made = bc.sync.init(cases(folder, ("ci-1", "#N/A", "", ""), ("ci-2", "Open", "", "")))
    assert made.notes == ("1 of 2 rows cannot be sent as they stand (excel_error 1): check names each",)


def test_only_a_sample_of_a_long_file_is_looked_at(folder: Path) -> None:
    """A thousand rows are enough to tell, and of a very wide file fewer are."""
    made = bc.sync.init(cases(folder, *[(f"ci-{nth}", "Open", "", "") for nth in range(1200)]))
    assert (made.rows, made.is_whole) == (1000, False)
    assert "by the header and its first 1,000 rows" in made.path.read_text(encoding="utf-8")
    wide = ("Case ID", *(f"c{nth}" for nth in range(9999)))
    made = bc.sync.init(
        cases(folder, *[(f"ci-{nth}",) + ("",) * 9999 for nth in range(120)], header=wide), output="w.toml"
    )
    assert made.rows == 100
    assert {each.state for each in made.proposal.placings} == {State.KEY, State.CUSTOM}


def test_nothing_behind_the_sample_is_read_as_rows(folder: Path) -> None:
    """What is broken there is the business of check: init of a long file costs what its sample does."""
    file = cases(folder, *[(f"ci-{nth}", "Open", "", "") for nth in range(1200)])
    with file.open("a", encoding="utf-8") as stream:
        stream.write('ci-x,"never closed,,\nci-y,Open,,\n')
    made = bc.sync.init(file)
    assert made.exit_code == 0
    with pytest.raises(InputError, match="is not closed"):
        bc.check(load(made.path))


def test_a_machine_that_does_not_say_its_zone_is_no_obstacle(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing but UTC is offered."""

    def lost() -> str:
        raise LookupError("no zone")

    monkeypatch.setattr("tzlocal.get_localzone_name", lost)
    person = Person(None)
    bc.sync.init(cases(folder, ("ci-1", "2026-04-13"), header=("Case ID", "Due")), ask=person)
    assert person.asked[0].answers == ["UTC"]
