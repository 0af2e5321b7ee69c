"""Jobs that are set up wrongly, each against a server of its own, and what doctor says of them."""

import asyncio
import socket
import sqlite3
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.jobs import SECRET_VARIABLE, a_job, simple_rows, write_cases

from bulkcase.job import Job
from bulkcase.operations.diagnosis.steps import STEPS, Diagnosis, State, Step
from bulkcase.operations.doctor import doctor
from bulkcase.sandbox import Sandbox, SandboxSettings, generate_cases

Change = Callable[[Job], Job]
"""What makes a job a wrong one."""


def auth(**values: Any) -> Change:
    """Return what writes other values into [auth]."""
    return lambda job: job.model_copy(update={"auth": job.auth and job.auth.model_copy(update=values)})


def connection(**values: Any) -> Change:
    """Return what writes other values into [connection]."""
    return lambda job: job.model_copy(update={"connection": job.connection.model_copy(update=values)})


@dataclass
class Clinic:
    """A server, and a job that fits it."""

    server: Sandbox
    job: Job

    async def says(self, change: Change = lambda job: job, **options: Any) -> Diagnosis:
        """Let doctor look at the job, after a change; prove what holds for whatever it finds."""
        found = await doctor(change(self.job), **options)
        assert [step.name for step in found.steps] == list(STEPS)
        assert {call.endpoint for call in self.server.calls} <= {"getCases"}
        assert not any(call.applied for call in self.server.calls)
        assert all(step.remedy for step in found.steps if step.state in {State.CROSS, State.WARNING})
        return found


@asynccontextmanager
async def clinic(
    folder: Path,
    *,
    cases: int = 8,
    tls: ssl.SSLContext | None = None,
    parts: dict[str, str] | None = None,
    **settings: Any,
) -> AsyncIterator[Clinic]:
    """Serve cases, and write a job about three of them; `parts` are those of the job."""
    made = SandboxSettings(**settings)
    write_cases(folder, simple_rows(3))
    with pytest.MonkeyPatch.context() as env:
        env.setenv(SECRET_VARIABLE, made.client_secret)
        async with Sandbox(made, generate_cases(cases, 7, 1_795_000_000.0), tls=tls) as server:
            yield Clinic(server, a_job(folder, **{"host": server.url, **(parts or {})}))


def step(found: Diagnosis, name: str) -> Step:
    """Return one step by its name."""
    return next(one for one in found.steps if one.name == name)


def tried(found: Diagnosis) -> list[str]:
    """Return the names of the steps that were tried."""
    return [one.name for one in found.steps if one.state is not State.NOT_TRIED]


def calls_kept(folder: Path) -> int:
    """Return how many calls the ledger of a job has."""
    with closing(sqlite3.connect(folder / "state" / "ledger.sqlite3")) as ledger:
        return int(ledger.execute("SELECT count(*) FROM calls").fetchone()[0])


@asynccontextmanager
async def listener(answer: bytes | Callable[[bytes], bytes]) -> AsyncIterator[int]:
    """Yield the port of what answers everybody who connects and speaks in the same way, and closes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = await reader.read(1 << 16)
        writer.write(answer if isinstance(answer, bytes) else answer(heard))
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def closed_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@asynccontextmanager
async def tunnel(heard: list[bytes]) -> AsyncIterator[int]:
    """Yield the port of a proxy that lets everybody through, and notes what it is asked."""

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while block := await reader.read(1 << 16):
            writer.write(block)
        writer.close()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heard.append(head)
        host, _, port = head.split()[1].decode().partition(":")
        to_reader, to_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(hand_on(reader, to_writer), hand_on(to_reader, writer))

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
