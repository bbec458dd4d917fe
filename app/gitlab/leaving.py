"""What is left of a partner who leaves, and the steps that take it away; REST where GraphQL has no mutation.

An archived project takes no issue, comment or commit any more, but members and webhooks can still be removed
(https://docs.gitlab.com/user/project/working_with_projects/#archive-a-project). The trap: a removal whose answer was
lost. Whoever runs it again looks first, and what is gone already is fine.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from app.gitlab.api_paths import group_api
from app.gitlab.client import Client
from app.gitlab.documents import Write
from app.gitlab.errors import GitLabError, Missing
from app.gitlab.ground import Footing
from app.gitlab.hook_secrets import HookSecrets
from app.gitlab.hooks import Hooks
from app.gitlab.names import number
from app.journey.leaving import (
    CloseEpic,
    FreezeProject,
    LockIssues,
    Remains,
    RemoveHook,
    RemoveMember,
    Step,
    WithdrawInvitation,
)
from app.journey.model import Partner
from app.journey.observed import Observed
from app.journey.prose import portfolio_title
from app.journey.questions import Questions

_BATCH = 30


@dataclass(frozen=True)
class LastLook:
    """One look at a partner who leaves: all comments are in `observed`; `closers` by issue id, as usernames."""

    observed: Observed
    closers: Mapping[str, str]
    remains: Remains


class Departure:
    """Looks at one partner who leaves, and does the steps outside the control project's files."""

    def __init__(self, client: Client, footing: Footing, partner: Partner, secrets: HookSecrets) -> None:
        self._client = client
        self._observer = footing.observer
        self._partner = partner
        self._secrets = secrets

    def look(self, remains: Remains) -> LastLook:
        """Completes `remains`, which knows the files only. Raises GitLabError."""
        partner = self._partner
        observed = self._observer.look(partner.slug, partner.people.everyone, portfolio_title(partner)).observed
        self._partner = partner = partner.spelt_as(observed.known_users)
        epic = observed.portfolio_item
        remains = replace(remains, epic=epic)
        project = observed.project
        if project is None:
            return LastLook(observed, {}, remains)
        everything = Questions(comments=frozenset(issue.id for issue in project.issues))
        observed = self._observer.ask(observed, partner.slug, everything, partner.people)
        path = f"/projects/{number(project.id)}"
        issues = self._client.list(f"{path}/issues")
        seen = self._client.get(path)
        hooks = Hooks(self._client, observed.place, self._secrets).of([observed.place.project_path(partner.slug)])
        remains = replace(
            remains,
            project=True,
            frozen=bool(seen["archived"]),
            hooks=tuple(hook.path for hook in hooks),
            unlocked=tuple(_item(i) for i in issues if not i["discussion_locked"]),
            members=self._strangers(path, observed.place.group),
            invitations=tuple(sorted(i["invite_email"] for i in self._client.list(f"{path}/invitations"))),
            shares=tuple(sorted(s["group_full_path"] for s in seen.get("shared_with_groups") or ())),
        )
        closers = {_item(i): str(i["closed_by"]["username"]) for i in issues if i.get("closed_by")}
        return LastLook(observed, closers, remains)

    def _strangers(self, path: str, group: str) -> dict[str, int]:
        """Direct members of the project whom the group does not know, and the partner's people in any case."""
        of_group = self._client.list(f"{group_api(group)}/members/all")
        people = self._partner.people
        ours = {str(m["username"]) for m in of_group} | {people.sa, people.manager}
        direct = {str(m["username"]): int(m["id"]) for m in self._client.list(f"{path}/members")}
        return {name: who for name, who in direct.items() if name not in ours or name in people.partner_side}

    def do(self, step: Step, observed: Observed, comment: str) -> None:
        """Does one step that is not a commit. `comment`: the last one. Raises GitLabError, TypeError for a commit."""
        project = f"/projects/{number(observed.project.id)}" if observed.project else ""
        match step:
            case RemoveHook():
                self._remove(step.path)
            case LockIssues():
                lock = {"notesWidget": {"discussionLocked": True}}
                self._write([Write("updateWorkItem", {"id": each, **lock}) for each in step.ids])
            case FreezeProject():
                self._client.post(f"{project}/archive")
            case RemoveMember():
                self._remove(f"{project}/members/{step.id}")
            case WithdrawInvitation():
                self._remove(f"{project}/invitations/{quote(step.email, safe='')}")
            case CloseEpic():
                self._close_epic(step, observed, comment)
            case _:
                raise TypeError(f"{type(step).__name__} is a commit to the control project")

    def _close_epic(self, step: CloseEpic, observed: Observed, comment: str) -> None:
        epic = observed.portfolio_item
        if epic is None:
            raise Missing("The partner's epic is gone.", "Run the command again.")
        writes = [Write("createNote", {"noteableId": epic.id, "body": comment})] if step.comment else []
        if epic.state == "open":
            writes.append(Write("updateWorkItem", {"id": epic.id, "stateEvent": "CLOSE"}))
        self._write(writes)

    def _write(self, writes: Collection[Write]) -> None:
        """Raises the first error after all were tried."""
        waiting = list(writes)
        for start in range(0, len(waiting), _BATCH):
            for answer in self._client.mutate(waiting[start : start + _BATCH]):
                if isinstance(answer, GitLabError):
                    raise answer

    def _remove(self, path: str) -> None:
        with suppress(Missing):  # somebody else was faster
            self._client.delete(path)


def _item(issue: Mapping[str, Any]) -> str:
    """REST and GraphQL count issues alike (https://docs.gitlab.com/api/graphql/reference/#workitemid)."""
    return f"gid://gitlab/WorkItem/{issue['id']}"


def was_told(observed: Observed, mark: str) -> bool:
    """Whether the last comment with this mark is in the epic."""
    notes = observed.portfolio_item.notes if observed.portfolio_item else ()
    return any(note.told == mark for note in notes)
