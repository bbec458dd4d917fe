"""`partner-journey doctor`: is everything between this bot and GitLab in order, and what to do where it is not.

Each check answers by itself: one that fails says so and does not hide the others, and a connection that fails leaves a
list that is as long as ever, for a machine may read it. The traps: a green light that was not tested (where nothing
could be looked at, the line says so, and why), and a report that ends at the first mistake.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from app.bot import Bot, wall_clock
from app.doctor import checks
from app.doctor.delivery import check_delivery
from app.engine.database import StoreError
from app.engine.store import Store
from app.gitlab.credential import TokenFile
from app.gitlab.errors import GitLabError
from app.gitlab.findings import Finding, failed, ok, unchecked, warning
from app.gitlab.tokens import check_file, check_token
from app.gitlab.verdicts import check_architects
from app.outside import check_channels
from app.settings import Settings, SettingsError, misspelt_settings
from app.wiring import open_bot

__all__ = ["LINES", "diagnose", "examine"]

Sleep: TypeAlias = Callable[[float], None]
_Check: TypeAlias = Callable[[Bot, Sleep], Iterable[Finding]]

_CHECKS: tuple[tuple[tuple[str, ...], _Check], ...] = (
    (("version", "tier"), lambda b, _: checks.version(b)),
    (("token scopes", "token end"), lambda b, _: check_token(b.client, b.clock().date())),
    (("token file",), lambda b, _: [check_file(TokenFile(b.settings.token_file) if b.settings.token_file else None)]),
    (("account",), lambda b, _: checks.account(b)),
    (("role",), lambda b, _: checks.role(b)),
    (("partner role",), lambda b, _: checks.partner_role(b)),
    (("solution architects",), lambda b, _: check_architects(b.client, b.place)),
    (("clock",), lambda b, _: checks.clock(b)),
    (("control project",), lambda b, _: checks.control(b)),
    (("labels", "board"), lambda b, _: checks.labels_and_board(b)),
    (("webhooks",), lambda b, _: b.watch.hooks.check(b.watch.projects(), b.watch.overtaken())),
    (("test delivery",), check_delivery),
    (("limits",), lambda b, _: checks.limits(b)),
    (("database",), lambda b, _: checks.database(b.store)),
    (("outside channels",), lambda b, _: checks.channels(b.store, b.settings)),
    (("access",), lambda b, _: b.watch.access().check()),
)
LINES = ("settings", "connection", *(name for names, _ in _CHECKS for name in names))
"""The lines that every report has; some checks add more, each with a name of its own."""


def examine(
    load: Callable[[], Settings],
    sleep: Sleep = time.sleep,
    connect: Callable[[Settings], AbstractContextManager[Bot]] = open_bot,
) -> Iterator[Finding]:
    """The whole report, from the settings on. Raises nothing that settings, GitLab or the database can cause."""
    try:
        settings = load()
    except SettingsError as error:
        yield failed("settings", str(error), "The README's table tells what each setting is.")
        yield from _unchecked(LINES[1:], "the settings are not complete")
        return
    try:
        check_channels(settings)
    except SettingsError as error:
        yield failed("settings", str(error), "`docs/operate.md` shows how a channel is written.")
        settings = settings.model_copy(update={"channels": ()})
    else:
        yield _settings()
    with ExitStack() as stack:
        broken: StoreError | None = None
        try:
            try:
                bot = stack.enter_context(connect(settings))
            except StoreError as error:  # GitLab has answered by then, so all else can be checked
                broken = error
                folder = stack.enter_context(TemporaryDirectory())
                url = f"sqlite:///{Path(folder) / 'doctor.sqlite'}"
                bot = stack.enter_context(connect(settings.model_copy(update={"database_url": url})))
        except GitLabError as error:
            yield failed("connection", error.cause, error.fix)
            yield from _without_gitlab(settings)
            return
        yield ok("connection", f"GitLab answers at {settings.url}; the bot is `{bot.place.bot}`.")
        yield from diagnose(bot, sleep, broken)


def _settings() -> Finding:
    odd = misspelt_settings()
    if odd:
        return warning("settings", " ".join(odd), "Correct the name, or unset it; the README's table has all names.")
    return ok("settings", "All settings can be read.")


def diagnose(bot: Bot, sleep: Sleep, broken: StoreError | None = None) -> Iterator[Finding]:
    """All checks of a bot that is connected. `broken`: its own database cannot be used, and `bot` has another one.

    `sleep` (seconds) waits for GitLab's test delivery.
    """
    for names, check in _CHECKS:
        if broken is not None and names[0] in ("database", "outside channels", "test delivery"):
            yield failed(names[0], broken.cause, broken.fix) if names[0] == "database" else _no_database(names[0])
            continue
        yield from _tried(names, lambda check=check: check(bot, sleep))  # type: ignore[misc]


def _tried(names: tuple[str, ...], check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """The findings of a check, or why there are none; every name has a line."""
    told = set()
    try:
        for finding in check():
            told.add(finding.check)
            yield finding
    except GitLabError as error:
        first, *others = [name for name in names if name not in told] or [names[0]]
        yield failed(first, f"It could not be checked: {error.cause}", error.fix)
        yield from _unchecked(others, f"`{first}` failed")
    except StoreError as error:
        yield failed(names[0], error.cause, error.fix)


def _without_gitlab(settings: Settings) -> Iterator[Finding]:
    """What can be checked when GitLab does not answer."""
    for names, _ in _CHECKS:
        if names[0] not in ("database", "outside channels"):
            yield from _unchecked(names, "the connection to GitLab failed")
            continue
        try:
            with Store(settings.database_url, wall_clock) as store:
                yield from checks.database(store) if names[0] == "database" else checks.channels(store, settings)
        except StoreError as error:
            yield failed("database", error.cause, error.fix) if names[0] == "database" else _no_database(names[0])


def _unchecked(names: Iterable[str], because: str) -> Iterator[Finding]:
    for name in names:
        yield unchecked(name, because)


def _no_database(name: str) -> Finding:
    return unchecked(name, "the bot's own database cannot be used")
