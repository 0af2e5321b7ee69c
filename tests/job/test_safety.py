"""The settings that stop a run: what a job says, what it gets."""

from fractions import Fraction

import pytest
from support.job_texts import FILE, SMALLEST, problems

from bulkcase.job import parse
from bulkcase.job.hours import hours
from bulkcase.job.quantities import FailureLimit
from bulkcase.job.settings import Safety


def safety(written: str) -> Safety:
    return parse(f"{SMALLEST}[safety]\n{written}", FILE).safety


def test_a_job_that_says_nothing_is_stopped_by_failures_only() -> None:
    """Failures are watched by default; hours and duration have no limit."""
    found = safety("")
    assert found.max_failures == FailureLimit(Fraction(1, 5), 200)
    assert (found.send_between, found.max_duration) == (None, None)


def test_each_rule_is_read_as_written() -> None:
    """A share, hours and a duration arrive as what they say."""
    found = safety(
        'max_failures = "5% of 1000"\nsend_between = "mon-fri 22:00-06:00 Europe/Berlin"\nmax_duration = "8h"'
    )
    assert found.max_failures == FailureLimit(Fraction(1, 20), 1000)
    assert found.send_between == hours("mon-fri 22:00-06:00 Europe/Berlin")
    assert found.max_duration == 28800.0


def test_a_job_that_says_nothing_is_verified() -> None:
    """Answers are compared, and five rows are tried out first."""
    found = safety("")
    assert (found.verify, found.canary) == ("response", 5)


@pytest.mark.parametrize("verify", ["response", "live", "none"])
@pytest.mark.parametrize("canary", [0, 1, 1000])
def test_what_is_verified_is_read_as_written(verify: str, canary: int) -> None:
    """One of three words, and a count up to a thousand."""
    found = safety(f'verify = "{verify}"\ncanary = {canary}')
    assert (found.verify, found.canary) == (verify, canary)


@pytest.mark.parametrize("written", ["50", '"50"'])
def test_a_plain_count_of_failures_needs_no_quotes(written: str) -> None:
    """A number is a number, in quotes or not."""
    assert safety(f"max_failures = {written}").max_failures == FailureLimit(Fraction(50))


@pytest.mark.parametrize("name", ["max_failures", "send_between", "max_duration"])
def test_each_rule_can_be_switched_off(name: str) -> None:
    """ "off" is the word for it, whatever the default."""
    assert getattr(safety(f'{name} = "off"'), name) is None


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('max_failures = "20%"', 'max_failures: must be a share of the last rows such as "20% of 200", a count'),
        ("max_failures = 0", "max_failures: must be a share of the last rows"),
        ("max_failures = 0x" + "f" * 5000, "max_failures: must be"),
        ('send_between = "22:00-06:00 Europe/Berln"', "send_between: names the time zone 'Europe/Berln', which is not"),
        ("send_between = 22:00:00", 'send_between: must be hours such as "22:00-06:00 Europe/Berlin" or'),
        ('max_duration = "8"', "max_duration: must be a number above zero with its unit"),
        ('verify = "always"', "verify: "),
        ('verify = "off"', "verify: "),
        ("verify = true", "verify: "),
        ("canary = -1", "canary: "),
        ("canary = 1001", "canary: "),
        ("canary = 2.5", "canary: "),
        ('canary = "5"', "canary: "),
        ("canary = true", "canary: "),
        ("max_duration = 8", "max_duration: must be a number above zero with its unit"),
    ],
)
def test_a_rule_that_cannot_be_read_is_told_with_its_key(written: str, told: str) -> None:
    """The key, and what to write instead."""
    (problem,) = problems(f"{SMALLEST}[safety]\n{written}")
    assert problem.startswith(f"safety.{told}")
