import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.receivers import HIDDEN, NOW, notice, summary

from bulkcase import errors
from bulkcase.causes import tip
from bulkcase.model import Outcome
from bulkcase.reporting.summary import Cause
from bulkcase.reporting.telling import notices
from bulkcase.reporting.telling.notices import Notice, ToldCause, notice_of, notice_of_failure, subject, text

NOTHING = dict.fromkeys(Outcome, 0)


def test_a_notice_has_the_counts_of_the_summary() -> None:
    """For programs it has the names and values of summary.json."""
    told, expected = notice().as_json(), summary().as_json()
    same = set(told) - {"host", "meaning", "folder", "next_command", "errors"}
    assert {name: told[name] for name in same} == {name: expected[name] for name in same}
    assert set(expected) - same == {"reason", "continues", "undoes", "errors", "files"}
    assert told["errors"] == [
        {"code": "http_412", "count": 2, "tip": tip("http_412")},
        {"code": "bad_date", "count": 1, "tip": tip("bad_date")},
    ]


def test_no_word_of_a_server_or_of_a_cell_is_told() -> None:
    """Reasons and examples of a summary stand nowhere in a notice."""
    told = notice()
    assert HIDDEN in repr(summary())
    for form in (repr(told), subject(told), text(told), json.dumps(told.as_json())):
        assert HIDDEN not in form


def test_a_cause_that_is_not_in_the_catalogue_is_not_told() -> None:
    """A code is told only where it is one of ours, as any other might be a word of somebody else."""
    odd = [Cause(HIDDEN, 3, "", HIDDEN), Cause("bad_date", 1, "", tip("bad_date"))]
    assert notice(errors=odd).causes == [ToldCause("bad_date", 1, tip("bad_date"))]


def test_the_text_says_what_happened_and_what_to_do() -> None:
    """A person reads outcomes, causes with tips, the command that goes on and the place of the report."""
    assert (
        text(notice())
        == """\
nightly: 3 of 1,000 rows need a person (exit code 1)

Finished, and some rows did not end well.

Run      20261118-110640-nightly-7f3a
Target   kore.example.com/account/st-1
Machine  night.example.com
State    finished
Ended    2026-11-18 12:13 UTC
Took     67 min
Calls    1,007

      1,000  rows, of these
        990  updated
          7  unchanged
          2  failed
          1  invalid

Why, and what to do:
          2  http_412
             Read the message: the server found a value of this update
             invalid.
          1  bad_date
             Write the date in the format that the job names, or as ISO
             8601.

To go on:
  bulkcase retry 20261118-110640-nightly-7f3a

The report:
  /srv/reports/20261118-110640-nightly-7f3a
"""
    )


@pytest.mark.parametrize(
    ("exit_code", "outcomes", "expected"),
    [
        (0, {Outcome.UPDATED: 1000}, "nightly: all is well, 1,000 rows (exit code 0)"),
        (1, {Outcome.FAILED: 1}, "nightly: 1 of 1,000 rows needs a person (exit code 1)"),
        (1, {Outcome.MISMATCH: 1, Outcome.CONFLICT: 2}, "nightly: 3 of 1,000 rows need a person (exit code 1)"),
        (1, {Outcome.PENDING: 5}, "nightly: finished with problems, 5 of 1,000 rows left (exit code 1)"),
        (
            3,
            {Outcome.FAILED: 20, Outcome.PENDING: 800},
            "nightly: stopped by a safety rule, 800 of 1,000 rows left, 20 need a person (exit code 3)",
        ),
        (5, {Outcome.PENDING: 800}, "nightly: paused until its hours, 800 of 1,000 rows left (exit code 5)"),
        (6, {Outcome.UNKNOWN: 2}, "nightly: failed, 2 of 1,000 rows need a person (exit code 6)"),
        (130, {Outcome.PENDING: 1}, "nightly: interrupted, 1 of 1,000 rows left (exit code 130)"),
        (77, {}, "nightly: ended early (exit code 77)"),
    ],
)
def test_the_subject_says_it_all(exit_code: int, outcomes: dict[Outcome, int], expected: str) -> None:
    """Whoever reads the subject only knows whether to read on."""
    told = notice(exit_code=exit_code, outcomes=NOTHING | outcomes)
    assert subject(told) == expected
    assert told.is_problem == (exit_code != 0)


