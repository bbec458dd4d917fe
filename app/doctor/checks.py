"""The doctor's single checks. Each looks at one thing, and raises GitLabError or StoreError where it cannot."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.bot import Bot
from app.engine.desired import PartnerFileError, UnknownPartnerError
from app.engine.store import Store
from app.gitlab.api_paths import group_api, project_api
from app.gitlab.errors import Missing
from app.gitlab.findings import Finding, failed, ok, unchecked, warning
from app.gitlab.names import number
from app.intake.signature import TOLERANCE_SECONDS
from app.journey import labels, prose
from app.settings import Settings

OLDEST = (18, 9)
MAINTAINER = 40
SKEW_SECONDS = 30


def version(bot: Bot) -> Iterator[Finding]:
    """Version and tier."""
    version = bot.instance.version
    found = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
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


def role(bot: Bot) -> Iterator[Finding]:
    """The bot's role in the group."""
    group = group_api(bot.place.group)
    try:
        level = bot.client.get(f"{group}/members/all/{number(bot.instance.bot_id)}")["access_level"]
    except Missing:
        yield failed(
            "role", f"`{bot.place.bot}` sees {bot.place.group} and is no member of it.",
            "Make it Owner of the group (Maintainer is the least that works).",
        )  # fmt: skip
        return
    if level < MAINTAINER:
        yield failed(
            "role", f"`{bot.place.bot}` has the access level {level} in {bot.place.group}.",
            "Make it Owner of the group (Maintainer is the least that works).",
        )  # fmt: skip
    else:
        yield ok("role", f"`{bot.place.bot}` is {'Owner' if level >= 50 else 'Maintainer'} of {bot.place.group}.")


def account(bot: Bot) -> Iterator[Finding]:
    """Whose token it is: the bot knows its own issues by their author, so the account must outlive every token."""
    fix = (
        "Create a service account (docs/operate.md tells how) before the first partner joins: what the present account "
        "has written, another one does not take for its own."
    )
    user = bot.client.get("/user")
    name = user["username"]
    if re.fullmatch(r"project_\d+_bot(?:_\w+)?", name):
        text = f"`{name}` belongs to a project access token, which can do nothing outside its project."
        yield failed("account", text, fix)
    elif re.fullmatch(r"group_\d+_bot(?:_\w+)?", name):
        text = f"`{name}` belongs to a group access token: GitLab deletes it 30 days after the token's end."
        yield warning("account", text, fix)
    elif not user.get("bot"):
        text = f"`{name}` is a person's account: it takes a seat, shares the person's limits and may be blocked."
        yield warning("account", text, fix)
    else:
        yield ok("account", f"`{name}` is a service account.")


_LOSES = {
    "reporter": "",
    "planner": "Planners may delete issues, and older GitLab versions do not show them README and pictures.",
    "guest": "Guests do not see README and pictures, set no labels and dates, and close only issues that are assigned "
    "to them or that they opened.",
}


def partner_role(bot: Bot) -> Iterator[Finding]:
    """What partner people are, and what they lose by it (https://docs.gitlab.com/user/permissions/)."""
    role = bot.settings.partner_role
    if role == "guest" and bot.place.confidential:
        yield failed(
            "partner role", "Guests cannot see confidential issues, which epics need here: no partner is looked after.",
            "Set PARTNER_JOURNEY_PARTNER_ROLE to reporter or planner; guest is for Free and CE only.",
        )  # fmt: skip
    elif loss := _LOSES[role]:
        yield warning("partner role", f"Partner people are {role}s. {loss}", "Nothing to do, if that is wanted.")
    else:
        yield ok("partner role", "Partner people are Reporters: they see their issues and the README.")


def control(bot: Bot) -> Iterator[Finding]:
    """The control project and its files."""
    desired = bot.desired.refresh()
    yield ok("control project", f"{bot.place.control} has {len(desired.wishes.partners)} partner files.")
    for slug in sorted(desired.wishes.partners):
        try:
            bot.desired.partner(slug)
        except (PartnerFileError, UnknownPartnerError) as error:
            yield warning("partner files", error.cause, error.fix)


def labels_and_board(bot: Bot) -> Iterator[Finding]:
    """What all partners share in the group."""
    group = group_api(bot.place.group)
    rows = bot.client.list(f"{group}/labels", only_group_labels=True)
    there = {row["name"] for row in rows}
    journey = bot.desired.known().templates.base()
    missing = [label.title for label in labels.labels_for(journey) if label.title not in there]
    later = "Run `partner-journey setup`, which creates it."
    if missing:
        yield warning("labels", f"The group lacks {len(missing)} labels: {', '.join(missing)}.", later)
    else:
        yield ok("labels", "All labels of the journey are there.")
    owner = group if bot.place.epics else project_api(bot.place.control)
    boards = bot.client.list(f"{owner}/{'epic_boards' if bot.place.epics else 'boards'}")
    if any(board["name"] == prose.PORTFOLIO_BOARD for board in boards):
        yield ok("board", f"The board {prose.PORTFOLIO_BOARD} is there.")
    else:
        yield warning("board", f"There is no board {prose.PORTFOLIO_BOARD}.", later)


def clock(bot: Bot) -> Iterator[Finding]:
    """GitLab's clock against ours. One request; its answer may take a second or two, which is no fault of a clock."""
    bot.client.get("/version")
    theirs, ours = bot.client.gitlab_time(), bot.clock()
    if theirs is None:
        yield unchecked("clock", "GitLab's answers have no date", "Nothing to do, unless a proxy takes it away.")
        return
    seconds = round((ours - theirs).total_seconds())
    side = "ahead of" if seconds > 0 else "behind"
    text = f"This machine's clock is {abs(seconds)} s {side} GitLab's."
    fix = "Set both machines' clocks by NTP (on Linux: `timedatectl set-ntp true`)."
    if abs(seconds) > TOLERANCE_SECONDS:
        yield failed("clock", f"{text} Signed webhooks are refused above {TOLERANCE_SECONDS} s.", fix)
    elif abs(seconds) > SKEW_SECONDS:
        yield warning("clock", text, fix)
    else:
        yield ok("clock", "This machine's clock and GitLab's agree." if abs(seconds) < 3 else text)


def limits(bot: Bot) -> Iterator[Finding]:
    """What the bot keeps to; GitLab does not tell its own."""
    text = ", ".join(f"{name} {most or 'no limit'}" for name, most in bot.client.limiter.limits.items())
    yield ok("limits", f"A minute: {text}.")


def database(store: Store) -> Iterator[Finding]:
    """The bot's own database, and what it says of partners."""
    parked = [state.slug for state in store.partners() if state.failures]
    yield ok("database", "The bot's own database answers.")
    if parked:
        yield warning("partners", f"Parked: {', '.join(parked)}.", "`partner-journey partner show` says why.")


def channels(store: Store, settings: Settings) -> Iterator[Finding]:
    """Messages to people outside GitLab."""
    dead = store.outbox.newest(state="dead")
    if dead:
        names = ", ".join(sorted({entry.channel for entry in dead}))
        yield warning(
            "outside channels", f"{len(dead)} messages were given up ({names}). The newest: {dead[0].last_error}",
            "`partner-journey notify test` tries each channel, `partner-journey notify retry` sends them again.",
        )  # fmt: skip
    elif settings.channels:
        text = "; ".join(f"{channel.name} {channel}" for channel in settings.channels)
        yield ok("outside channels", f"No message was given up. {text}.")
    else:
        yield ok("outside channels", "None is set up.")
