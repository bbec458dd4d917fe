"""Servers as processes of their own, and a PostgreSQL that is thrown away. All on loopback, all ended by their ids."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
START_SECONDS = 30.0


class NotHereError(Exception):
    """A peer or a server that this machine does not have; the text says why its row is left out."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processor_seconds(pid: int) -> float:
    """What a process has used so far, in user and system mode. Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(command: list[str], port: int, *, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> Iterator[int]:
    """Starts a server, waits until its port answers, yields its process id, and ends it. Raises NotHereError."""
    given = {**os.environ, **(env or {})}
    with subprocess.Popen(command, cwd=cwd, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            _wait_for(port, process)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    said = process.stderr.read().decode()[-300:] if process.poll() is not None and process.stderr else "no answer"
    raise NotHereError(f"it did not start: {said}")


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A cluster of its own below `folder`, as durable as by default; yields its URL. Raises NotHereError."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = str(installed[-1]) if installed else shutil.which("initdb")
    if found is None:
        raise NotHereError("PostgreSQL is not installed on this machine")
    binaries, data, port = Path(found).parent, folder / "postgresql", free_port()
    data.mkdir()
    user = None
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        try:
            user = pwd.getpwnam("postgres").pw_name
        except KeyError:
            raise NotHereError("PostgreSQL does not run as root, and there is no user postgres") from None
        shutil.chown(data, user)
        for above in (folder, *folder.parents[:1]):
            above.chmod(0o755)
    initdb = [str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "bench"]
    subprocess.run(initdb, check=True, capture_output=True, user=user, cwd="/")
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), "-k", str(data), "-h", "127.0.0.1"]
    with subprocess.Popen(command, user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + START_SECONDS
            ready = [str(binaries / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
            while subprocess.run(ready, capture_output=True).returncode and time.monotonic() < end:
                time.sleep(0.1)
            yield f"postgresql://bench@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)  # the fast shutdown
            process.wait(30)
