"""Running the service until it is told to stop, and stopping in time: queue, clockwork and HTTP live and end together.

Everything here may be cut off at any instant and goes on after the next start, so the one rule for stopping is a
deadline: whatever still works then is left to the next process. The traps: uvicorn raises the signal that stopped it
once more when it is done, which would end the process before the queue is closed; and a thread that waits for a slow
GitLab keeps Python from ending.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from app.bot import Bot
from app.settings import SettingsError
from app.web.app import create_app
from app.wiring import open_service

log = logging.getLogger(__name__)

STOP_SECONDS = 9.0
"""From the signal to the end of the process; service managers usually kill after ten."""


def run_service(bot: Bot, say: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT. Work that is running is finished, or left for the next process to take up.

    Raises SettingsError where it cannot listen.
    """
    settings = bot.settings
    token = settings.api_token.get_secret_value() if settings.api_token else None
    with _stopping() as stop, open_service(bot, overdue=_leave) as service:
        _free(settings.host, settings.port)
        address = f"http://{settings.host}:{settings.port}"
        say(f"Partner Journey listens on {address} (API page: {address}/docs) for the group {settings.group}.")
        if settings.hook_url is None:
            say(
                "PARTNER_JOURNEY_PUBLIC_URL is not set: GitLab sends no webhooks, changes are found by the resync only."
            )
        config = uvicorn.Config(
            create_app(service, token), host=settings.host, port=settings.port, log_level="warning",
            timeout_graceful_shutdown=2,
        )  # fmt: skip
        server = _Server(config, stop)
        server.run()


def _free(host: str, port: int) -> None:
    """Raises SettingsError where nobody can listen: uvicorn says it later, and names no setting."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise SettingsError(
            f"Nobody can listen on {host}, port {port} ({error.strerror}). Set PARTNER_JOURNEY_HOST to an address of "
            "this machine and PARTNER_JOURNEY_PORT to a port that nothing else uses."
        ) from None


def run_worker(bot: Bot, say: Callable[[str], None]) -> None:
    """Works through the queue until SIGTERM or SIGINT, and listens to nobody. Raises SettingsError on SQLite."""
    if bot.store.server is None:
        raise SettingsError(
            "`partner-journey work` shares the queue of a service on PostgreSQL, and this is a SQLite file. Set "
            "PARTNER_JOURNEY_DATABASE_URL as for that service; with SQLite, `partner-journey serve` does all the work."
        )
    with _stopping() as stop, open_service(bot, overdue=_leave):
        say(f"Partner Journey works for the group {bot.settings.group} under the name {bot.settings.node}.")
        stop.wait()


class _Server(uvicorn.Server):
    """Starts the deadline as soon as a signal comes, not when uvicorn has said goodbye to everybody."""

    def __init__(self, config: uvicorn.Config, stop: _Stop) -> None:
        super().__init__(config)
        self._stop = stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """See uvicorn.Server.handle_exit."""
        self._stop.ask(sig, frame)
        super().handle_exit(sig, frame)


class _Stop:
    """Whether we were asked to stop, and the deadline that begins then."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._deadline = threading.Timer(STOP_SECONDS, _leave, [["something that does not end"]])
        self._deadline.daemon = True

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        if not self._asked.is_set():
            self._asked.set()
            self._deadline.start()

    def wait(self) -> None:
        self._asked.wait()


@contextmanager
def _stopping() -> Iterator[_Stop]:
    """SIGTERM and SIGINT end the block in good order instead of the process at once."""
    stop = _Stop()
    before = {number: signal.signal(number, stop.ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(left: list[str]) -> None:
    """Ends the process now. What it leaves is in the queue still: the next process looks at GitLab again."""
    log.warning("Stopped in the midst of %s; it goes on with the next process.", ", ".join(left))
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
