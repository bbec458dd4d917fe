"""`partner-journey doctor`: is everything between this bot and GitLab in order, and what to do where it is not.

Each check answers by itself: one that fails says so and does not hide the others. The trap: a green light that was not
tested. Where nothing could be looked at, the line says that, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from app.engine.reconcile import PartnerFileError, UnknownPartnerError
from app.gitlab.access import Access
from app.gitlab.errors import GitLabError
from app.gitlab.findings import Finding, failed, ok, warning
from app.gitlab.hooks import Hooks
from app.gitlab.names import number
from app.gitlab.tokens import check_token
from app.journey import labels, prose
from app.journey.templates import TemplateError, load_partner
from app.wiring import Bot

OLDEST = (18, 9)
MAINTAINER = 40


def diagnose(bot: Bot) -> Iterator[Finding]:
    """All checks, one after the other. Raises nothing that GitLab can cause."""
    checks: tuple[tuple[str, Callable[[Bot], Iterable[Finding]]], ...] = (
        ("version", _version),
        ("token", lambda b: check_token(b.client, b.clock().date())),
        ("role", _role),
        ("control project", _control),
        ("labels and board", _labels_and_board),
        ("webhooks", lambda b: hooks_of(b).check(projects_of(b))),
        ("limits", _limits),
        ("database", _database),
        ("outside channels", _channels),
        ("access", lambda b: access_of(b).check()),
    )
    for name, check in checks:
        try:
            yield from check(bot)
        except GitLabError as error:
            yield failed(name, f"It could not be checked: {error.cause}", error.fix)


def hooks_of(bot: Bot) -> Hooks:
    return Hooks(bot.client, bot.place, bot.hook_secrets)


def projects_of(bot: Bot) -> list[str]:
    """Full paths of the control project and of all partners' projects."""
    return [bot.place.control, *(bot.place.project_path(slug) for slug in bot.reconciler.slugs())]


def access_of(bot: Bot) -> Access:
    """The access check for the partners of the control project; files with mistakes name nobody."""
    partners: dict[str, tuple[str, ...]] = {}
    staff: set[str] = set()
    desired = bot.reconciler.desired()
    for slug in bot.reconciler.slugs():
        try:
            people = load_partner(slug, desired.wishes.partners[slug], desired.templates).people
        except TemplateError:
            partners[slug] = ()
            continue
        partners[slug] = tuple(people.partner_side)
        staff |= {name for name in people.everyone if name not in people.partner_side}
    return Access(bot.client, bot.place, partners, staff)


def _version(bot: Bot) -> Iterator[Finding]:
    version = bot.instance.version
    parts = version.split("-")[0].split(".")
    found = (int(parts[0]), int(parts[1]))
    if found < OLDEST:
        yield failed("version", f"GitLab is {version}.", "Update GitLab to 18.9 or newer.")
    else:
        yield ok("version", f"GitLab {version} at {bot.settings.url}.")
    if bot.instance.epics:
        yield ok("tier", "Premium or Ultimate: epics and the epic board are there.")
    else:
        edition = "Free" if bot.instance.enterprise else "Community Edition"
        yield warning(
            "tier", f"{edition}: tracker issues stand in for epics, an issue board for the epic board.",
            "Nothing to do; a licence is noticed by itself.",
        )  # fmt: skip


def _role(bot: Bot) -> Iterator[Finding]:
    group = "/groups/" + bot.place.group.replace("/", "%2F")
    level = bot.client.get(f"{group}/members/all/{number(bot.instance.bot_id)}")["access_level"]
    if level < MAINTAINER:
        yield failed(
            "role", f"`{bot.place.bot}` has the access level {level} in {bot.place.group}.",
            "Make it Owner of the group (Maintainer is the least that works).",
        )  # fmt: skip
    else:
        yield ok("role", f"`{bot.place.bot}` is {'Owner' if level >= 50 else 'Maintainer'} of {bot.place.group}.")


def _control(bot: Bot) -> Iterator[Finding]:
    desired = bot.reconciler.refresh()
    yield ok("control project", f"{bot.place.control} has {len(desired.wishes.partners)} partner files.")
    for slug in sorted(desired.wishes.partners):
        try:
            bot.reconciler.partner(slug)
        except (PartnerFileError, UnknownPartnerError) as error:
            yield warning("partner files", error.cause, error.fix)


def _labels_and_board(bot: Bot) -> Iterator[Finding]:
    group = "/groups/" + bot.place.group.replace("/", "%2F")
    rows = bot.client.list(f"{group}/labels", only_group_labels=True)
    there = {row["name"] for row in rows}
    journey = bot.reconciler.desired().templates.base()
    missing = [label.title for label in labels.labels_for(journey) if label.title not in there]
    later = "The first partner's onboarding creates it: `partner-journey apply`."
    if missing:
        yield warning("labels", f"The group lacks {len(missing)} labels: {', '.join(missing)}.", later)
    else:
        yield ok("labels", "All labels of the journey are there.")
    owner = group if bot.place.epics else "/projects/" + bot.place.control.replace("/", "%2F")
    boards = bot.client.list(f"{owner}/{'epic_boards' if bot.place.epics else 'boards'}")
    if any(board["name"] == prose.PORTFOLIO_BOARD for board in boards):
        yield ok("board", f"The board {prose.PORTFOLIO_BOARD} is there.")
    else:
        yield warning("board", f"There is no board {prose.PORTFOLIO_BOARD}.", later)


def _limits(bot: Bot) -> Iterator[Finding]:
    text = ", ".join(f"{name} {most or 'no limit'}" for name, most in bot.client.limiter.limits.items())
    yield ok("limits", f"A minute: {text}.")


def _database(bot: Bot) -> Iterator[Finding]:
    parked = [state.slug for state in bot.store.partners() if state.failures]
    yield ok("database", "The bot's own database answers.")
    if parked:
        yield warning("partners", f"Parked: {', '.join(parked)}.", "`partner-journey partner show` says why.")


def _channels(bot: Bot) -> Iterator[Finding]:
    dead = bot.store.outbox(state="dead")
    if dead:
        names = ", ".join(sorted({entry.channel for entry in dead}))
        yield warning("outside channels", f"{len(dead)} messages were given up ({names}).", dead[0].last_error)
    elif bot.settings.channels:
        yield ok("outside channels", f"{len(bot.settings.channels)} channels, no message was given up.")
    else:
        yield ok("outside channels", "None is set up.")
