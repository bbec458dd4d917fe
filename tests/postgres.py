"""A throw-away PostgreSQL for tests: a cluster in a temporary folder, reached by a socket in it, gone afterwards.

Where PostgreSQL's programs are missing the tests say so and are skipped; with PARTNER_JOURNEY_REQUIRE_POSTGRESQL set,
as in `.ci/run`, they fail instead.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

UNPRIVILEGED = ("postgres", "nobody")
"""Who runs the server when the tests run as root, which PostgreSQL refuses to."""


def _programs() -> Path | None:
    """The folder with initdb and pg_ctl: on the path, or where Debian and its kin keep them."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    return versions[-1].parent if versions else None


def _user() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in UNPRIVILEGED if name in names), None)


class Cluster:
    """A running server. `database()` gives the URL of a new and empty database on it."""

    def __init__(self, folder: Path, control: Callable[..., None]) -> None:
        """`control` is pg_ctl for this cluster."""
        self.folder = folder
        self._control = control

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off -c max_connections=200"
        self._control("-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """As by a crash: whoever is connected loses the connection in the midst of whatever it does."""
        self._control("-m", "immediate", "stop")

    def url(self, database: str) -> str:
        return f"postgresql://journey@/{database}?host={self.folder}"

    def database(self) -> str:
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Starts a server and ends it. Skips the test, or fails it where PostgreSQL is required."""
    programs = _programs()
    if programs is None:
        reason = "needs PostgreSQL's programs (apt-get install postgresql)"
        if os.environ.get("PARTNER_JOURNEY_REQUIRE_POSTGRESQL"):
            pytest.fail(f"This test {reason}.")
        pytest.skip(reason)
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="journey-pg-"))  # a short path: the socket's may have 107 characters

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(programs / program), *arguments], user=user, cwd=folder, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr

    try:
        if user is not None:
            shutil.chown(folder, user)
        data = str(folder / "data")
        run("initdb", "-D", data, "-U", "journey", "-A", "trust", "-E", "UTF8", "--no-sync")
        opened = Cluster(folder, lambda *arguments: run("pg_ctl", "-D", data, *arguments))
        opened.start()
        try:
            yield opened
        finally:
            opened.stop()
    finally:
        shutil.rmtree(folder)
