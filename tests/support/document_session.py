"""A page of the documentation as a session in a folder of its own, with a server of its own in the vendor's place."""

import ast
import asyncio
import contextlib
import inspect
import io
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from support.document_shell import logical_lines, run_script, script_of
from support.documents import TOP, Block, WrongPageError, blocks_of
from support.server import ServerThread

from bulkcase.errors import BulkcaseError
from bulkcase.job import parse
from bulkcase.job.load import validated
from bulkcase.sandbox import SandboxSettings

VENDOR = "https://platform.kore.ai"
SETTINGS = SandboxSettings(
    stream_id="st-00000000-0000-0000-0000-000000000000",
    account_id="000000000000000000000000",
    client_id="cs-00000000-0000-0000-0000-000000000000",
)
"""Of the server in the vendor's place: the ids that all pages use."""
SECRETS = {"KORE_CLIENT_ID": SETTINGS.client_id, "KORE_CLIENT_SECRET": SETTINGS.client_secret}
PROGRAMS = [
    *("cat", "chmod", "cp", "cut", "date", "diff", "grep", "head", "ls", "mkdir", "mv"),
    *("rm", "sed", "sort", "tail", "tee", "touch", "tr", "uniq", "wc"),
]
"""What a page may call beside bulkcase and python: whatever could change the machine of who runs this is not found."""
KEPT = ("HOME", "XDG_STATE_HOME", "TMPDIR", "PYTHONPATH")
"""What of a developer's environment is there for a page: nothing that changes what is told."""
ENVIRONMENT = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONUTF8": "1",
    "PYTHONWARNINGS": "error",
    "COLUMNS": "80",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
}
SECONDS = 60.0
"""After so long a block counts as stuck."""

_KEY = re.compile(r"\bci-(?!gone)[A-Za-z0-9-]+")
_DEFAULT, _FASTER = '["50/60s", "1700/1h"]', '["50/1s", "1700/1m"]'
"""The quota as a job has it that says nothing of it, and the same on a clock that goes sixty times as fast."""
_BASE = f"""
[connection]
host = "{VENDOR}"
stream_id = "{SETTINGS.stream_id}"
account_id = "{SETTINGS.account_id}"
[auth]
client_id = "{SETTINGS.client_id}"
client_secret = "env:KORE_CLIENT_SECRET"
[input]
path = "cases.csv"
key = "Case ID"
[mapping]
status = "Status"
[lookups]
status = "live"
"""
"""The job that fragments belong to on a page which has written none."""


def follow(page: Path, folder: Path) -> None:
    """Do what a page says, block by block, in a folder that is made for it; raises WrongPageError."""
    blocks = blocks_of(page.read_text(encoding="utf-8"), str(page.relative_to(TOP)))
    folder.mkdir()
    with session(folder, blocks) as reader:
        for block in blocks:
            reader.run(block)


@contextlib.contextmanager
def session(folder: Path, blocks: Sequence[Block]) -> Iterator["Session"]:
    """Return a session for the blocks of a page, with a case for each key of its files and of the sample data."""
    sample = (TOP / "sample_data" / "cases.csv").read_text(encoding="utf-8")
    keys = dict.fromkeys(_KEY.findall(sample + "".join(block.text for block in blocks if block.file)))
    with ServerThread(SETTINGS, keys) as server:
        yield Session(folder, server)


