"""A bare loop: what a good programmer writes in half an hour with aiohttp and uvloop, and nothing more.

    python benchmarks/bare.py FILE URL IN_FLIGHT [TOKEN]

One session, so many workers, a body built for each row, the answer read and its status checked; no mapping (the date is
sent as its cell says), no ledger, no report, no retry, nothing verified. With TOKEN every call carries that; without it
each call signs a token of its own.
"""

import asyncio
import csv
import sys
import time
import uuid
from collections.abc import Callable, Iterable

import aiohttp
import orjson
import uvloop

SECRET = "not-a-secret-benchmark-only-0123456789"  # noqa: S105 - opens nothing


def signing() -> Callable[[], str]:
    """Return what makes a new token for each call."""
    import jwt  # noqa: PLC0415 - the loop with a token of somebody else's does without it

    def sign() -> str:
        now = int(time.time()) - 30
        claims = {"appId": "cs-1", "sub": "bulkcase", "iat": now, "exp": now + 300, "jti": uuid.uuid4().hex}
        return jwt.encode(claims, SECRET, "HS256")

    return sign


async def worker(session: aiohttp.ClientSession, rows: Iterable[list[str]], url: str, token: Callable[[], str]) -> None:
    """Send rows until there are no more."""
    for case_id, _, notes, due, labels in rows:
        body = orjson.dumps({"desc": notes, "dueDate": due, "tags": labels.split(";")})
        async with session.post(url + case_id, data=body, headers={"auth": token()}) as answer:
            await answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{case_id}: {answer.status}")


async def main(file: str, url: str, in_flight: int, token: Callable[[], str]) -> None:
    """Send every row of a file."""
    headers = {"AccountId": "1", "Iid": "st-1", "Content-Type": "application/json;charset=UTF-8"}
    connector = aiohttp.TCPConnector(limit=0)
    with open(file, encoding="utf-8", newline="") as source:  # noqa: ASYNC230, PTH123 - what one writes
        rows = csv.reader(source)
        next(rows)
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
            await asyncio.gather(*[worker(session, rows, url, token) for _ in range(in_flight)])


if __name__ == "__main__":
    given = sys.argv[4:]
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), (lambda: given[0]) if given else signing()))
