"""sandbox: the embedded server on a port, for developing against."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from bulkcase.errors import EnvironmentFailed
from bulkcase.sandbox import Sandbox, SandboxSettings, generate_cases


@asynccontextmanager
async def serve(settings: SandboxSettings, count: int, port: int) -> AsyncGenerator[Sandbox]:
    """Serve so many cases on a port of this machine; raises EnvironmentFailed where the port is taken."""
    server = Sandbox(settings, generate_cases(count, settings.seed, time.time()), port=port)
    try:
        await server.__aenter__()
    except OSError as error:
        raise EnvironmentFailed(f"port {port}: {error.strerror or error}: choose another with --port") from None
    try:
        yield server
    finally:
        await server.__aexit__(None, None, None)
