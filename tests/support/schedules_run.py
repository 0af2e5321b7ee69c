"""The schedules of configs/schedules, installed in a folder that stands for a machine, and run there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from ruamel.yaml import YAML
from support.jobs import write_cases

from bulkcase import errors
from bulkcase.model import Stop, StopReason

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "configs" / "schedules"
SECRET_FILE = "etc/bulkcase/kore.secret"
PLACES = ("/srv/bulkcase", "/etc/bulkcase", "/opt/bulkcase", "/var/lib/bulkcase")
SHELLS = [shell for shell in ("sh", "bash", "dash", "busybox") if shutil.which(shell)]
SECONDS = 60.0
"""After so long a command counts as stuck."""

_FAKE = """\
#!/bin/sh
# Writes down how it was called, and ends with the next of the exit codes that it was given.
echo "$@" >>{root}/calls
echo "$KORE_CLIENT_SECRET" >>{root}/secrets
echo '{{"message": "the fate of the night"}}' >&2
echo '{{}}'
read -r code <{root}/codes
sed -i 1d {root}/codes
exit "$code"
"""


def exit_codes() -> set[int]:
    """Return every exit code that the program ends with."""
    found = {0, 1} | {Stop(reason, "").exit_code for reason in StopReason}
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, errors.BulkcaseError):
            found.add(error.exit_code)
    return found


def text_of(name: str) -> str:
    """Return the text of one of the schedules."""
    return (FOLDER / name).read_text(encoding="utf-8")


def yaml_of(text: str) -> Any:
    """Return what a text of YAML 1.2 says."""
    return YAML(typ="safe", pure=True).load(text)


def yamls_of(text: str) -> list[Any]:
    """Return what each document of a text of YAML says."""
    return list(YAML(typ="safe", pure=True).load_all(text))


def commands_of(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the instructions of a Dockerfile with their words, lines that go on joined."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if line and not line.startswith("#"):
            instruction, _, rest = line.partition(" ")
            yield instruction, list(map(str, orjson.loads(rest))) if rest.startswith("[") else rest.split()


@dataclass(frozen=True)
class Machine:
    """A folder in which every place that the schedules name has its own."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> "Machine":
        """Make one, with the program, the job, its cases and its secret where the schedules look for them."""
        machine = cls(root)
        for place in PLACES:
            machine.place(place).mkdir(parents=True)
        machine.install("bulkcase", f'#!/bin/sh\nexec {sys.executable} -m bulkcase "$@"\n')
        machine.install("nightly.sh", text_of("nightly.sh"))
        shutil.copy(machine.place("/opt/bulkcase/bin/nightly.sh"), machine.place("/opt/bulkcase/nightly.sh"))
        (root / SECRET_FILE).write_text("a-secret\n", encoding="utf-8")
        machine.job()
        machine.cases(("High", "Low", "Medium"))
        return machine

    def place(self, written: str) -> Path:
        """Return where a path of the schedules is."""
        return self.root / written.lstrip("/")

    def moved(self, text: str) -> str:
        """Return a text in which every path is one of this machine."""
        return re.sub(rf"(?<![\w/])({'|'.join(PLACES)})\b", rf"{self.root}\1", text)

    def install(self, name: str, text: str) -> None:
        """Put a program on the path."""
        file = self.place("/opt/bulkcase/bin") / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)

    def fake(self, *codes: int) -> None:
        """Put a program in bulkcase's place that does nothing, and ends with these exit codes, one a call."""
        self.install("bulkcase", _FAKE.format(root=self.root))
        (self.root / "codes").write_text("".join(f"{code}\n" for code in codes), encoding="utf-8")

    def calls(self) -> list[str]:
        """Return the arguments of each call of the program in bulkcase's place."""
        return (self.root / "calls").read_text(encoding="utf-8").splitlines()

    def job(self, *, windows: str = "[]", max_duration: str = "5h") -> Path:
        """Write the job of the schedules, against the sandbox and for few rows."""
        text = self.moved(text_of("nightly.toml"))
        for old, new in (
            ("https://platform.kore.ai", "sandbox"),
            ("min_rows = 100", "min_rows = 1"),
            ('"25%"', '"100%"'),
            ('pace = "even"', f"windows = {windows}"),
            ('max_duration = "5h"', f'max_duration = "{max_duration}"'),
        ):
            assert text.count(old) == 1
            text = text.replace(old, new)
        file = self.place("/srv/bulkcase/nightly.toml")
        file.write_text(text, encoding="utf-8")
        return file

    def cases(self, priorities: Iterable[str]) -> None:
        """Write tonight's export: a case for each priority."""
        rows = [(f"ci-{number:06d}", name, f"note {number}") for number, name in enumerate(priorities)]
        write_cases(self.place("/srv/bulkcase"), rows, ("Case ID", "Priority", "Notes"))

    def environment(self, **more: str) -> dict[str, str]:
        """Return an environment as poor as that of cron, and what a schedule adds to it."""
        paths = os.pathsep.join((str(self.place("/opt/bulkcase/bin")), "/usr/local/bin", "/usr/bin", "/bin"))
        kept = {name: os.environ[name] for name in ("PYTHONPATH", "TMPDIR") if name in os.environ}
        return kept | {"PATH": paths, "HOME": str(self.place("/var/lib/bulkcase")), "PYTHONWARNINGS": "error"} | more

    def run(
        self, *command: str, folder: str = "/srv/bulkcase", **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command in a folder of the machine, without a terminal."""
        return subprocess.run(
            command,
            cwd=self.place(folder),
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )

    def outcomes(self) -> dict[str, int]:
        """Return the rows by outcome, zeros left out, of the only run that has a report."""
        (file,) = self.root.rglob("summary.json")
        counts: dict[str, int] = orjson.loads(file.read_bytes())["outcomes"]
        return {outcome: count for outcome, count in counts.items() if count}
