"""`make demo`: the sandbox GitLab and the bot on two ports of this machine, with a partner in mid-stage to play with.

Everything runs over real HTTP, as it would with a real GitLab. It ends with Ctrl-C and leaves nothing behind: the
database lives in a temporary folder, the sandbox in memory.
"""

from __future__ import annotations

import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import uvicorn
from pydantic import SecretStr
from rich.console import Console

from app.bot import Service, wall_clock
from app.demo.local import ACME, GLOBEX, local_settings, sandbox_tier
from app.gitlab.errors import Refused
from app.sandbox.core import Sandbox
from app.sandbox.seed import seed_world
from app.sandbox.server import create_app as create_sandbox_app
from app.web.app import create_app
from app.wiring import open_bot, open_service

_HOST = "127.0.0.1"
_CLOSINGS = 5
_PRACTICES = """\
practices:
  - {id: banking, lead: globex.lead, champion: globex.dev}
  - {id: retail, lead: globex.lead}
"""


def run_sandbox(console: Console, *, port: int, tier: str, seed: int) -> None:
    """Serves an empty sandbox until Ctrl-C."""
    world = seed_world(wall_clock, seed=seed, tier=sandbox_tier(tier), base_url=f"http://{_HOST}:{port}")
    with _serving(create_sandbox_app(Sandbox(world)), port):
        console.print(
            f"Sandbox GitLab ({tier}) on {world.base_url}. Not a real GitLab; this machine only. Ctrl-C ends it."
        )
        console.print(
            "Tokens: sandbox-<username>, e.g. sandbox-root, sandbox-partner-bot, sandbox-gl.sa1, sandbox-acme.lead"
        )
        console.print(f"Try: curl -H 'PRIVATE-TOKEN: sandbox-gl.sa1' {world.base_url}/api/v4/projects", soft_wrap=True)
        _until_interrupted()


def run_demo(console: Console, *, port: int, tier: str) -> None:
    """Serves sandbox and bot until Ctrl-C."""
    base_url = f"http://{_HOST}:{port}"
    sandbox = Sandbox(seed_world(wall_clock, tier=sandbox_tier(tier), base_url=base_url))
    for application in sandbox.world.applications.values():
        application.redirect_uris.append(f"http://{_HOST}:{port + 1}/signin/callback")
    with tempfile.TemporaryDirectory() as folder, _serving(create_sandbox_app(sandbox), port):
        settings = local_settings(
            database_url=f"sqlite:///{Path(folder) / 'demo.sqlite'}", settle_minutes=0
        ).model_copy(
            update={
                "url": base_url,
                "public_url": f"http://{_HOST}:{port + 1}",
                "port": port + 1,
                "settle_seconds": 0.3,
            }
        )
        with open_bot(settings) as bot, open_service(bot) as service:
            bot.prepare()
            with _serving(create_app(service, cast(SecretStr, settings.api_token).get_secret_value()), port + 1):
                with console.status("Two partners join; Acme's people close their first issues …"):
                    _tell_the_beginning(base_url, service)
                _welcome(console, service, base_url, port + 1)
                _until_interrupted()
    console.print("The demo has ended; nothing is left behind.")


