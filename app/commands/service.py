"""`serve`, `work`, `status`: the running service."""

from __future__ import annotations

import logging
import sys

from rich.logging import RichHandler

from app.commands.console import AsJson, bot_of_settings, out


def serve() -> None:
    """Listen for webhooks, serve the API, and keep every partner up to date."""
    from app.serving import run_service

    with bot_of_settings() as bot:
        log_to_terminal(bot.settings.log_level)
        for line in bot.prepare():
            out.print(line)
        run_service(bot, lambda text: out.print(text))


def work() -> None:
    """Work through the queue beside a running service, without listening. Needs PostgreSQL and a name of its own."""
    from app.serving import run_worker

    with bot_of_settings() as bot:
        log_to_terminal(bot.settings.log_level)
        run_worker(bot, lambda text: out.print(text))


def status(as_json: AsJson = False) -> None:
    """Whether a service runs, which partners are parked and why, and what waits. Asks the bot's database only."""
    from app import printing
    from app.bot import wall_clock
    from app.engine.status import status_of
    from app.settings import load_settings

    found = status_of(load_settings().database_url, wall_clock)
    if as_json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
    else:
        printing.print_status(out, found)


def log_to_terminal(level: str) -> None:
    logging.basicConfig(
        level=level.upper(), format="%(message)s", datefmt="%H:%M:%S", handlers=[RichHandler(show_path=False)]
    )
    for noisy in ("httpx", "httpcore", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
