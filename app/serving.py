"""Running the service on a socket, and stopping it in time: queue, clockwork and HTTP live and end together."""

from __future__ import annotations

from collections.abc import Callable

import uvicorn

from app.web.app import create_app
from app.wiring import Bot, open_service


def run_service(bot: Bot, say: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT. Work that is running is finished or handed back."""
    settings = bot.settings
    token = settings.api_token.get_secret_value() if settings.api_token else None
    with open_service(bot) as service:
        address = f"http://{settings.host}:{settings.port}"
        say(f"Partner Journey listens on {address} (API page: {address}/docs) for the group {settings.group}.")
        if settings.hook_url is None:
            say(
                "PARTNER_JOURNEY_PUBLIC_URL is not set: GitLab sends no webhooks, changes are found by the resync only."
            )
        config = uvicorn.Config(
            create_app(service, token), host=settings.host, port=settings.port, log_level="warning",
            timeout_graceful_shutdown=5,
        )  # fmt: skip
        uvicorn.Server(config).run()
