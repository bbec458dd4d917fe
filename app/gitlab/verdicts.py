"""Who closed an issue, who set the label `verify::ok`, and who may say so: asked one by one, only where it matters.

The trap: believing a name that stands in a text. Closers come from the issue itself
(https://docs.gitlab.com/api/issues/), labels from GitLab's own history of them
(https://docs.gitlab.com/api/resource_label_events/), and the right to confirm from membership of a group in which
partners never are (https://docs.gitlab.com/api/group_members/).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.gitlab.api_paths import group_api
from app.gitlab.client import Client
from app.gitlab.errors import Denied, Missing
from app.gitlab.findings import Finding, failed, ok, warning
from app.gitlab.names import number
from app.journey import labels
from app.journey.model import People
from app.journey.observed import Answers, Approval, Issue, Place, Project
from app.journey.questions import Questions

_GUEST, _DEVELOPER = 10, 30


@dataclass(frozen=True)
class Circle:
    """Who counts as a solution architect: the members at this address of the API who have at least this role."""

    group: str
    address: str
    least: int
    own: bool
    """Whether the group is there for nothing else, so that every direct member counts."""

    def counts(self, member: Mapping[str, Any]) -> bool:
        """`member` as GitLab describes members."""
        return bool(member["access_level"] >= self.least and member.get("state", "active") == "active")

    def architects(self, members: Iterable[Mapping[str, Any]], bot: str) -> frozenset[str]:
        """Usernames of those who count; the bot never does."""
        return frozenset(str(m["username"]) for m in members if self.counts(m)) - {bot}


def circle_of(place: Place) -> Circle:
    """The direct members of the architects' own group, else the Developers and up of the partners' group.

    Direct ones only: who is in a group above a team's group need not belong to the team.
    """
    if place.architects_group is None:
        return Circle(place.group, f"{group_api(place.group)}/members/all", _DEVELOPER, own=False)
    return Circle(place.architects_group, f"{group_api(place.architects_group)}/members", _GUEST, own=True)


def check_architects(client: Client, place: Place) -> Iterator[Finding]:
    """Who may confirm: without anybody, no gate ever opens. One request for each hundred members."""
    circle = circle_of(place)
    fix = "Correct PARTNER_JOURNEY_ARCHITECTS_GROUP, or make the bot a member of that group."
    try:
        found = client.list(circle.address)
    except (Missing, Denied) as error:
        yield failed("solution architects", f"The group {circle.group} cannot be read: {error.cause}", fix)
        return
    count = len(circle.architects(found, place.bot))
    if not count:
        who = "direct members of" if place.architects_group else "Developers in"
        yield warning(
            "solution architects", f"{circle.group} has none, so nobody can confirm what stands at a gate.",
            f"Make your solution architects {who} {circle.group}.",
        )  # fmt: skip
    else:
        people = "1 person counts" if count == 1 else f"{count} people count"
        yield ok("solution architects", f"{people} as solution architects, by {circle.group}.")


def read_answers(client: Client, place: Place, project: Project, questions: Questions, people: People) -> Answers:
    """Answers the questions about one partner with as few requests as REST allows. Raises GitLabError."""
    architects, members = frozenset[str](), frozenset[str]()
    if questions.people:
        circle = circle_of(place)
        found = client.list(circle.address)
        architects = circle.architects(found, place.bot)
        if place.architects_group is not None and people.manager:
            found = client.list(f"{group_api(place.group)}/members/all")
        members = frozenset(str(m["username"]) for m in found if m.get("state", "active") == "active") - {place.bot}
    issues = {issue.id: issue for issue in project.issues}
    return Answers(
        architects=architects,
        managers=members & {people.manager} if people.manager else frozenset(),
        closers=_closers(client, project, [issues[each] for each in sorted(questions.closers)]),
        approvals=_approvals(client, project, [issues[each] for each in sorted(questions.approvals)]),
    )


def _closers(client: Client, project: Project, issues: list[Issue]) -> dict[str, str]:
    if not issues:
        return {}
    by_iid = {issue.iid: issue.id for issue in issues}
    found = client.list(f"/projects/{number(project.id)}/issues", **{"iids[]": list(by_iid), "state": "closed"})
    return {by_iid[i["iid"]]: str(i["closed_by"]["username"]) for i in found if i.get("closed_by")}


def _approvals(client: Client, project: Project, issues: list[Issue]) -> dict[str, Approval]:
    found: dict[str, Approval] = {}
    for issue in issues:
        events = client.list(f"/projects/{number(project.id)}/issues/{issue.iid}/resource_label_events")
        for event in sorted(events, key=lambda each: int(each["id"])):
            label, user = event.get("label") or {}, event.get("user") or {}
            if event["action"] == "add" and label.get("name") == labels.VERIFIED and user.get("username"):
                at = datetime.fromisoformat(event["created_at"])
                found[issue.id] = Approval(str(user["username"]), at)
    return found