class Session:
    """What a reader does who follows a page, block by block."""

    def __init__(self, folder: Path, server: ServerThread) -> None:
        self._folder = folder
        self._server = server
        self._job = _BASE
        self._said = ""
        """What the last block that was run has told; what a text block after it has to say."""
        self._can_say = False
        self._names: dict[str, Any] = {"__name__": "__main__"}
        for name in ("sample_data", "configs"):
            shutil.copytree(TOP / name, folder / name)
        for config in folder.rglob("*.toml"):
            config.write_text(self._job_here(config.read_text(encoding="utf-8")), encoding="utf-8")
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        self._environment = kept | ENVIRONMENT | SECRETS | {"PATH": str(self._programs())}

    def run(self, block: Block) -> None:
        """Do what a block says; raises WrongPageError where it is not so."""
        if "setup" in block.said:
            self._shell(block, block.said["setup"], is_setup=True)
        if block.reason is not None:
            return
        can_say, self._can_say = self._can_say, False
        if block.file is not None:
            self._write(block, block.file)
            return
        match block.kind:
            case "sh":
                self._said, self._can_say = self._shell(block, block.text), True
            case "python":
                self._said, self._can_say = self._python(block), True
            case "toml":
                self._fragment(block)
            case "json":
                self._json(block)
            case "text" if can_say:
                self._compare(block)
            case _:
                raise WrongPageError(block, "nobody knows what to do with it: name its file, or say why it is not run")

    def _beside(self, name: str) -> Path:
        """Return a place of this session that its page does not see."""
        return self._folder.parent / f"{self._folder.name}-{name}"

    def _programs(self) -> Path:
        """Return a folder with the programs that a page may call; bulkcase and python are those of this very Python."""
        folder = self._beside("programs")
        folder.mkdir()
        for name in PROGRAMS:
            if found := shutil.which(name):
                (folder / name).symlink_to(found)
        python = shlex.quote(sys.executable)
        for name, starts in {"bulkcase": f"{python} -m bulkcase", "python": python, "python3": python}.items():
            program = folder / name
            program.write_text(f'#!/bin/sh\nexec {starts} "$@"\n', encoding="utf-8")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return folder

    def _here(self, text: str) -> str:
        """Return a text of the page with the places of this session in it."""
        return re.sub(r"(?<![\w.])/srv/\w+", str(self._folder), text.replace(VENDOR, self._server.url))

    def _job_here(self, text: str) -> str:
        """Return a job of the page as it works here: its server is this session's, and nobody waits for the quota."""
        if "[quota]" not in text:
            text += "\n[quota]\n"
        if "\nwindows = " not in text:
            text = text.replace("[quota]\n", f"[quota]\nwindows = {_DEFAULT}\n")
        return self._here(text.replace(f"windows = {_DEFAULT}", f"windows = {_FASTER}"))

    def _there(self, text: str) -> str:
        """Return what was told here as a reader would be told it."""
        for here, there in {
            self._server.url: VENDOR,
            self._server.url.partition("://")[2]: VENDOR.partition("://")[2],
            "50 in 1 s, 1,700 in 60 s": "50 in 60 s, 1,700 in 60 min",
        }.items():
            text = text.replace(here, there)
        return text

    def _write(self, block: Block, name: str) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = self._job_here(block.text) if block.kind == "toml" else self._here(block.text)
        path.write_text(text, encoding="utf-8")
        if block.kind == "toml" and "file" not in block.said:
            with _told_of(block):
                parse(block.text, Path(name))
            self._job = block.text

    def _fragment(self, block: Block) -> None:
        with _told_of(block):
            job, part = tomllib.loads(self._job), tomllib.loads(block.text)
            tables = {name: {**job.get(name, {}), **part.get(name, {})} for name in job | part}
            validated(tables, Path("the fragment"))

    def _json(self, block: Block) -> None:
        with _told_of(block):
            json.loads(block.text)

    def _shell(self, block: Block, text: str, *, is_setup: bool = False) -> str:
        """Run lines of shell; what they set stays set for the lines of the next block."""
        answers = None if is_setup or "at a terminal" not in block.said else block.said["at a terminal"].split(",")
        script = script_of(list(logical_lines(self._here(text))), self._beside("shell"))
        try:
            ended = run_script(script, self._folder, self._environment, SECONDS, answers)
        except subprocess.TimeoutExpired:
            raise WrongPageError(block, f"is not over after {SECONDS:g} seconds") from None
        told = self._there(ended.told)
        if ended.wrong:
            where = "its setup: " if is_setup else ""
            raise WrongPageError(block, f"{where}{ended.wrong}\n{told}", line=0 if is_setup else ended.number)
        return told

    def _python(self, block: Block) -> str:
        told = io.StringIO()
        tree = compile(
            self._here(block.text), block.place, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
        )
        with contextlib.chdir(self._folder), contextlib.redirect_stdout(told), _told_of(block):
            if tree.co_flags & inspect.CO_COROUTINE:
                asyncio.run(eval(tree, self._names))
            else:
                exec(tree, self._names)
        return self._there(told.getvalue())

    def _compare(self, block: Block) -> None:
        wanted, found = _trimmed(block.text), _trimmed(self._said)
        if not re.fullmatch(_pattern(wanted), "".join(f"{line}\n" for line in found)):
            told = "\n".join(found)
            raise WrongPageError(block, f"is not what is told:\n{told}\n--- the page has\n{block.text}")


def _trimmed(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def _pattern(lines: list[str]) -> str:
    """Return what a text has to be: … stands for anything in its line, and alone in one for any lines."""
    return "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else r"[^\n]*".join(map(re.escape, line.split("…"))) + r"\n"
        for line in lines
    )


@contextlib.contextmanager
def _told_of(block: Block) -> Iterator[None]:
    """Tell of whatever a block runs into, with its place."""
    try:
        yield
    except (WrongPageError, KeyboardInterrupt):
        raise
    except BulkcaseError as error:
        raise WrongPageError(block, str(error)) from error
    except (Exception, SystemExit) as error:
        raise WrongPageError(block, f"{type(error).__name__}: {error}") from error
