"""Table 7: the memory of the bot by itself, the service as a process of its own and the sandbox in this one.

The partners are copies of one that was onboarded (see seeding.py), which the service takes up as after the loss of its
database: it has looked at each of them, keeps what it keeps of each, and is at rest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from app.bot import wall_clock
from app.demo.local import BOT_TOKEN, SERVICE_URL, SIGNING_TOKEN, ManualClock, local_stage
from app.engine.durable import queued
from app.engine.store import Store
from app.gitlab.limits import DEFAULTS
from app.sandbox.core import Sandbox
from app.sandbox.seed import seed_world
from app.sandbox.server import create_app
from app.sandbox.world import World
from benchmarks.processes import ROOT, free_port
from benchmarks.report import Report
from benchmarks.seeding import file_of, seed, slug_of

_PATIENCE = 1_200.0


def measure(*, sizes: tuple[int, ...]) -> Report:
    """One service for each size, from nothing until it has looked at all of so many partners."""
    columns = ("partners", "MB at rest", "MB at most", "database, MB", "s to take all up")
    report = Report("Memory of the service", columns)
    rests = list[float]()
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            rest, most, seconds = _one(Path(folder), size)
            kept = sum(path.stat().st_size for path in Path(folder).glob("bot.sqlite*")) / 2**20
        rests.append(rest)
        report.add(f"{size:,}", f"{rest:.0f}", f"{most:.0f}", f"{kept:.1f}", f"{seconds:.0f}")
    slope = (rests[-1] - rests[0]) * 1024 / max(sizes[-1] - sizes[0], 1)
    report.notes.append(f"slope: {slope:.0f} KB a partner ({sizes[0]:,} to {sizes[-1]:,})")
    report.notes.append("what grows is the standing of each partner, kept ready for pages, metrics and digests")
    return report


def _one(folder: Path, size: int) -> tuple[float, float, float]:
    """MB at rest, MB at most, and the seconds until every partner was looked at."""
    port, database = free_port(), f"sqlite:///{folder / 'bot.sqlite'}"
    url = f"http://127.0.0.1:{port}"
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    world = seed_world(clock, base_url=url)
    with local_stage(f"sqlite:///{folder / 'stage.sqlite'}", world=world, clock=clock, settings={"url": url}) as stage:
        stage.write_partner_file(slug_of(0), file_of(0))
        stage.settle()
        seed(stage, range(1, size))
    with _gitlab(world, port), _service(url, database, folder) as pid:
        began = time.monotonic()
        with Store(database, wall_clock) as store:
            while len(store.standings.digests()) < size or queued(database) != ([], []):
                if time.monotonic() - began > _PATIENCE:
                    raise TimeoutError(f"{size} partners were not taken up in {_PATIENCE:g} s")
                time.sleep(0.5)
        seconds = time.monotonic() - began
        time.sleep(3)  # a tick or two at rest
        return _megabytes(pid, "VmRSS"), _megabytes(pid, "VmHWM"), seconds


@contextmanager
def _gitlab(world: World, port: int) -> Iterator[None]:
    app = create_app(Sandbox(world), deliver=False)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        yield
    finally:
        server.should_exit = True
        thread.join(30)


@contextmanager
def _service(url: str, database: str, folder: Path) -> Iterator[int]:
    settings = {
        "URL": url, "PUBLIC_URL": SERVICE_URL, "TOKEN": BOT_TOKEN, "GROUP": "partners", "PORT": str(free_port()),
        "SIGNING_TOKEN": SIGNING_TOKEN, "DATABASE_URL": database,
        "LIMITS": "{" + ", ".join(f'"{family}": 0' for family in DEFAULTS) + "}",
    }  # fmt: skip
    env = os.environ | {f"PARTNER_JOURNEY_{key}": value for key, value in settings.items()} | {"PYTHONPATH": str(ROOT)}
    command = [str(Path(sys.executable).with_name("partner-journey")), "serve"]
    with subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def _megabytes(pid: int, field: str) -> float:
    """A line of the process's status. Linux only."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1024
