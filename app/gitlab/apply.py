"""A plan to GitLab's writes, in order, as few requests as the order allows.

Mutations that do not wait for each other travel in one request. A batch is sent before the first action that needs an
id made in it, before any REST call, and before the commit point, so that a crash anywhere leaves only work that the
next run finds and goes on with. The trap: repeating a create that got no answer. Nothing here ever repeats.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.gitlab.client import Client
from app.gitlab.documents import Write
from app.gitlab.errors import GitLabError, Missing
from app.gitlab.instance import Instance
from app.gitlab.observe import HOOK_NAME, Observer, number
from app.journey import markers
from app.journey.actions import (
    Action,
    AddBoardList,
    CommitFiles,
    CreateBoard,
    CreateHook,
    CreateIssue,
    CreateLabel,
    CreateMilestone,
    CreatePortfolioItem,
    CreateProject,
    InviteMembers,
    Notify,
    Plan,
    PostComment,
    UpdateHook,
    UpdateIssue,
    UpdateMilestone,
    UpdatePortfolioItem,
)
from app.journey.observed import Observed
from app.journey.progress import status_issue

_BATCH = 30


@dataclass(frozen=True)
class HookSecrets:
    """What a new webhook is told. The signing token needs GitLab 19.0; older ones send the plain token only."""

    signing_token: str | None = None
    token: str | None = None


@dataclass
class Names:
    """Ids by the names that actions use; filled from the observation, completed by each answer."""

    labels: dict[str, str]
    users: dict[str, str]
    milestones: dict[str, str] = field(default_factory=dict)
    boards: dict[tuple[str, str], str] = field(default_factory=dict)
    issues: dict[str, tuple[str, int]] = field(default_factory=dict)
    project: str | None = None
    portfolio_item: str | None = None


class Applier:
    """Applies plans. `tell` receives each Notify before the change is recorded; it must be durable when it returns."""

    def __init__(
        self,
        client: Client,
        instance: Instance,
        observer: Observer,
        secrets: HookSecrets,
        tell: Callable[[Notify], None],
    ) -> None:
        self._client = client
        self._instance = instance
        self._observer = observer
        self._secrets = secrets
        self._tell = tell

    def apply(self, plan: Plan, observed: Observed) -> tuple[str, ...]:
        """Does everything in the plan; returns the keys of what was done. Raises the first GitLabError it meets."""
        work = _Work(self._client, self._instance, observed, plan.partner, self._secrets)
        try:
            for action in plan.actions:
                if isinstance(action, Notify):
                    work.flush()
                    self._tell(action)
                    work.done.append(f"{action.verb} {action.key}")
                else:
                    work.do(action)
            work.flush()
        finally:
            self._observer.remember(plan.partner, **work.numbers())
        return tuple(work.done)


class _Work:
    """One plan being applied: what is waiting to be sent, and the ids known so far."""

    def __init__(self, client: Client, instance: Instance, observed: Observed, slug: str, secrets: HookSecrets) -> None:
        self._client = client
        self._instance = instance
        self._place = observed.place
        self._slug = slug
        self._secrets = secrets
        self._waiting: list[tuple[Action, Write]] = []
        self._group_id = observed.group_id
        self._hook: str | None = None
        self._portfolio_iid: str | None = None
        self.done: list[str] = []
        self.names = _names(observed)

    def numbers(self) -> dict[str, str]:
        """What the next look needs, so far as this plan made it."""
        page = self.names.issues.get("page/status")
        made = {"status": str(page[1]) if page else None, "portfolio_item": self._portfolio_iid, "hook": self._hook}
        return {name: value for name, value in made.items() if value is not None}

    def do(self, action: Action) -> None:
        rest = {
            CreateProject: self._create_project,
            CommitFiles: self._commit_files,
            CreateMilestone: self._create_milestone,
            UpdateMilestone: self._update_milestone,
            InviteMembers: self._invite,
            CreateHook: self._create_hook,
            UpdateHook: self._update_hook,
        }.get(type(action))
        if rest is not None:
            self.flush()
            rest(action)  # type: ignore[operator]
            self.done.append(f"{action.verb} {action.key}")
            return
        if not self._ready(action) or len(self._waiting) >= _BATCH:
            self.flush()
        self._waiting.append((action, self._write(action)))

    def flush(self) -> None:
        """Sends what is waiting in one request and takes in the ids. Raises the first error after reading all."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        answers = self._client.mutate([write for _action, write in waiting])
        errors = []
        for (action, _write), answer in zip(waiting, answers, strict=True):
            if isinstance(answer, GitLabError):
                errors.append(answer)
            else:
                self._take_in(action, answer)
                self.done.append(f"{action.verb} {action.key}")
        if errors:
            raise errors[0]

    # --- what waits for what ---

    def _ready(self, action: Action) -> bool:
        """False when the action needs something that the waiting batch makes, or must not share a batch with it."""
        names = self.names
        match action:
            case AddBoardList():
                return (action.where, action.board) in names.boards and action.label in names.labels
            case CreatePortfolioItem():
                return all(label in names.labels for label in action.labels)
            case CreateIssue():
                known = not action.under_portfolio_item or not self._place.epics or names.portfolio_item is not None
                return known and all(label in names.labels for label in action.labels)
            case UpdateIssue(add_labels=added) if not all(label in names.labels for label in added):
                return False
            case UpdateIssue() | PostComment():
                wanted = markers.references(_text(action))
                target = action.name if isinstance(action, UpdateIssue) else "page/status"
                own = isinstance(action, UpdateIssue) and action.id is not None
                if isinstance(action, UpdateIssue) and action.attach and names.portfolio_item is None:
                    return False
                return all(name in names.issues for name in wanted) and (own or target in names.issues)
            case UpdatePortfolioItem():
                return not self._waiting or self._may_share(action)
        return True

    def _may_share(self, action: UpdatePortfolioItem) -> bool:
        told = any(isinstance(waiting, PostComment) for waiting, _write in self._waiting)
        return (
            not told
            and all(label in self.names.labels for label in action.add_labels)
            and (action.id or self.names.portfolio_item) is not None
            and not markers.references(action.description or "") - set(self.names.issues)
        )

    # --- GraphQL ---

    def _write(self, action: Action) -> Write:
        match action:
            case CreateLabel():
                return Write("createLabel", {
                    "groupPath": self._place.group, "title": action.title, "color": action.color,
                    "description": action.description,
                })  # fmt: skip
            case CreateBoard():
                return self._create_board(action)
            case AddBoardList():
                operation = "createEpicBoardList" if self._on_epic_board(action.where) else "createBoardList"
                board = self.names.boards[action.where, action.board]
                return Write(operation, {"boardId": board, "labelId": self._label(action.label)})
            case CreatePortfolioItem():
                return self._create_portfolio_item(action)
            case UpdatePortfolioItem():
                return self._update_portfolio_item(action)
            case CreateIssue():
                return self._create_issue(action)
            case UpdateIssue():
                return self._update_issue(action)
            case PostComment():
                return self._post_comment(action)
        raise TypeError(f"no write for {type(action).__name__}")

    def _on_epic_board(self, where: str) -> bool:
        return where == "portfolio" and self._place.epics

    def _create_board(self, action: CreateBoard) -> Write:
        if self._on_epic_board(action.where):
            return Write("createEpicBoard", {"groupPath": self._place.group, "name": action.name})
        path = self._place.control if action.where == "portfolio" else self._place.project_path(self._slug)
        return Write("createBoard", {"projectPath": path, "name": action.name})

    def _create_portfolio_item(self, action: CreatePortfolioItem) -> Write:
        where = (
            {"namespacePath": self._place.group, "workItemTypeId": self._instance.epic_type}
            if self._place.epics
            else {"namespacePath": self._place.control, "workItemTypeId": self._instance.issue_type}
        )
        return Write("createWorkItem", {
            **where, "title": action.title, "confidential": action.confidential,
            "descriptionWidget": {"description": action.description},
            "labelsWidget": {"labelIds": [self._label(label) for label in action.labels]},
        })  # fmt: skip

    def _update_portfolio_item(self, action: UpdatePortfolioItem) -> Write:
        target = action.id or self.names.portfolio_item
        if target is None:
            raise Missing("The partner's epic was not created.", "The next run creates it.")
        state = {"open": "REOPEN", "closed": "CLOSE"}[action.state] if action.state else None
        return Write("updateWorkItem", self._changes(target, action, state))

    def _create_issue(self, action: CreateIssue) -> Write:
        given: dict[str, Any] = {
            "namespacePath": self._place.project_path(self._slug),
            "workItemTypeId": self._instance.issue_type,
            "title": action.title,
            "confidential": action.confidential,
            "descriptionWidget": {"description": self._filled(action.description)},
            "labelsWidget": {"labelIds": [self._label(label) for label in action.labels]},
        }
        if action.under_portfolio_item and self._place.epics:
            given["hierarchyWidget"] = {"parentId": self.names.portfolio_item}
        if action.milestone in self.names.milestones:
            given["milestoneWidget"] = {"milestoneId": self.names.milestones[action.milestone]}
        if action.due is not None:
            given["startAndDueDateWidget"] = {"dueDate": action.due.isoformat(), "isFixed": True}
        if action.assignee in self.names.users:
            given["assigneesWidget"] = {"assigneeIds": [self.names.users[action.assignee]]}
        return Write("createWorkItem", given)

    def _update_issue(self, action: UpdateIssue) -> Write:
        target = action.id or self.names.issues[action.name][0]
        changes = self._changes(target, action, "CLOSE" if action.close else None)
        if action.attach:
            changes["hierarchyWidget"] = {"parentId": self.names.portfolio_item}
        return Write("updateWorkItem", changes)

    def _changes(self, target: str, action: UpdateIssue | UpdatePortfolioItem, state: str | None) -> dict[str, Any]:
        changes: dict[str, Any] = {"id": target}
        if action.title is not None:
            changes["title"] = action.title
        if action.description is not None:
            changes["descriptionWidget"] = {"description": self._filled(action.description)}
        labels = {
            "addLabelIds": [self._label(label) for label in action.add_labels],
            "removeLabelIds": [self._label(label) for label in action.remove_labels if label in self.names.labels],
        }
        if any(labels.values()):
            changes["labelsWidget"] = {key: ids for key, ids in labels.items() if ids}
        if action.hide:
            changes["confidential"] = True
        if state is not None:
            changes["stateEvent"] = state
        return changes

    def _post_comment(self, action: PostComment) -> Write:
        if action.where == "status":
            target: str | None = self.names.issues["page/status"][0]
        else:
            target = self.names.portfolio_item
        return Write("createNote", {"noteableId": target, "body": self._filled(action.body)})

    def _label(self, title: str) -> str:
        if title not in self.names.labels:
            raise Missing(f"The group has no label {title}.", "The next run creates it.")
        return self.names.labels[title]

    def _filled(self, text: str) -> str:
        return markers.fill_references(text, {name: f"#{iid}" for name, (_id, iid) in self.names.issues.items()})

    def _take_in(self, action: Action, answer: dict[str, Any]) -> None:
        match action:
            case CreateLabel():
                self.names.labels[action.title] = answer["label"]["id"]
            case CreateBoard():
                board = answer.get("epicBoard") or answer["board"]
                self.names.boards[action.where, action.name] = board["id"]
            case CreatePortfolioItem():
                self.names.portfolio_item = answer["workItem"]["id"]
                self._portfolio_iid = str(answer["workItem"]["iid"])
            case CreateIssue():
                self.names.issues[action.name] = (answer["workItem"]["id"], int(answer["workItem"]["iid"]))
            case _:
                pass

    # --- REST: what GraphQL has no mutation for ---

    @property
    def _project(self) -> str:
        if self.names.project is None:
            raise Missing("The partner's project was not created.", "The next run creates it.")
        return f"/projects/{number(self.names.project)}"

    def _create_project(self, action: CreateProject) -> None:
        """https://docs.gitlab.com/api/projects/#create-a-project ; closing by commit message is switched off."""
        project = self._client.post(
            "/projects", namespace_id=number(self._group_id), path=action.path, name=action.name,
            description=action.description, visibility="private", default_branch="main",
            autoclose_referenced_issues=False, issues_access_level="enabled", merge_requests_access_level="disabled",
        )  # fmt: skip
        self.names.project = f"gid://gitlab/Project/{project['id']}"

    def _commit_files(self, action: CommitFiles) -> None:
        changes = [
            {"action": verb, "file_path": path, "content": text}
            for verb, files in (("create", action.create), ("update", action.update))
            for path, text in files.items()
        ]
        self._client.post(
            f"{self._project}/repository/commits", branch="main", commit_message=action.message, actions=changes
        )

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
        self._client.post(
            f"{self._project}/members", username=",".join(action.usernames), access_level=action.access_level
        )

    def _hook_fields(self, url: str) -> dict[str, Any]:
        """push_events is on unless said otherwise (https://docs.gitlab.com/api/project_webhooks/)."""
        events = ("issues", "confidential_issues", "note", "confidential_note", "milestone")
        fields: dict[str, Any] = {"url": url, "name": HOOK_NAME, "push_events": False, "enable_ssl_verification": True}
        fields |= {f"{event}_events": True for event in events}
        if self._secrets.signing_token:
            fields["signing_token"] = self._secrets.signing_token
        if self._secrets.token:
            fields["token"] = self._secrets.token
        return fields

    def _create_hook(self, action: CreateHook) -> None:
        hook = self._client.post(f"{self._project}/hooks", **self._hook_fields(action.url))
        self._hook = f"gid://gitlab/ProjectHook/{hook['id']}"

    def _update_hook(self, action: UpdateHook) -> None:
        self._client.put(f"{self._project}/hooks/{number(action.id)}", **self._hook_fields(action.url))


def _names(observed: Observed) -> Names:
    project = observed.project
    names = Names(labels=dict(observed.labels), users=dict(observed.known_users))
    if observed.portfolio_board is not None:
        names.boards["portfolio", observed.portfolio_board.name] = observed.portfolio_board.id
    if observed.portfolio_item is not None:
        names.portfolio_item = observed.portfolio_item.id
    if project is not None:
        names.project = project.id
        names.milestones = {m.title: m.id for m in project.milestones}
        names.boards |= {("project", b.name): b.id for b in project.boards}
        for issue in sorted(project.issues, key=lambda i: i.iid):
            name = markers.find("capability", issue.description) if issue.by_bot else None
            if name is not None:
                names.issues.setdefault(name, (issue.id, issue.iid))
        page = status_issue(observed)
        if page is not None:
            names.issues["page/status"] = (page.id, page.iid)
    return names


def _text(action: UpdateIssue | PostComment) -> str:
    return action.body if isinstance(action, PostComment) else action.description or ""
