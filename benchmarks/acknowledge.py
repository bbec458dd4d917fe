"""Table 1: how fast a delivery is acknowledged, ours beside its peers.

Only ours and the floor are durable when they answer; the others keep nothing. The payload is the sandbox's own for a
closed issue, and each delivery names another partner, so that nothing can be merged.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.demo.local import ACME, local_stage
from benchmarks.load import PARTNER, SECRET, Heard
from benchmarks.processes import ROOT, NotHereError, free_port, postgresql, running
from benchmarks.report import Report

HERE = Path(__file__).parent
PEERS = HERE / ".peers"
"""What is installed for the comparison only; not in version control."""

BARE = "bare FastAPI handler, keeps nothing"
SQLITE, POSTGRESQL = OURS = ("ours, SQLite", "ours, PostgreSQL")


def closed_issue(folder: Path) -> bytes:
    """The sandbox's payload for a closed issue, with PARTNER for the partner's path."""
    with local_stage(f"sqlite:///{folder / 'payload.sqlite'}") as stage:
        stage.write_partner_file("acme", ACME)
        stage.settle()
        stage.close(next(i for i in stage.issues("acme", state="opened") if i.iid != 1), "acme.lead")
        payload = json.loads(stage.world.outgoing[-1].request_body)
    text = json.dumps(payload | {"action": "closed", "installation": {"id": 1}})
    return text.replace("partners/acme", f"partners/{PARTNER.decode()}").encode()


def measure(*, seconds: float, connections: tuple[int, ...] = (1, 16, 64), peers: bool = True) -> Report:
    """Runs every server in turn. `peers`: also those that must be installed first."""
    report = Report(
        "Durable acknowledgement of a webhook",
        ("server", "connections", "requests/s", "of bare", "p50 ms", "p99 ms", "errors"),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        template = folder / "delivery.json"
        template.write_bytes(closed_issue(folder))
        bare: dict[int, float] = {}
        ours: dict[str, dict[int, Heard]] = {}
        for server in (BARE, *OURS, "floor: hand-written group commit, SQLite", *(_PEERS * peers)):
            try:
                with _started(server, folder) as url:
                    heard = _press(url, template, server, seconds, connections)
            except NotHereError as reason:
                report.notes.append(f"left out: {server}: {reason}")
                continue
            if server == BARE:
                bare = {h.connections: h.rate for h in heard}
            if server in OURS:
                ours[server] = {h.connections: h for h in heard}
            for h in heard:
                share = f"{h.rate / bare[h.connections]:.2f}" if bare.get(h.connections) else ""
                report.add(server, h.connections, f"{h.rate:.0f}", share, f"{h.p50:.1f}", f"{h.p99:.1f}", h.errors)
    for server, heard_by_connections in ours.items():
        _judge(report, server, heard_by_connections, bare)
    report.notes.append("gidgetlab waits a second before each event unless told otherwise; here it is told otherwise")
    return report


_PEERS = ("gidgetlab, empty handler, keeps nothing", "Probot, empty handler, keeps nothing")


def _judge(report: Report, server: str, ours: dict[int, Heard], bare: dict[int, float]) -> None:
    if 16 in ours:
        report.judge(f"{server} at 16 connections: 500 requests/s or more", ours[16].rate >= 500)
        report.judge(f"{server} at 16 connections: p99 100 ms or less", ours[16].p99 <= 100)
        report.judge(
            f"{server}, aim: 0.3 of the bare handler at 16 connections", ours[16].rate >= 0.3 * bare.get(16, 0)
        )
    if 64 in ours:
        report.judge(f"{server} at 64 connections: no errors", ours[64].errors == 0)


def _press(url: str, template: Path, server: str, seconds: float, connections: tuple[int, ...]) -> list[Heard]:
    dialect = "github" if server.startswith("Probot") else "gitlab"
    command = [sys.executable, "-m", "benchmarks.load", url, str(template), "--dialect", dialect]
    command += ["--seconds", str(seconds), "--connections", *map(str, connections)]
    limit = (seconds + 30) * len(connections)
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=limit)
    return [Heard(**json.loads(line)) for line in said.stdout.splitlines()]


@contextmanager
def _started(server: str, folder: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/webhooks/gitlab"
    module = [sys.executable, "-m"]
    if server == BARE:
        with running([*module, "benchmarks.servers.bare", "--port", str(port)], port):
            yield url
    elif server == SQLITE:
        database = f"sqlite:///{folder / 'ours.sqlite'}"
        with running([*module, "benchmarks.servers.ours", "--port", str(port), "--database", database], port):
            yield url
    elif server == POSTGRESQL:
        ours = [*module, "benchmarks.servers.ours", "--port", str(port), "--database"]
        with postgresql(folder) as database, running([*ours, database], port):
            yield url
    elif server.startswith("floor"):
        database = str(folder / "floor.sqlite")
        with running([*module, "benchmarks.servers.floor", "--port", str(port), "--database", database], port):
            yield url
    elif server.startswith("gidgetlab"):
        script = HERE / "servers" / "gidgetlab_empty.py"
        with running([str(_gidgetlab()), str(script), "--port", str(port), "--secret", SECRET], port):
            yield url.removesuffix("/webhooks/gitlab") + "/"
    else:
        env = {"BENCH_PORT": str(port), "BENCH_SECRET": SECRET}
        with running(["node", str(_probot() / "server.js")], port, env=env):
            yield url


def _gidgetlab() -> Path:
    """Python of an environment with gidgetlab, made when it is missing. Raises NotHereError."""
    python = PEERS / "gidgetlab" / "bin" / "python"
    if not python.exists():
        _install([sys.executable, "-m", "venv", str(PEERS / "gidgetlab")])
        _install([str(python), "-m", "pip", "install", "--quiet", "gidgetlab[aiohttp]==2.1.2"])
    return python


def _probot() -> Path:
    """A folder with Probot, made when it is missing. Raises NotHereError."""
    folder = PEERS / "probot"
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise NotHereError("node and npm are not installed on this machine")
    shutil.copytree(HERE / "servers" / "probot", folder, dirs_exist_ok=True)
    if not (folder / "node_modules" / "probot").is_dir():
        _install(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)])
    return folder


def _install(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=180)
    except (subprocess.SubprocessError, OSError) as error:
        raise NotHereError(f"it could not be installed ({type(error).__name__})") from None
