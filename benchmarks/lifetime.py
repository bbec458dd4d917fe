"""Table 6: how soon a service is ready after its process began, and how soon it is gone after SIGTERM.

The sandbox runs as a process of its own. Ready means that `/readyz` answers 200. The first start makes the control
project and the webhooks; the later ones find them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from app.demo.local import BOT_TOKEN, SIGNING_TOKEN
from benchmarks.processes import ROOT, free_port, processor_seconds, running
from benchmarks.report import Report

READY_SECONDS, GONE_SECONDS = 2.0, 10.0
_PATIENCE = 30.0


def measure(*, starts: int) -> Report:
    """Starts and stops one service `starts` times on one database."""
    gitlab = free_port()
    command = str(Path(sys.executable).with_name("partner-journey"))
    report = Report(
        "A service's start and end",
        ("start", "ready after", "processor time till then", "gone after SIGTERM", "exit status"),
    )
    ready, gone, statuses = list[float](), list[float](), set[int]()
    with tempfile.TemporaryDirectory() as folder, running([command, "sandbox", "--port", str(gitlab)], gitlab):
        for number in range(starts):
            seconds, used, end, status = _once(command, gitlab, f"sqlite:///{Path(folder) / 'life.sqlite'}")
            ready.append(seconds)
            gone.append(end)
            statuses.add(status)
            report.add(number + 1, f"{seconds:.2f} s", f"{used:.2f} s", f"{end:.2f} s", status)
    report.judge(f"ready within {READY_SECONDS:g} s, each time", max(ready) <= READY_SECONDS)
    report.judge(f"gone within {GONE_SECONDS:g} s of SIGTERM, and well", max(gone) <= GONE_SECONDS and statuses == {0})
    return report


def _once(command: str, gitlab: int, database: str) -> tuple[float, float, float, int]:
    """Seconds until it was ready, processor time of that, seconds until it was gone, and its exit status."""
    port = free_port()
    settings = {
        "URL": f"http://127.0.0.1:{gitlab}", "PUBLIC_URL": f"http://127.0.0.1:{port}", "TOKEN": BOT_TOKEN,
        "GROUP": "partners", "SIGNING_TOKEN": SIGNING_TOKEN, "PORT": str(port), "DATABASE_URL": database,
    }  # fmt: skip
    env = os.environ | {f"PARTNER_JOURNEY_{key}": value for key, value in settings.items()}
    began = time.monotonic()
    with subprocess.Popen(
        [command, "serve"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while not _is_ready(port) and time.monotonic() - began < _PATIENCE:
                time.sleep(0.01)
            ready, used = time.monotonic() - began, processor_seconds(process.pid)
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            status = process.wait(_PATIENCE)
            return ready, used, time.monotonic() - began, status
        finally:
            process.kill()


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
