"""The server that throughput is measured against: nginx, which answers every update with the case as its row says.

Where there is no nginx it is the server of `server.py`, in Python, which is several times slower: then the figures say
more about the server.
"""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases import KINDS, due, shown, tags_text

STREAM = "st-1"
PATH = f"/caseManagement/api/public/analytics/{STREAM}/updateCase/"
_CONFIG = """\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  map $kind $due {{ {dues} }}
  map $kind $tags {{ {tags} }}
  server {{
    listen 127.0.0.1:{port};
    location ~ "^{path}(?<id>[A-Za-z0-9_-]*(?<kind>[0-9a-f]))$" {{
      default_type application/json;
      return 200 '{answer}';
    }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Static:
    """A server that runs."""

    port: int
    name: str
    """What it is, with its version."""

    @property
    def url(self) -> str:
        """The address of the update of a case, but for its id."""
        return f"http://127.0.0.1:{self.port}{PATH}"


def nginx_command() -> str | None:
    """Return where nginx is; None where there is none."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


@contextmanager
def static_server(folder: Path) -> Iterator[Static]:
    """Run the server on a free port of loopback until the block is left."""
    nginx = nginx_command()
    if nginx is None:
        command = [sys.executable, str(Path(__file__).with_name("server.py")), "--of-rows"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
            assert process.stdin is not None
            assert process.stdout is not None
            yield Static(int(process.stdout.readline()), "server.py (no nginx here)")
            process.stdin.close()
        return
    place = folder / "nginx"
    place.mkdir()
    port = _free_port()
    (place / "nginx.conf").write_text(_config(place, port), encoding="utf-8")
    command = [nginx, "-p", str(place), "-e", str(place / "nginx.log"), "-c", str(place / "nginx.conf")]
    with subprocess.Popen(command) as process:  # noqa: S603 - found on this machine
        try:
            _wait_for(port, process)
            yield Static(port, f"nginx/{_version(nginx)}")
        finally:
            process.terminate()


def _config(folder: Path, port: int) -> str:
    dues = " ".join(f"{kind} {due(kind)};" for kind in KINDS)
    tags = " ".join(f"{kind} '{tags_text(kind)}';" for kind in KINDS)
    answer = shown("$id", "$due", "$tags")
    return _CONFIG.format(folder=folder, port=port, path=PATH, dues=dues, tags=tags, answer=answer)


def _version(nginx: str) -> str:
    told = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=True)  # noqa: S603 - as above
    return told.stderr.rpartition("/")[2].split()[0]


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens on a port; raises RuntimeError where the process ends before, or takes too long."""
    for _ in range(200):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError("nginx does not start")
