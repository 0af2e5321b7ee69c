"""bulkcase.cron, read and run as cron does."""

import re
import subprocess

from support.schedules_run import Machine, text_of

from bulkcase.sandbox import SandboxSettings

TEXT = text_of("bulkcase.cron")
TIME = r"(?:[\d*][\d*,/-]*\s+){5}"


def settings(text: str) -> dict[str, str]:
    """Return the variables that a crontab sets."""
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))


def entries(text: str) -> list[tuple[str, str, str]]:
    """Return user, command and standard input of each entry of a system crontab."""
    found = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#") and not re.match(r"\w+=", line):
            matched = re.fullmatch(rf"{TIME}(\S+)\s+(.*)", line)
            assert matched, f"no entry: {line}"
            user, rest = matched.groups()
            # The first percent sign without a backslash ends the command, each further one a line of its input.
            command, *piped = re.split(r"(?<!\\)%", rest)
            found.append((user, command.replace("\\%", "%"), "\n".join(piped)))
    return found


def run_as_cron(machine: Machine, text: str) -> "subprocess.CompletedProcess[str]":
    """Run the only entry of a crontab with the environment that cron gives it."""
    ((user, command, piped),) = entries(machine.moved(text))
    assert (user, piped) == ("bulkcase", "")
    given = settings(machine.moved(text))
    return machine.run(given["SHELL"], "-c", command, folder="/var/lib/bulkcase", **given)


def test_what_cron_runs_sends_the_rows_and_says_nothing(machine: Machine) -> None:
    """The entry works with the variables of the file alone, and there is nothing to mail."""
    secret = machine.root / "etc/bulkcase/kore.secret"
    secret.write_text(SandboxSettings().client_secret, encoding="utf-8")
    done = run_as_cron(machine, TEXT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.outcomes() == {"updated": 3}
    assert len(list(machine.place("/var/lib/bulkcase/log").glob("nightly-*.log"))) == 1


def test_cron_hands_over_the_secret_of_its_file(machine: Machine) -> None:
    """The crontab, which everybody may read, has its place only."""
    machine.fake(0)
    assert run_as_cron(machine, TEXT).returncode == 0
    assert (machine.root / "secrets").read_text(encoding="utf-8") == "a-secret\n"


def test_cron_has_something_to_mail_when_a_night_fails(machine: Machine) -> None:
    """An alarm goes to whom MAILTO names."""
    machine.place("/srv/bulkcase/cases.csv").unlink()
    done = run_as_cron(machine, TEXT)
    assert done.returncode == 2
    assert "ALARM" in done.stderr
    assert settings(TEXT)["MAILTO"].endswith("@example.com")


def test_the_entry_of_a_migration_goes_on_every_night(machine: Machine) -> None:
    """The entry that is commented out can take the place of the other one."""
    without = re.sub(rf"^{TIME}.*\n", "", TEXT, flags=re.MULTILINE)
    migration = re.sub(rf"^#(?={TIME}\w)", "", without, flags=re.MULTILINE)
    machine.fake(5)
    assert run_as_cron(machine, migration).returncode == 0
    assert machine.calls() == ["run migration.toml --continue --yes --json --log-format json"]


def test_cron_takes_the_file() -> None:
    """A crontab ends with the end of a line, else cron passes its last one over, and no command has a percent sign."""
    assert TEXT.endswith("\n")
    assert "%" not in "".join(line for line in TEXT.splitlines() if not line.startswith("#"))
