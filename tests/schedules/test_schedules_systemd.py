"""The units of systemd: known to it, and their commands run as it runs them."""

import re
import shlex
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from support.schedules_run import FOLDER, Machine, exit_codes, text_of

from bulkcase.cli.common.interrupts import GRACE
from bulkcase.sandbox import SandboxSettings

UNITS = sorted(file.name for file in FOLDER.iterdir() if file.suffix in {".service", ".timer"})
SERVICE = "bulkcase-nightly.service"
DIRECTIVES = {
    "Unit": "Description Wants After OnFailure StartLimitIntervalSec StartLimitBurst",
    "Service": """
        Type User WorkingDirectory LoadCredential ExecStart SuccessExitStatus Restart RestartSec
        RestartPreventExitStatus KillSignal KillMode TimeoutStopSec StateDirectory StateDirectoryMode UMask
        ReadWritePaths PrivateTmp PrivateDevices NoNewPrivileges CapabilityBoundingSet ProtectSystem
        ProtectHome ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectControlGroups
        ProtectClock ProtectHostname RestrictAddressFamilies RestrictNamespaces RestrictRealtime
        RestrictSUIDSGID LockPersonality SystemCallArchitectures SystemCallFilter""",
    "Timer": "OnCalendar RandomizedDelaySec Persistent",
    "Install": "WantedBy",
}
"""What may stand in which section; looked up in systemd's own documentation."""

Unit = dict[str, dict[str, str]]


def unit(name: str) -> Unit:
    """Return the settings of a unit by section, as systemd reads its file."""
    sections: Unit = defaultdict(dict)
    section = ""
    lines = [line for line in text_of(name).splitlines() if not line.startswith("#")]
    for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line:
            key, _, value = line.partition("=")
            assert key not in sections[section], f"{key} is there twice"
            sections[section][key] = value
    return sections


def command(name: str) -> list[str]:
    """Return the words of ExecStart, in which a dollar sign is written twice."""
    written = unit(name)["Service"]["ExecStart"]
    assert not re.search(r"(?<!\$)\$(?!\$)", written), "systemd would put a variable of its own in"
    return shlex.split(written.replace("$$", "$"))


def codes(setting: str) -> set[int]:
    """Return the exit codes that a setting of the service lists."""
    return set(map(int, unit(SERVICE)["Service"][setting].split()))


@pytest.mark.parametrize("name", UNITS)
def test_each_setting_is_known_in_its_section(name: str) -> None:
    """A misspelt setting would be passed over with a warning that nobody reads."""
    for section, settings in unit(name).items():
        assert set(settings) <= set(DIRECTIVES[section].split())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """systemd-analyze has nothing to say about them, but for a program that is not on this machine."""
    for name in UNITS:
        text = text_of(name).replace("/opt/bulkcase/bin/bulkcase", "/bin/true")
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = [str(tmp_path / name.replace("@", "@x")) for name in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, encoding="utf-8", check=False
    )
    said = [line for line in done.stderr.splitlines() if "bulkcase" in line]
    assert (done.returncode, said) == (0, [])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_timer_starts_every_night() -> None:
    """Two nights in a row are at the same time of the day, in a zone that is named."""
    calendar = unit("bulkcase-nightly.timer")["Timer"]["OnCalendar"]
    done = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=2", "--base-time=2026-11-20", calendar],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert calendar.endswith("Europe/Berlin")
    assert re.findall(r"2026-11-2\d", done.stdout)[:2] == ["2026-11-20", "2026-11-21"]