def _tell_the_beginning(base_url: str, service: Service) -> None:
    """Partner files are merged, the bot onboards, and Acme's lead closes five of the first stage's issues."""
    root = httpx.Client(base_url=f"{base_url}/api/v4", headers={"PRIVATE-TOKEN": "sandbox-root"})
    lead = httpx.Client(base_url=f"{base_url}/api/v4", headers={"PRIVATE-TOKEN": "sandbox-acme.lead"})
    with root, lead:
        actions = [
            {"action": "create", "file_path": f"partners/{slug}.yaml", "content": text}
            for slug, text in (("acme", ACME), ("globex", GLOBEX + _PRACTICES))
        ]
        commit = {"branch": "main", "commit_message": "Add Acme and Globex", "actions": actions}
        root.post("/projects/partners%2Fjourney-control/repository/commits", json=commit).raise_for_status()
        _wait(lambda: _onboarded(service, "acme") and _onboarded(service, "globex"))
        answer = lead.get(
            "/projects/partners%2Facme/issues", params={"state": "opened", "labels": "journey::capability"}
        )
        issues: list[dict[str, Any]] = sorted(answer.json(), key=lambda issue: issue["due_date"] or "9")
        for issue in issues[:_CLOSINGS]:
            address = f"/projects/partners%2Facme/issues/{issue['iid']}"
            proof = {"body": f"Evidence: https://acme.example/evidence/{issue['iid']}"}
            lead.post(f"{address}/notes", json=proof).raise_for_status()
            lead.put(address, json={"state_event": "close"}).raise_for_status()
        _wait(lambda: service.reconciler.standing("acme").stages[0].done == _CLOSINGS)
        _wait(lambda: not service.queue.waiting() and not service.reconciler.view("acme").plan)
        _wait(lambda: all(standing.status_url for standing in service.standings.all().values()))
        service.portfolio_page.renew()


def _onboarded(service: Service, slug: str) -> bool:
    runs = service.store.runs(partner=slug, limit=10)
    return any(run.outcome == "ok" and run.actions for run in runs)


def _welcome(console: Console, service: Service, base_url: str, port: int) -> None:
    acme = service.reconciler.view("acme")
    project, portfolio = acme.observed.project, acme.observed.portfolio_board
    board = f"{project.url}/-/boards/{project.boards[0].id.rsplit('/', 1)[1]}" if project else base_url
    overview = (
        f"{base_url}/groups/partners/-/epic_boards/{portfolio.id.rsplit('/', 1)[1]}"
        if portfolio and acme.observed.place.epics
        else f"{base_url}/groups/partners"
    )
    standing = service.reconciler.standing("acme")
    left = [t.title for t in standing.next if t.required]
    gates = [c.title for c in standing.capabilities if c.title in left and c.verify]
    lines = [
        "[bold]Partner Journey is running: a sandbox GitLab, and the bot beside it.[/]",
        "",
        f"  [bold]The portfolio     http://{_HOST}:{port}/signin[/]   (one click as Sam Rivera, solution architect)",
        f"  Partner's board   {board}",
        f"  SA's epic board   {overview}",
        f"  The bot's API     http://{_HOST}:{port}/docs   (token: sandbox-api)",
        "",
        "[bold]Try this[/]",
        "  1. Open the partner's board and choose, at the top of the page, to be Alex Moreno, the lead of Acme.",
        f"  2. Close the {len(left)} issues that are left in this stage, each with a comment that links to a proof:",
        *(f"       - {title}" for title in left),
        "  3. Be Sam Rivera, Acme's solution architect, and confirm by the comment `/journey verify`:",
        *(f"       * {title}" for title in gates),
        '  4. Look again: nine new issues, and one comment on the issue "Where we are". Open the epic board:',
        "     Acme's card has moved, and so has the portfolio.",
        f"  5. Behind the scenes: {base_url}/-/sandbox/deliveries and {base_url}/-/sandbox/journal",
        "",
        "Ctrl-C ends the demo.",
    ]
    console.print("\n".join(lines), soft_wrap=True)


@contextmanager
def _serving(app: Any, port: int) -> Iterator[None]:
    """Serves an ASGI application on loopback in a thread while the block is open."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            raise Refused(f"Port {port} is in use.", "Choose another one with --port, or end what uses it.") from None
    server = uvicorn.Server(
        uvicorn.Config(app, host=_HOST, port=port, log_level="warning", timeout_graceful_shutdown=2)
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.run, name=f"http-{port}", daemon=True)
    thread.start()
    _wait(lambda: server.started or not thread.is_alive())
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=5)


def _wait(done: Callable[[], bool], seconds: float = 60.0) -> None:
    """Waits for something that happens in another thread. Raises Refused when it does not happen in time."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise Refused("The demo did not get ready in time.", "Run it again; if it stays, report what the log says.")
        time.sleep(0.05)


def _until_interrupted() -> None:
    """Waits for Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
