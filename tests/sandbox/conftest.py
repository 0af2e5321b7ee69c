"""A caller of the sandbox that shares no code with the project's own client."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
import orjson
import pytest
import pytest_asyncio

from bulkcase.sandbox import Sandbox, SandboxSettings

NOW = 1_795_000_000.0


@dataclass(frozen=True)
class Answer:
    """What a call got back."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.raw)


@dataclass(frozen=True)
class Caller:
    """Calls a sandbox as its settings allow; each part can be replaced to do it wrong."""

    session: aiohttp.ClientSession

    async def __call__(
        self,
        server: Sandbox,
        path: str,
        body: Any = None,
        *,
        method: str = "POST",
        stream_id: str = "st-sandbox",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        data = body if isinstance(body, bytes) else orjson.dumps({} if body is None else body)
        async with self.session.request(
            method,
            f"{server.url}/caseManagement/api/public/analytics/{stream_id}/{path}",
            data=io.BytesIO(data),
            headers=credentials(server.settings) if headers is None else headers,
            allow_redirects=False,
        ) as response:
            return Answer(response.status, dict(response.headers), await response.read())


def credentials(settings: SandboxSettings) -> dict[str, str]:
    claims = {"appId": settings.client_id, "sub": "somebody"}
    token = jwt.encode(claims, settings.client_secret, algorithm="HS256")
    return {"auth": token, "AccountId": settings.account_id}


@pytest_asyncio.fixture
async def call() -> AsyncIterator[Callable[..., Awaitable[Answer]]]:
    async with aiohttp.ClientSession() as session:
        yield Caller(session)


@pytest.fixture
def now() -> float:
    return NOW