def test_the_timer_makes_up_for_a_night_that_was_slept_through() -> None:
    """It is persistent, spreads its starts and is wanted by what starts timers."""
    timer = unit("bulkcase-nightly.timer")
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Timer"]["RandomizedDelaySec"]
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_what_the_service_runs_sends_the_rows(machine: Machine) -> None:
    """Its command finds the secret where systemd puts it, and ends with bulkcase's own exit code."""
    service = unit(SERVICE)["Service"]
    name, _, source = service["LoadCredential"].partition(":")
    credentials = machine.root / "credentials"
    credentials.mkdir()
    machine.place(source).write_text(SandboxSettings().client_secret, encoding="utf-8")
    shutil.copy(machine.place(source), credentials / name)
    words = [machine.moved(word) for word in command(SERVICE)]
    done = machine.run(*words, folder=service["WorkingDirectory"], CREDENTIALS_DIRECTORY=str(credentials))
    assert done.returncode == 0, done.stderr
    assert machine.outcomes() == {"updated": 3}


@pytest.mark.parametrize("code", sorted(exit_codes()))
def test_systemd_sees_the_exit_code_of_bulkcase(machine: Machine, code: int) -> None:
    """The program has the secret in its environment, and no shell changes what it ends with."""
    (machine.root / "kore.secret").write_text("a-secret\n", encoding="utf-8")
    machine.fake(code)
    words = [machine.moved(word) for word in command(SERVICE)]
    done = machine.run(*words, CREDENTIALS_DIRECTORY=str(machine.root))
    assert done.returncode == code
    assert machine.calls() == ["run nightly.toml --yes --new --json --log-format json"]
    assert (machine.root / "secrets").read_text(encoding="utf-8") == "a-secret\n"


def test_the_shell_that_reads_the_secret_gives_way_to_the_program(machine: Machine) -> None:
    """Systemd's signal goes to the process that it has started: that is bulkcase itself."""
    machine.install("bulkcase", "#!/bin/sh\necho $$\n")
    words = [machine.moved(word) for word in command(SERVICE)]
    environment = machine.environment(CREDENTIALS_DIRECTORY=str(machine.root / "etc/bulkcase"))
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.communicate(timeout=20)[0] == f"{process.pid}\n"


def test_each_exit_code_is_a_success_or_tried_again_or_told_at_once() -> None:
    """Out of hours and interrupted are no failure; only another command and the machine's troubles are tried again."""
    fine, told = codes("SuccessExitStatus") | {0}, codes("RestartPreventExitStatus")
    assert fine == {0, 5, 130}
    assert told == {1, 2, 3}
    assert exit_codes() - fine - told == {4, 6}
    assert unit(SERVICE)["Service"]["Restart"] == "on-failure"


def test_the_service_is_given_the_time_to_end_in_good_order() -> None:
    """Stopping it leaves room for calls in flight and for the report."""
    service = unit(SERVICE)["Service"]
    assert service["KillSignal"] == "SIGTERM"
    assert float(service["TimeoutStopSec"].removesuffix("s")) >= 3 * GRACE


def test_the_service_may_write_to_its_state_only() -> None:
    """It is no root, gains no rights, and the job's reports are where it may write."""
    service = unit(SERVICE)["Service"]
    assert (service["User"], service["ProtectSystem"], service["NoNewPrivileges"]) == ("bulkcase", "strict", "yes")
    assert f'directory = "/var/lib/{service["StateDirectory"]}/' in text_of("nightly.toml")


def test_a_failed_night_is_told_by_mail(machine: Machine) -> None:
    """The unit that OnFailure names sends what systemctl says of the failed one."""
    assert unit(SERVICE)["Unit"]["OnFailure"] == "bulkcase-failed@%n.service"
    machine.install("systemctl", '#!/bin/sh\necho "status of $5"\nexit 3\n')
    machine.install("mail", f'#!/bin/sh\n{{ echo "$2 to $3"; cat; }} >{machine.root}/mail\n')
    words = [word.replace("%i", SERVICE).replace("%H", "night") for word in command("bulkcase-failed@.service")]
    assert machine.run(*words).returncode == 0
    assert (machine.root / "mail").read_text(encoding="utf-8").splitlines() == [
        f"{SERVICE} has failed on night to ops@example.com",
        f"status of {SERVICE}",
    ]
