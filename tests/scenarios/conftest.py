"""The worlds in which scenarios begin. Each is played once and copied, so every test has its own and none waits."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from exchanges import exchange_problems
from pydantic import SecretStr
from stagehand import Listener, Theatre, close_required, copied, onboard

from app.demo.local import ACME, GLOBEX, SIGNING_TOKEN, LocalStage
from app.sandbox.world import World
from app.settings import ChannelSettings


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    """Whatever is asked and answered on its stages must be as GitLab publishes it, where that is at hand."""
    opened = Theatre(tmp_path)
    yield opened
    assert list(exchange_problems(opened.played)) == []


@pytest.fixture(scope="session")
def wings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    opened = Theatre(tmp_path_factory.mktemp("wings"))
    yield opened
    assert list(exchange_problems(opened.played)) == []


@pytest.fixture(scope="session")
def onboarded_world(wings: Theatre) -> World:
    """Acme is onboarded and nothing has happened since. Copy it before you play on."""
    with wings.open() as stage:
        onboard(stage, "acme", ACME)
        return stage.world


@pytest.fixture(scope="session")
def two_partners_world(wings: Theatre) -> World:
    """Acme and Globex are onboarded. Copy it before you play on."""
    with wings.open() as stage:
        onboard(stage, "acme", ACME)
        onboard(stage, "globex", GLOBEX)
        return stage.world


@pytest.fixture(scope="session")
def nearly_done_world(wings: Theatre, onboarded_world: World) -> World:
    """Acme has one required issue of the first stage left. Copy it before you play on."""
    with wings.open(copied(onboarded_world)) as stage:
        close_required(stage, leave=1)
        stage.settle()
        return stage.world


@pytest.fixture
def stage(theatre: Theatre) -> Iterator[LocalStage]:
    """A fresh GitLab with people and a control project, and no partner yet."""
    with theatre.open() as opened:
        yield opened


@pytest.fixture
def onboarded(theatre: Theatre, onboarded_world: World) -> Iterator[LocalStage]:
    with theatre.open(copied(onboarded_world)) as opened:
        opened.settle()
        yield opened


@pytest.fixture
def two_partners(theatre: Theatre, two_partners_world: World) -> Iterator[LocalStage]:
    with theatre.open(copied(two_partners_world)) as opened:
        opened.settle()
        yield opened


@pytest.fixture
def nearly_done(theatre: Theatre, nearly_done_world: World) -> Iterator[LocalStage]:
    with theatre.open(copied(nearly_done_world)) as opened:
        opened.settle()
        yield opened


@pytest.fixture
def listener() -> Iterator[Listener]:
    """An outside channel on a loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if found.status < 300:
                found.heard.append(json.loads(body))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = SecretStr(f"http://127.0.0.1:{server.server_port}/hook")
        found = Listener(ChannelSettings(name="chat", url=url, signing_token=SecretStr(SIGNING_TOKEN)))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
