"""A GitLab on a socket in the test's own process, and the real service as processes beside it, to be killed.

The town's postman takes deliveries to whichever service listens, as a load balancer would, and notes what was
acknowledged; what nobody answers is lost, as with GitLab. The trap: a kill that is kinder than a real one. Every death
here is SIGKILL, except where the test is about SIGTERM.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from app.bot import wall_clock
from app.demo.local import BOT_TOKEN, SIGNING_TOKEN
from app.engine.durable import queued
from app.engine.store import Store
from app.journey import markers
from app.sandbox import operations
from app.sandbox.core import Sandbox
from app.sandbox.seed import seed_world
from app.sandbox.server import create_app, http_post
from app.sandbox.webhooks import Post
from app.sandbox.world import WorkItem, World

ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).parent / "partner-journey")
PATIENCE = 90.0
HOOK = "http://journey.example"
"""What GitLab knows as the service's address; the postman knows the ports behind it."""


def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> float:
    """Wait for another process; returns how many seconds it took."""
    pause, started = threading.Event(), time.monotonic()
    while not condition():
        if time.monotonic() - started > patience:
            raise AssertionError(f"Not within {patience} s: {what}")
        pause.wait(0.02)
    return time.monotonic() - started


@dataclass
class Process:
    """One process of the service."""

    name: str
    port: int
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def listens(self) -> bool:
        return self.answers("/healthz")

    def answers(self, path: str) -> bool:
        """Whether it answers there with 200."""
        assert self.popen.poll() is None, f"{self.name} has ended:\n{self.log.read_text()}"
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", trust_env=False, timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    @property
    def processor_seconds(self) -> float:
        """What it has used so far, in user and system mode."""
        fields = Path(f"/proc/{self.popen.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """kill -9."""
        self.popen.kill()
        self.popen.wait(10)

    def terminate(self) -> float:
        """SIGTERM; returns the seconds until it was gone."""
        started = time.monotonic()
        self.popen.send_signal(signal.SIGTERM)
        self.popen.wait(30)
        return time.monotonic() - started


@dataclass
class Town:
    """GitLab, people, the postman, and the processes of the service."""

    sandbox: Sandbox
    url: str
    database: str
    folder: Path
    slowness: float = 0.0
    """Seconds that each request of the bot takes."""
    alive: list[Process] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    """Idempotency-Keys of the deliveries that got a 2xx and name a partner."""
    _names: Iterator[int] = field(default_factory=itertools.count)

    @property
    def world(self) -> World:
        return self.sandbox.world

    # --- processes ---

    def start(self, name: str, command: str = "serve", *, ready: bool = True) -> Process:
        port = _free_port()
        log = self.folder / f"{name}-{next(self._names)}.log"
        settings = {
            "URL": self.url, "TOKEN": BOT_TOKEN, "GROUP": "partners", "PUBLIC_URL": HOOK, "PORT": str(port),
            "SIGNING_TOKEN": SIGNING_TOKEN, "DATABASE_URL": self.database, "NODE": name, "SETTLE_SECONDS": "0.1",
            "SETTLE_MINUTES": "0", "WORKERS": "2",
        }  # fmt: skip
        env = os.environ | {f"PARTNER_JOURNEY_{key}": value for key, value in settings.items()}
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [COMMAND, command], cwd=self.folder, env=env | {"PYTHONPATH": str(ROOT)},
                stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
        process = Process(name, port if command == "serve" else 0, popen, log)
        if not process.port:
            until(lambda: b"works for the group" in log.read_bytes(), f"{name} works")
        elif ready:
            until(lambda: process.listens, f"{name} listens")
        self.alive.append(process)
        return process

    def kill(self, process: Process) -> None:
        self.alive.remove(process)
        process.kill()

    def stop_all(self) -> None:
        for process in self.alive:
            process.kill()

    # --- people ---

    def commit(self, files: dict[str, str]) -> None:
        """Somebody adds files to the control project."""
        with self.sandbox._lock:  # people and requests take turns, as in `handle`
            control = self.world.project_by_path("partners/journey-control")
            root = self.world.user_by_name("root")
            assert control is not None
            assert root is not None
            actions = [{"action": "create", "file_path": path, "content": text} for path, text in files.items()]
            operations.commit_files(self.world, root, control, branch="main", message="Files", actions=actions)

    def capabilities(self, slug: str, state: str = "opened") -> list[WorkItem]:
        with self.sandbox._lock:
            project = self.world.project_by_path(f"partners/{slug}")
            found = [i for i in self.world.work_items.values() if project and i.project_id == project.id]
            return [i for i in found if i.state == state and markers.find("capability", i.description)]

    def close(self, item: WorkItem) -> None:
        self._change(item, "close")

    def reopen(self, item: WorkItem) -> None:
        self._change(item, "reopen")

    def _change(self, item: WorkItem, event: str) -> None:
        with self.sandbox._lock:
            sa = self.world.user_by_name("gl.sa1")
            assert sa is not None
            operations.update_work_item(self.world, sa, item, state_event=event)

    # --- the post ---

    def post(self, client: httpx.Client) -> Post:
        send, turn = http_post(client), itertools.count()

        def carry(_url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
            doors = [process for process in self.alive if process.port]
            if not doors:
                return 0, {}, "nobody listens"
            door = doors[next(turn) % len(doors)]
            status, answer, text = send(f"http://127.0.0.1:{door.port}/webhooks/gitlab", headers, body)
            if status == 202 and '"accepted"' in text:
                self.acknowledged.append(headers["Idempotency-Key"])
            return status, answer, text

        return carry

    # --- the end ---

    def rest(self) -> float:
        """Wait until nothing is left to do; returns the seconds."""
        return until(self._at_rest, "everything is done")

    def _at_rest(self) -> bool:
        if self.world.outgoing or queued(self.database) != ([], []):
            return False
        with self.store() as store:
            busy = store.unwoken_deliveries() or store.open_runs() or store.recall("resync asked")
            return not busy and all(not state.failures for state in store.partners())

    def store(self) -> Store:
        return Store(self.database, wall_clock)

    def forgotten(self) -> list[str]:
        """Acknowledged deliveries after which no run of their partner began and ended well."""
        with self.store() as store:
            good = [run for run in store.runs(limit=100_000) if run.outcome == "ok"]
            found = []
            for key in self.acknowledged:
                delivery = store.delivery(key)
                if delivery is None or not all(
                    any(run.partner == slug and run.started_at >= delivery.received_at for run in good)
                    for slug in delivery.wakes
                    if slug != "*"
                ):
                    found.append(f"{key}: {delivery}")
            return found

    def plan(self) -> dict[str, Any]:
        """What `partner-journey plan` still wants to do."""
        env = os.environ | {
            "PARTNER_JOURNEY_URL": self.url, "PARTNER_JOURNEY_TOKEN": BOT_TOKEN, "PARTNER_JOURNEY_GROUP": "partners",
            "PARTNER_JOURNEY_PUBLIC_URL": HOOK, "PARTNER_JOURNEY_SIGNING_TOKEN": SIGNING_TOKEN,
            "PARTNER_JOURNEY_DATABASE_URL": self.database, "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        done = subprocess.run([COMMAND, "plan"], cwd=self.folder, env=env, capture_output=True, text=True, timeout=60)
        return {"code": done.returncode, "text": done.stdout + done.stderr}


@contextmanager
def open_town(database: str, folder: Path) -> Iterator[Town]:
    """A town with people and a postman, and no service yet."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    town = Town(Sandbox(seed_world(wall_clock, base_url=url)), url, database, folder)
    app = _slow(create_app(town.sandbox, deliver=False), lambda: town.slowness)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1))
    closing = threading.Event()

    def deliver() -> None:
        with httpx.Client(timeout=10, trust_env=False) as client:
            post = town.post(client)
            while not closing.is_set():
                if town.sandbox.deliver_next(post) is None:
                    closing.wait(0.02)

    threads = [
        threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True),
        threading.Thread(target=deliver, daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield town
    finally:
        town.stop_all()
        closing.set()
        server.should_exit = True
        for thread in threads:
            thread.join(15)
        listener.close()


def _slow(app: ASGIApp, seconds: Callable[[], float]) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await asyncio.sleep(seconds())
        await app(scope, receive, send)

    return answer


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
