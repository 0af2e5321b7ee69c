"""The real program with secrets that are known by sight: nothing that it writes has one, whoever repeats them."""

import base64
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from support.jobs import SECRET_VARIABLE, simple_rows, write_cases, write_job
from support.program import SECONDS, environment

SIGNED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.canary-ready-made-0001"
SECRETS = {
    SECRET_VARIABLE: "canary+client/secret=0002[a-z]*",
    "CANARY_TOKEN": SIGNED,
    "CANARY_PROXY": "canary-proxy-pass-0003",
    "CANARY_SMTP": "canary-smtp-pass-0004",
    "CANARY_HOOK": "canary-hook-path-0005",
}
USED = {"ready": ("CANARY_TOKEN",), "proxy": (SECRET_VARIABLE, "CANARY_PROXY")}
"""What a command reads, where that is not the client secret."""
PROGRAM = "from bulkcase.cli.main import main\nmain()\n"
CRASH = (
    "from bulkcase.kore import door\nimport os\nasync def call(self, request):\n"
    f"    raise RuntimeError('crashed with ' + os.environ['{SECRET_VARIABLE}'] + ' ' + self._tokens.current())\n"
    "door.Door.call = call\n" + PROGRAM
)


class Echo(ThreadingHTTPServer):
    """A server, and a proxy, that says again all it hears and all it can know, each time in another way."""

    daemon_threads = True

    def __init__(self) -> None:
        self.heard: set[str] = set()
        self.calls = 0
        self.known: list[str] = []
        """The secrets of the command that runs."""
        super().__init__(("127.0.0.1", 0), _Answers)


class _Answers(BaseHTTPRequestHandler):
    server: Echo

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        self.server.calls += 1
        heard = [self.headers.get(name, "") for name in ("auth", "Proxy-Authorization")]
        self.server.heard.update(filter(None, heard))
        known = [*heard, *self.server.known]
        words = " ".join([*known, *map(quote, known), *(base64.b64encode(one.encode()).decode() for one in known)])
        status, how = [(400, "text"), (500, "reason"), (302, "place"), (200, "html"), (200, "errors"), (401, "text")][
            self.server.calls % 6
        ]
        body = {
            "html": f"<html>{words}</html>",
            "errors": f'{{"errors": ["{words}"]}}',
            # Long, so that it is cut somewhere in the middle.
            "text": "x" * (250 + 7 * (self.server.calls % 9)) + words,
        }.get(how, words)
        self.send_response(status, words if how == "reason" else None)
        self.send_header("Location", f"http://127.0.0.1:9/{words}")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Say nothing."""


@pytest.fixture
def echo() -> Iterator[Echo]:
    """Run such a server."""
    with Echo() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def forms(secret: str) -> Iterator[bytes]:
    """Yield what must not stand anywhere: the secret, and its codes."""
    for text in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]):
        yield text.encode()


def leaks(folder: Path, heard: set[str], said: dict[str, bytes]) -> list[tuple[str, bytes]]:
    """Return where, in all that was written, there is something of a secret or of a token that was sent."""
    files = {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    parts = [token.split(".")[-1] for token in heard if token.count(".") == 2]
    known = [form for secret in SECRETS.values() for form in forms(secret)] + [part.encode() for part in parts]
    return sorted({(where, one) for where, content in (files | said).items() for one in known if one in content})


def ran(folder: Path, program: str, *arguments: str, **more: str) -> bytes:
    """Run the program with all that Python can be asked to tell, and return all that it said."""
    secrets = {name: value for name, value in SECRETS.items() if name != "CANARY_PROXY"}
    ended = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program, *arguments],
        cwd=folder,
        env=environment(folder) | secrets | {"PYTHONASYNCIODEBUG": "1"} | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode not in {0, 2}, ended.stderr.decode()
    return ended.stdout + ended.stderr


MORE = """
[report]
formats = ["csv", "html", "xlsx", "jsonl"]
metrics = "bulkcase.prom"

[notify]
webhook = "env:CANARY_HOOK"
email = ["ops@example.com"]
smtp = { host = "127.0.0.1", port = 1, security = "none", user = "u", password = "env:CANARY_SMTP" }
"""


def test_no_secret_is_in_anything_that_is_written(tmp_path: Path, echo: Echo) -> None:
    """Client secret, token, proxy, webhook and mail, with a server that repeats them in body, header, reason and
    address, and a crash with them in its words: not on the screen, not in ledger, report, metrics or log."""
    url = f"http://127.0.0.1:{echo.server_port}"
    write_cases(tmp_path, simple_rows(14))
    signed = write_job(tmp_path, host=url, more=MORE, retry='attempts = 2\nmax_wait = "10ms"')
    text = signed.read_text()
    auth = text[text.index("[auth]") : text.index("[input]")]
    (tmp_path / "ready.toml").write_text(text.replace(auth, '[auth]\ntoken = "env:CANARY_TOKEN"\n'))
    (tmp_path / "proxy.toml").write_text(text.replace("[auth]", 'proxy = "env:CANARY_WAY"\n[auth]'))
    (tmp_path / "reads.toml").write_text(text.replace('read = "never"', 'read = "always"'))
    hook = {"CANARY_HOOK": f"{url}/{SECRETS['CANARY_HOOK']}"}
    way = {"CANARY_WAY": f"http://user:{SECRETS['CANARY_PROXY']}@127.0.0.1:{echo.server_port}"}
    said: dict[str, bytes] = {}
    commands = ["job", "ready", "proxy", "reads", "job", "job"]
    for number, job in enumerate(commands):
        options = ("--yes", "--new", "--verbose", "--log-format", "text" if number % 2 else "json", "--json")
        echo.known = [SECRETS[name] for name in (*USED.get(job, (SECRET_VARIABLE,)), "CANARY_HOOK", "CANARY_SMTP")]
        program = CRASH if number >= len(commands) - 2 else PROGRAM
        said[f"{number} {job}"] = ran(tmp_path, program, "run", f"{job}.toml", *options, **hook, **way)

    assert len(echo.heard) >= 3
    assert any(one.startswith("Basic ") for one in echo.heard)
    assert all(b"crashed with ***" in each for name, each in said.items() if name in {"4 job", "5 job"})
    assert all(b"webhook" in each and b"e-mail" in each for each in said.values())
    assert leaks(tmp_path, echo.heard, said) == []
