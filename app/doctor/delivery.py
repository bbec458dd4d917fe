"""Does a webhook really arrive? GitLab itself sends a test delivery to the running service and keeps what it answered.

GitLab sends it before it answers, and refuses with 422 and the receiver's words when it did not arrive
(https://docs.gitlab.com/api/project_webhooks/#trigger-a-test-project-webhook); a minute takes five tests. The trap: a
test while nobody listens counts as a failure of the webhook, and four of them switch it off, so none is sent then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from app.bot import Bot
from app.engine.status import status_of
from app.gitlab.client import Client
from app.gitlab.errors import Refused
from app.gitlab.findings import Finding, failed, ok, unchecked, warning
from app.gitlab.hooks import Watched

_WAITS = (0.2, 0.5, 1.0, 2.0, 4.0, 4.0)
"""Seconds between two looks for the delivery: GitLab writes its log a moment later."""

_FIXES = {
    "401": "Another secret is in the webhook than in the settings: run `partner-journey hook rotate`.",
    "404": "PARTNER_JOURNEY_PUBLIC_URL leads to another program: a proxy must forward /webhooks/gitlab unchanged.",
    "503": "The service's own database is too slow or gone: see the line `database` there.",
}


def check_delivery(bot: Bot, sleep: Callable[[float], None]) -> Iterator[Finding]:
    """Three requests and some for the wait. Raises GitLabError and StoreError."""
    url = bot.settings.hook_url
    if url is None:
        yield unchecked(
            "test delivery", "PARTNER_JOURNEY_PUBLIC_URL is not set",
            "Set it to the address where GitLab reaches `partner-journey serve`.",
        )  # fmt: skip
        return
    if not status_of(bot.settings.database_url, bot.clock).running:
        yield unchecked(
            "test delivery", "no service is running on this database",
            "Start `partner-journey serve` beside this, then run the doctor again.",
        )  # fmt: skip
        return
    hook = next(bot.watch.hooks.of([bot.place.control]), None)
    if hook is None:
        yield failed(
            "test delivery", f"{bot.place.control} has no webhook of the bot.", "Run `partner-journey setup`."
        )  # fmt: skip
        return
    yield _judged(hook.data["url"], *_tested(bot.client, hook, sleep))


def _tested(client: Client, hook: Watched, sleep: Callable[[float], None]) -> tuple[dict[str, Any] | None, str]:
    """What GitLab wrote of its test delivery, None when it wrote nothing; and with what words it refused it."""
    known = max((event["id"] for event in _events(client, hook)), default=0)
    words = ""
    try:
        client.post(f"{hook.path}/test/{hook.trigger}")
    except Refused as error:
        words = error.cause
    for wait in _WAITS:
        sent = [event for event in _events(client, hook) if event["id"] > known]
        if sent:
            return sent[0], words
        if words:
            break
        sleep(wait)
    return None, words


def _events(client: Client, hook: Watched) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{hook.path}/events", per_page=20)
    return found


def _judged(url: str, event: dict[str, Any] | None, words: str) -> Finding:
    name = "test delivery"
    if event is None and not words:
        return warning(
            name, "GitLab took the test delivery, but does not show it as sent.",
            "Wait a minute and look at the webhook's recent events in GitLab; its background jobs may be slow.",
        )  # fmt: skip
    status = str(event["response_status"]) if event is not None else ""
    if status.startswith("2"):
        return ok(name, f"GitLab's own test delivery arrived at {url} and was accepted ({status}).")
    fix = _FIXES.get(
        status,
        f"See that GitLab reaches {url}: the name, the firewall, the certificate, and for a private address the "
        "administrator's setting that allows webhooks to the local network.",
    )
    return failed(name, f"GitLab's test delivery to {url} did not arrive ({status or words}).", fix)
