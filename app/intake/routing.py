"""From a hint to the partners to wake, or the reason to wake nobody. Pure.

The trap this avoids: answering ourselves. Every write of the bot comes back as a webhook; without the rule on the
acting user each run would cause the next one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.engine.records import EVERYONE, NEWCOMERS
from app.intake.event import Changes, Hint

SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,254}")
PARTNER_FILE = re.compile(r"partners/([A-Za-z0-9_][A-Za-z0-9_.\-]{0,254})\.ya?ml")
ISSUE_KINDS = frozenset({"issue", "work_item"})
IGNORED_FILE = re.compile(r"(readme|changelog)(\.[a-z]+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Territory:
    """What belongs to the bot: the group's full path, the control project's full path, and the bot's own user id."""

    group: str
    control_project: str
    bot_id: Callable[[], int | None] = lambda: None


@dataclass(frozen=True)
class Destination:
    """Whom to wake (EVERYONE for all, NEWCOMERS for the forms for new ones), or, with nobody in `wakes`, why not."""

    wakes: tuple[str, ...]
    why: str = ""


def destination(hint: Hint, territory: Territory) -> Destination:
    """The partners this hint concerns."""
    bot_id = territory.bot_id()
    if bot_id is not None and hint.actor_id == bot_id:
        return Destination((), "the bot's own act")
    if hint.project_path is None:
        return _of_group(hint, territory)
    if _same(hint.project_path, territory.control_project):
        return _of_control(hint)
    group, _, name = hint.project_path.rpartition("/")
    if not _same(group, territory.group):
        return Destination((), "the project is not one of the partner group")
    slug = name.lower()
    return Destination((slug,)) if SLUG.fullmatch(slug) else Destination((), "the project's name is no partner's")


def _same(one: str, other: str) -> bool:
    # GitLab's paths ignore case: https://docs.gitlab.com/user/reserved_names/
    return one.strip("/").casefold() == other.strip("/").casefold()


def _of_group(hint: Hint, territory: Territory) -> Destination:
    """An event of an epic, say, does not tell whose it is."""
    if hint.group_path is None or not _same(hint.group_path, territory.group):
        return Destination((), "it concerns no project of the partner group")
    return Destination((), "it concerns the group and no known partner; the next resync looks at all")


def _of_control(hint: Hint) -> Destination:
    if hint.changes is None:
        if hint.kind in ISSUE_KINDS:
            return Destination((NEWCOMERS,))
        return Destination((), "only a push or an issue of the control project starts work")
    if not hint.changes.default_branch:
        return Destination((), "the push is not to the control project's default branch")
    return _of_push(hint.changes)


def _of_push(changes: Changes) -> Destination:
    slugs = []
    for path in changes.paths:
        found = PARTNER_FILE.fullmatch(path)
        if found:
            slugs.append(found[1].lower())
        elif not IGNORED_FILE.fullmatch(path):
            return Destination((EVERYONE,))  # the journey or a template: cheap to look at all, costly to miss one
    if not changes.complete:
        return Destination((EVERYONE,))
    return Destination(tuple(dict.fromkeys(slugs)), "the push changed nothing of the journey")
