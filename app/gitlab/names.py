"""GitLab's ids by the names that actions use: filled from the observation, completed by each answer.

The trap: a plan that carries ids of things which do not exist yet. Plans name things; only here names become ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.gitlab.errors import Missing
from app.journey import markers
from app.journey.items import STATUS_PAGE, status_issue
from app.journey.observed import Observed


@dataclass
class Names:
    """Title, username, board name or capability id -> id. Issues also have their number in the project."""

    labels: dict[str, str]
    users: dict[str, str]
    milestones: dict[str, str] = field(default_factory=dict)
    boards: dict[tuple[str, str], str] = field(default_factory=dict)
    issues: dict[str, tuple[str, int]] = field(default_factory=dict)
    project: str | None = None
    branch: str = "main"
    portfolio_item: str | None = None
    portfolio_iid: str | None = None
    hook: str | None = None

    def label(self, title: str) -> str:
        """Raises Missing for a label that the group does not have."""
        if title not in self.labels:
            raise Missing(f"The group has no label {title}.", "The next run creates it.")
        return self.labels[title]

    def filled(self, text: str) -> str:
        """The text with the numbers of its issues. Raises KeyError for an issue without one."""
        return markers.fill_references(text, {name: f"#{iid}" for name, (_id, iid) in self.issues.items()})

    def numbers(self) -> dict[str, str]:
        """What the next look needs to find the partner's things at once, so far as it is known."""
        page = self.issues.get(STATUS_PAGE)
        made = {"status": str(page[1]) if page else None, "portfolio_item": self.portfolio_iid, "hook": self.hook}
        return {name: value for name, value in made.items() if value is not None}


def names_of(observed: Observed) -> Names:
    project = observed.project
    names = Names(labels=dict(observed.labels), users=dict(observed.known_users))
    if observed.portfolio_board is not None:
        names.boards["portfolio", observed.portfolio_board.name] = observed.portfolio_board.id
    if observed.portfolio_item is not None:
        names.portfolio_item = observed.portfolio_item.id
    if project is not None:
        names.project = project.id
        names.branch = project.default_branch
        names.milestones = {m.title: m.id for m in project.milestones}
        names.boards |= {("project", b.name): b.id for b in project.boards}
        for issue in sorted(project.issues, key=lambda i: i.iid):
            name = markers.find("capability", issue.description) if issue.by_bot else None
            if name is not None:
                names.issues.setdefault(name, (issue.id, issue.iid))
        page = status_issue(observed)
        if page is not None:
            names.issues[STATUS_PAGE] = (page.id, page.iid)
    return names


def number(global_id: str) -> int:
    """The number at the end of `gid://gitlab/Project/12`, as REST wants it."""
    return int(global_id.rsplit("/", 1)[1])
