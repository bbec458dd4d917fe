"""Which of the bot's issues is the status page, which stands for which capability, and whose closing can mean done.

The trap: a double that was closed by the bot. Being closed it would count as done, so its mark is taken away and it is
none of these any more.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.journey import markers
from app.journey.model import Capability, Journey
from app.journey.observed import Issue, Observed
from app.journey.text import title

STATUS_PAGE = "page/status"
"""The name of the status issue, beside the ids of capabilities."""


@dataclass(frozen=True)
class Item:
    """A capability with its issue, if there is one, and further issues with the same mark."""

    capability: Capability
    issue: Issue | None = None
    doubles: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Sorted:
    """Every capability of the journey by its id, in order; and the bot's issues of others, by id, oldest first."""

    items: dict[str, Item]
    left_behind: dict[str, tuple[Issue, ...]]


def sort_issues(journey: Journey, observed: Observed) -> Sorted:
    """What stands for what; `left_behind` belongs to capabilities that are not part of this partner's journey."""
    found = _issues_by_capability(journey, observed.project.issues if observed.project else ())
    present = {c.id: _item(c, found.get(c.id, ())) for c in journey.capabilities}
    return Sorted(present, {name: issues for name, issues in found.items() if name not in present})


def status_issues(observed: Observed) -> tuple[Issue, ...]:
    """The bot's issues with the status mark, oldest first: the partner's status page, and doubles of it."""
    issues = observed.project.issues if observed.project else ()
    pages = [i for i in issues if i.by_bot and markers.find("page", i.description) == "status"]
    return tuple(sorted(pages, key=lambda i: i.iid))


def status_issue(observed: Observed) -> Issue | None:
    """The partner's status page: the oldest one."""
    return next(iter(status_issues(observed)), None)


def is_done(issue: Issue) -> bool:
    """Closed, and not as moved, duplicate or "won't do"."""
    return issue.state == "closed" and not (issue.moved or issue.duplicate or issue.canceled)


def _item(capability: Capability, issues: tuple[Issue, ...]) -> Item:
    if not issues:
        return Item(capability)
    issue = min(issues, key=lambda i: (not is_done(i), i.state == "closed", i.iid))
    return Item(capability, issue, tuple(i for i in issues if i is not issue))


def _issues_by_capability(journey: Journey, issues: tuple[Issue, ...]) -> dict[str, tuple[Issue, ...]]:
    """The bot's issues of each capability, oldest first. A lost mark is forgiven where the title still fits.

    Also a title in another language, for the partner's may have changed since; one in the present language comes first.
    """
    titles = {title(each): c.id for c in journey.capabilities for each in c.titles.values()}
    titles |= {title(c.title): c.id for c in journey.capabilities}
    renamed = journey.renamed
    found: dict[str, list[Issue]] = {}
    for issue in sorted(issues, key=lambda i: i.iid):
        if issue.by_bot and markers.find("double", issue.description) is None:
            name = markers.find("capability", issue.description) or titles.get(issue.title)
            if name is not None:
                name = renamed.get(name, name)
                found.setdefault(name, []).append(issue)
    return {name: tuple(group) for name, group in found.items()}