def test_each_error_has_a_sentence_of_its_own() -> None:
    """A command that ended before there was a run is told in words, whichever of our errors ended it."""
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert set(notices._KINDS) == kinds - {"BulkcaseError"}
    told = notice_of_failure("nightly", "kore.example.com/a/s", "night.example.com", 2, "JobError")
    assert told.meaning == "The job file cannot be used as it stands: see the log."
    other = notice_of_failure("nightly", "kore.example.com/a/s", "night.example.com", 6, "KeyError")
    assert other.meaning.startswith("The environment failed")


def test_a_command_without_a_run_is_told_as_such() -> None:
    """There are no counts where nothing was counted, and the text does not speak of rows."""
    told = notice_of_failure("nightly", "kore.example.com/a/s", "night.example.com", 2, "InputError")
    assert subject(told) == "nightly: could not start (exit code 2)"
    assert (
        text(told)
        == """\
nightly: could not start (exit code 2)

The file with the rows cannot be used as it stands: see the log.

Target   kore.example.com/a/s
Machine  night.example.com
"""
    )
    assert (told.run_id, told.as_json()["started_at"]) == (None, None)
    assert told.as_json()["outcomes"] == {outcome.value: 0 for outcome in Outcome}


def test_a_run_without_a_report_is_told_with_what_goes_on_from_there() -> None:
    """It has a name, a folder and a command, and no counts: those are in the ledger."""
    told = notice_of_failure(
        *("nightly", "kore.example.com/a/s", "night.example.com", 6, "EnvironmentFailed"),
        run_id="20261118-110640-nightly-7f3a",
        state="stopped",
        folder="/srv/reports/7f3a",
        next_command="bulkcase report 7f3a",
    )
    assert (
        text(told)
        == """\
nightly: failed (exit code 6)

Disk, network or machine failed: see the log.

Run      20261118-110640-nightly-7f3a
Target   kore.example.com/a/s
Machine  night.example.com
State    stopped

To go on:
  bulkcase report 7f3a

The report:
  /srv/reports/7f3a
"""
    )


def test_only_the_first_ten_causes_are_told() -> None:
    """A run with many causes makes a short notice, which says how many there are besides."""
    errors = [Cause(f"http_4{number:02}", 100 - number, "", "Do it.") for number in range(12)]
    told = notice(errors=errors)
    assert "http_409" in text(told)
    assert "http_410" not in text(told)
    assert "             and 2 more\n" in text(told)
    assert len(told.as_json()["errors"]) == 10


ANY = st.text(st.characters(), max_size=700)


@settings(deadline=None)
@given(job=ANY, host=ANY, target=ANY, folder=ANY, command=ANY)
def test_any_text_makes_a_notice_of_printable_lines(
    job: str, host: str, target: str, folder: str, command: str
) -> None:
    """Names may hold anything, and make neither a second line of a subject nor a message without bounds."""
    told = notice_of(summary(job=job, target=target), host=host, folder=folder, next_command=command)
    assert subject(told).isprintable()
    assert all(line.isprintable() for line in text(told).split("\n"))
    assert len(text(told)) < 4000
    assert text(told).encode()


def test_a_run_that_goes_on_is_no_problem() -> None:
    """Where there is no exit code yet, nobody has to come."""
    assert not notice(exit_code=None, state="running").is_problem


def test_a_notice_says_when() -> None:
    """Moments are ISO 8601 in UTC, as in summary.json, and durations have milliseconds."""
    told = Notice("nightly", "t", "h", 0, "All is well.", started_at=NOW, finished_at=NOW + 1, duration_s=1.23456)
    assert told.as_json()["started_at"] == "2026-11-18T11:06:40.250Z"
    assert told.as_json()["duration_s"] == 1.235


@pytest.mark.parametrize(
    ("outcomes", "is_problem"), [({Outcome.PENDING: 3}, False), ({Outcome.PENDING: 3, Outcome.INVALID: 1}, True)]
)
def test_a_pause_is_no_problem_unless_a_row_needs_a_person(outcomes: dict[Outcome, int], *, is_problem: bool) -> None:
    """A run that goes on the next night needs nobody for that."""
    paused = summary(exit_code=5, state="paused", outcomes=outcomes)
    assert notice_of(paused, host="", folder="", next_command="").is_problem is is_problem
