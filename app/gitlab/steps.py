"""What GraphQL has no mutation for, by REST: projects, badges, milestones, members, webhooks.

Each step is one request. The trap: an answer of 201 that says "error" inside, as GitLab gives for members.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.gitlab.client import Client
from app.gitlab.errors import Missing, Refused
from app.gitlab.hook_secrets import HookSecrets, issue_events, write_hook
from app.gitlab.names import Names, number
from app.gitlab.observe import HOOK_NAME
from app.journey.actions import (
    Action,
    ChangeRole,
    CreateBadge,
    CreateHook,
    CreateMilestone,
    CreateProject,
    InviteMembers,
    UpdateHook,
    UpdateMilestone,
)

_INHERITED = "inherited membership from a group"
_ALREADY = "Member already exists"
_KINDS = (
    CreateProject
    | CreateBadge
    | CreateMilestone
    | UpdateMilestone
    | InviteMembers
    | ChangeRole
    | CreateHook
    | UpdateHook
)


class Steps:
    """Does the REST steps of one partner's plan."""

    def __init__(self, client: Client, names: Names, group_id: str, secrets: HookSecrets) -> None:
        self._client = client
        self.names = names
        self._group_id = group_id
        self._secrets = secrets

    def do(self, action: Action) -> None:
        """Does an action that `takes` names. Raises GitLabError."""
        match action:
            case CreateProject():
                self._create_project(action)
            case CreateBadge():
                self._create_badge(action)
            case CreateMilestone():
                self._create_milestone(action)
            case UpdateMilestone():
                self._update_milestone(action)
            case InviteMembers():
                self._invite(action)
            case ChangeRole():
                self._change_role(action)
            case CreateHook():
                self._create_hook(action)
            case UpdateHook():
                self._update_hook(action)
            case _:
                raise TypeError(f"no step for {type(action).__name__}")

    @staticmethod
    def takes(action: Action) -> bool:
        """Whether an action is done by REST."""
        return isinstance(action, _KINDS)

    @property
    def _project(self) -> str:
        if self.names.project is None:
            raise Missing("The partner's project was not created.", "The next run creates it.")
        return f"/projects/{number(self.names.project)}"

    def _create_project(self, action: CreateProject) -> None:
        """A group takes each project name once (https://docs.gitlab.com/api/projects/#create-a-project): a refusal of
        the name alone is sure, so the other name may be tried. A taken path is something that this token cannot see."""
        try:
            project = self._post_project(action, action.name)
        except Refused as error:
            if "path" in error.about:
                raise Refused(
                    f"The path {action.path} is taken in the group, but the bot sees no project there.",
                    "If the project was made a moment ago, nothing: the next run sees it. Else make the bot Owner of "
                    "that project, rename it, or finish its deletion.",
                    error.about,
                ) from None
            if "name" not in error.about:
                raise
            project = self._post_project(action, action.other_name)
        self.names.project = f"gid://gitlab/Project/{project['id']}"

    def _post_project(self, action: CreateProject, name: str) -> Any:
        """Closing by commit message is switched off."""
        return self._client.post(
            "/projects", namespace_id=number(self._group_id), path=action.path, name=name,
            description=action.description, visibility="private", default_branch="main",
            autoclose_referenced_issues=False, issues_access_level="enabled", merge_requests_access_level="disabled",
        )  # fmt: skip

    def _create_badge(self, action: CreateBadge) -> None:
        """https://docs.gitlab.com/api/project_badges/ ; the list shows the groups' badges as well."""
        address = f"{self._project}/badges"
        if action.adopt and any(
            b["name"] == action.name and b["kind"] == "project" for b in self._client.list(address)
        ):
            return
        self._client.post(address, name=action.name, link_url=action.link, image_url=action.image)

    def _create_milestone(self, action: CreateMilestone) -> None:
        given = {"due_date": action.due.isoformat()} if action.due else {}
        milestone = self._client.post(
            f"{self._project}/milestones", title=action.title, description=action.description, **given
        )
        self.names.milestones[action.title] = f"gid://gitlab/Milestone/{milestone['id']}"

    def _update_milestone(self, action: UpdateMilestone) -> None:
        given: dict[str, Any] = {"due_date": action.due.isoformat()} if action.due else {}
        if action.state is not None:
            given["state_event"] = {"closed": "close", "active": "activate"}[action.state]
        target = action.id or self.names.milestones[action.title]
        self._client.put(f"{self._project}/milestones/{number(target)}", **given)

    def _invite(self, action: InviteMembers) -> None:
        """Who is a member already was made one a moment ago, and the look did not show it yet
        (https://docs.gitlab.com/api/project_members/#add-a-member-to-a-project)."""
        try:
            answer = self._client.post(
                f"{self._project}/members", username=",".join(action.usernames), access_level=action.access_level
            )
        except Refused as error:
            if _INHERITED in error.cause:
                raise self._ours(action.usernames) from None
            if _ALREADY not in error.cause:
                raise
            return
        told = answer.get("message") if isinstance(answer, dict) and answer.get("status") == "error" else None
        refused = {name: why for name, why in told.items() if why != _ALREADY} if isinstance(told, dict) else told
        inherited = [name for name, why in refused.items() if _INHERITED in why] if isinstance(refused, dict) else []
        if inherited:
            raise self._ours(inherited)
        if refused:
            what = f"GitLab did not add {action.key} ({refused})."
            raise Refused(what, "Correct the partner file, or add them by hand.")

    @staticmethod
    def _ours(usernames: Sequence[str]) -> Refused:
        return Refused(
            f"{', '.join(usernames)} can be no partner's people: GitLab has them as members of a group above.",
            "Name somebody of the partner's own in the partner file, or take them out of that group.",
        )

    def _change_role(self, action: ChangeRole) -> None:
        """https://docs.gitlab.com/api/project_members/#update-a-member-of-a-project ; not below an inherited role."""
        address = f"{self._project}/members/{number(action.user)}"
        try:
            self._client.put(address, access_level=action.access_level)
        except Missing:
            return  # has left meanwhile; the next look invites again, or not
        except Refused as error:
            raise Refused(
                f"The role of {action.username} could not be changed: {error.cause}",
                f"Change it by hand, or give {action.username} no role in a group above.",
            ) from None

    def _create_hook(self, action: CreateHook) -> None:
        hook = self._write_hook(None, action.url)
        self.names.hook = f"gid://gitlab/ProjectHook/{hook['id']}"

    def _update_hook(self, action: UpdateHook) -> None:
        self._write_hook(number(action.id), action.url)

    def _write_hook(self, hook: int | None, url: str) -> Any:
        address = f"{self._project}/hooks"
        return write_hook(self._client, address, self._secrets, number=hook, name=HOOK_NAME, **issue_events(url))
