"""Every way in which a partner's people could see another partner, the control project or an epic.

A private project in a private group is seen by its members; but membership is inherited from groups above, comes in
through shared groups, and a member of one project reads every open epic of the groups above it
(https://docs.gitlab.com/user/permissions/, https://docs.gitlab.com/user/project/members/sharing_projects_groups/).
The trap: looking at direct members only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from app.gitlab.api_paths import group_api, project_api
from app.gitlab.client import Client
from app.gitlab.errors import Denied, Missing
from app.gitlab.findings import Finding, failed, ok, warning
from app.journey.observed import Place

Partners = Mapping[str, Collection[str]]
"""Slug -> usernames of the partner's people, as its file names them."""


class Access:
    """Looks at a whole group. `staff` are the usernames of SAs and managers, who may be anywhere."""

    def __init__(self, client: Client, place: Place, partners: Partners, staff: Collection[str]) -> None:
        self._client = client
        self._place = place
        self._partners = partners
        self._staff = {name.lower() for name in (*staff, place.bot)}
        self._direct: dict[str, list[dict[str, Any]]] = {}

    def check(self, pause: Callable[[], None] = lambda: None) -> list[Finding]:
        """All findings; one ok where nothing is wrong. Three requests for each partner. Raises GitLabError.

        `pause` is called after each partner: where there are many, others need GitLab's limits too.
        """
        there: dict[str, dict[str, Any]] = {}
        for slug in self._partners:
            project = self._project(self._place.project_path(slug))
            if project is not None:
                there[slug] = project
                self._direct[slug] = self._client.list(f"/projects/{project['id']}/members")
            pause()
        wrong = [*self._group(), *self._control(), *self._epics()]
        for slug, project in there.items():
            wrong += self._partner_project(slug, project)
            pause()
        return wrong or [
            ok("access", f"No partner's people see more than their own project. Partners checked: {len(there)}.")
        ]

    def _project(self, path: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._client.get(project_api(path))
        except Missing:
            return None
        return found

    # --- who is who ---

    def _owners(self) -> dict[str, set[str]]:
        """Username -> slugs of the partners to which the person belongs: named in the file, or a direct member."""
        found: dict[str, set[str]] = defaultdict(set)
        for slug, names in self._partners.items():
            for name in (*names, *(member["username"] for member in self._direct.get(slug, ()))):
                if name.lower() not in self._staff:
                    found[name.lower()].add(slug)
        return found

    def _people_among(self, members: list[dict[str, Any]]) -> list[tuple[str, set[str]]]:
        owners = self._owners()
        names = sorted({member["username"].lower() for member in members})
        return [(name, owners[name]) for name in names if name in owners]

    # --- the ways ---

    def _group(self) -> Iterator[Finding]:
        path = group_api(self._place.group)
        group = self._client.get(path, with_projects=False)
        if group["visibility"] != "private":
            yield failed(
                "access: group", f"The group {self._place.group} is {group['visibility']}: others see who is in it.",
                "Set its visibility to private.",
            )  # fmt: skip
        for name, slugs in self._people_among(self._client.list(f"{path}/members/all")):
            yield failed(
                "access: group", f"`{name}` of {_all(slugs)} is a member of the group or of one above it, and so sees "
                "every partner.", "Remove the person there; membership of the partner's own project is enough.",
            )  # fmt: skip
        yield from self._shares("the group", group)

    def _control(self) -> Iterator[Finding]:
        control = self._project(self._place.control)
        if control is None:
            return
        yield from self._visibility(control, "the control project")
        for name, slugs in self._people_among(self._client.list(f"/projects/{control['id']}/members/all")):
            yield failed(
                "access: control project", f"`{name}` of {_all(slugs)} sees the control project with every partner's "
                "file.", f"Remove the person from {self._place.control}.",
            )  # fmt: skip
        yield from self._shares("the control project", control)

    def _partner_project(self, slug: str, project: dict[str, Any]) -> Iterator[Finding]:
        yield from self._visibility(project, f"the project of {slug}")
        for name, slugs in self._people_among(self._client.list(f"/projects/{project['id']}/members/all")):
            if slugs - {slug}:
                yield failed(
                    f"access: {slug}", f"`{name}` of {_all(slugs - {slug})} is a member of the project of {slug}.",
                    "Remove the person from one of the two projects.",
                )  # fmt: skip
        yield from self._shares(f"the project of {slug}", project, own=slug)

    def _visibility(self, project: dict[str, Any], what: str) -> Iterator[Finding]:
        if project["visibility"] != "private":
            yield failed(
                "access: visibility", f"{what[0].upper()}{what[1:]} is {project['visibility']}.",
                f"Set the visibility of {project['path_with_namespace']} to private.",
            )  # fmt: skip
        if project.get("pages_access_level") == "public":
            yield failed(
                "access: pages", f"The Pages site of {what} is public.",
                f"Set Pages of {project['path_with_namespace']} to project members only, or off.",
            )  # fmt: skip

    def _shares(self, what: str, shared: dict[str, Any], own: str = "") -> Iterator[Finding]:
        """Invited groups: each of their members comes in. `own`: a partner whose own people may."""
        for share in shared.get("shared_with_groups") or ():
            name = share["group_full_path"]
            try:
                members = self._client.list(f"/groups/{share['group_id']}/members/all")
            except (Missing, Denied):
                yield warning(
                    "access: shares", f"{what[0].upper()}{what[1:]} is shared with {name}, whose members the bot "
                    "cannot see.", f"See that no partner's people are in {name}, or end the share.",
                )  # fmt: skip
                continue
            for person, slugs in self._people_among(members):
                if slugs - {own}:
                    yield failed(
                        "access: shares", f"`{person}` of {_all(slugs)} comes into {what} through the group {name}.",
                        f"End the share with {name}, or remove the person from it.",
                    )  # fmt: skip

    def _epics(self) -> Iterator[Finding]:
        """An open epic is read by the people of every partner in the group."""
        if not self._place.epics:
            return
        variables = {"portfolio": self._place.group, "types": ["EPIC"], "author": self._place.bot}
        for epics in self._client.work_items("portfolio", variables, "namespace"):
            for epic in epics:
                if not epic["confidential"]:
                    yield failed(
                        "access: epic", f"The epic &{epic['iid']} is not confidential: every partner can read it.",
                        "Make it confidential in GitLab, or run `partner-journey apply`, which does.",
                    )  # fmt: skip


def _all(slugs: Collection[str]) -> str:
    return " and ".join(sorted(slugs))
