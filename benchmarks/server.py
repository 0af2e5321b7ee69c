"""A static server on loopback: answers every POST with a case whose `_id` is the last part of the path.

It prints its port and ends when its standard input does, so that it never outlives whoever started it.
It knows just enough of HTTP/1.1 for one client: kept connections, bodies with a length. With `--of-rows` the case is
that of the rows of `cases.py`; with the path of a CSV it is bulkcase's own sandbox, with the cases of that file.
"""

import asyncio
import csv
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import uvloop

from bulkcase.sandbox import Sandbox, SandboxSettings, cases_for_keys

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
_REST = (
    b'","refId":"CS000100","name":"Order 12345","lname":"order 12345","desc":"The parcel has not come yet",'
    b'"tags":["late"],"status":{"_id":"st-1","name":"In Progress","lname":"in progress","type":"inProgress",'
    b'"isEnabled":true,"isActive":true},"priority":{"_id":"pr-1","name":"High","lname":"high","color":"#D93025",'
    b'"score":3},"userInfo":{"_id":"u-1","name":"A Customer","emailId":"a.customer@example.com"},"fields":[],'
    b'"participants":[],"queues":[],"isActive":true,"dueDate":1794956400000,"createdAt":"2026-11-01T10:00:00.000Z",'
    b'"updatedAt":"2026-11-18T13:06:40.000Z"}'
)


class Answers(asyncio.Protocol):
    """One connection; `body` makes the answer for a case."""

    def __init__(self, body: Callable[[bytes], bytes]) -> None:
        self._seen = b""
        self._body = body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where answers go."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by descent

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._seen += data
        while (end := self._seen.find(b"\r\n\r\n")) >= 0:
            head = self._seen[:end]
            found = _LENGTH.search(head)
            size = end + 4 + (int(found[1]) if found else 0)
            if len(self._seen) < size:
                return
            self._seen = self._seen[size:]
            path = head.split(b" ", 2)[1]
            body = self._body(path[path.rfind(b"/") + 1 :])
            self._transport.write(b"%b%d\r\n\r\n%b" % (_HEAD, len(body), body))


def one_for_all(case_id: bytes) -> bytes:
    """Return a case that differs from others by its id alone."""
    return b'{"_id":"' + case_id + _REST


def of_rows(case_id: bytes) -> bytes:
    """Return the case that its row in `cases.py` speaks of."""
    from benchmarks.cases import due, shown, tags_text  # noqa: PLC0415 - the other answers do without it

    name = case_id.decode()
    return shown(name, str(due(name[-1])), tags_text(name[-1])).encode()


async def serve_sandbox(cases: Path) -> None:
    """Run bulkcase's own sandbox with the cases of a CSV until standard input ends."""
    with cases.open(encoding="utf-8", newline="") as file:
        keys = [line["Case ID"] for line in csv.DictReader(file)]
    settings = SandboxSettings(keep_bodies=False)
    async with Sandbox(settings, cases_for_keys(keys, seed=0, now=time.time())) as server:
        sys.stdout.write(f"{server.url.rpartition(':')[2]}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)


async def serve(body: Callable[[bytes], bytes]) -> None:
    """Listen on a free port of loopback until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answers(body), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    # The connections end with the process: there is nothing to wait for.
    await loop.run_in_executor(None, sys.stdin.buffer.read)


if __name__ == "__main__":
    asked = sys.argv[1:]
    if asked and asked != ["--of-rows"]:
        uvloop.run(serve_sandbox(Path(asked[0])))
    else:
        uvloop.run(serve(of_rows if asked else one_for_all))
