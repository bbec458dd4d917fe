"""Actions to GraphQL mutations, what each has to wait for, and what its answer tells.

A write may travel with those before it unless it needs an id made by one of them. The record of a stage change (the
portfolio item's update) never travels with the comments: it must not be written when a comment failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.gitlab.documents import Write
from app.gitlab.errors import Missing
from app.gitlab.instance import Instance
from app.gitlab.names import Names
from app.journey import markers
from app.journey.actions import (
    Action,
    AddBoardList,
    CommitFiles,
    CreateBoard,
    CreateIssue,
    CreateLabel,
    CreatePortfolioItem,
    PostComment,
    React,
    RemoveComment,
    UpdateIssue,
    UpdatePortfolioItem,
)
from app.journey.items import STATUS_PAGE
from app.journey.observed import Place


class Writes:
    """Makes the mutations of one partner's plan."""

    def __init__(self, names: Names, place: Place, instance: Instance, slug: str) -> None:
        self.names = names
        self._place = place
        self._instance = instance
        self._slug = slug

    def ready(self, action: Action, waiting: Sequence[Action]) -> bool:
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
                target = action.name if isinstance(action, UpdateIssue) else STATUS_PAGE
                own = (action.id if isinstance(action, UpdateIssue) else action.issue) is not None
                if isinstance(action, UpdateIssue) and action.attach and names.portfolio_item is None:
                    return False
                return all(name in names.issues for name in wanted) and (own or target in names.issues)
            case UpdatePortfolioItem():
                return not waiting or self._may_share(action, waiting)
        return True

    def _may_share(self, action: UpdatePortfolioItem, waiting: Sequence[Action]) -> bool:
        told = any(isinstance(other, PostComment) for other in waiting)
        return (
            not told
            and all(label in self.names.labels for label in action.add_labels)
            and (action.id or self.names.portfolio_item) is not None
            and not markers.references(action.description or "") - set(self.names.issues)
        )

    def write(self, action: Action) -> Write:
        """The mutation of an action that is ready."""
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
                return Write(operation, {"boardId": board, "labelId": self.names.label(action.label)})
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
            case RemoveComment():
                return Write("destroyNote", {"id": action.id})
            case CommitFiles():
                return self._commit_files(action)
            case React():
                return Write("addEmoji", {"awardableId": action.note, "name": action.emoji})
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
            "labelsWidget": {"labelIds": [self.names.label(label) for label in action.labels]},
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
            "descriptionWidget": {"description": self.names.filled(action.description)},
            "labelsWidget": {"labelIds": [self.names.label(label) for label in action.labels]},
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
        state = "CLOSE" if action.close else "REOPEN" if action.reopen else None
        changes = self._changes(target, action, state)
        if action.due is not None:
            changes["startAndDueDateWidget"] = {"dueDate": action.due.isoformat(), "isFixed": True}
        if action.assign and all(name in self.names.users for name in action.assign):
            changes["assigneesWidget"] = {"assigneeIds": [self.names.users[name] for name in action.assign]}
        if action.attach:
            changes["hierarchyWidget"] = {"parentId": self.names.portfolio_item}
        return Write("updateWorkItem", changes)

    def _changes(self, target: str, action: UpdateIssue | UpdatePortfolioItem, state: str | None) -> dict[str, Any]:
        changes: dict[str, Any] = {"id": target}
        if action.title is not None:
            changes["title"] = action.title
        if action.description is not None:
            changes["descriptionWidget"] = {"description": self.names.filled(action.description)}
        labels = {
            "addLabelIds": [self.names.label(label) for label in action.add_labels],
            "removeLabelIds": [self.names.label(label) for label in action.remove_labels if label in self.names.labels],
        }
        if any(labels.values()):
            changes["labelsWidget"] = {key: ids for key, ids in labels.items() if ids}
        if action.hide:
            changes["confidential"] = True
        if state is not None:
            changes["stateEvent"] = state
        return changes

    def _post_comment(self, action: PostComment) -> Write:
        if action.issue is not None:
            target: str | None = action.issue
        elif action.where == "status":
            target = self.names.issues[STATUS_PAGE][0]
        else:
            target = self.names.portfolio_item
        return Write("createNote", {"noteableId": target, "body": self.names.filled(action.body)})

    def _commit_files(self, action: CommitFiles) -> Write:
        """The same service as REST's (https://docs.gitlab.com/api/commits/), but it travels with other writes."""
        changes: list[dict[str, str]] = [
            {"action": verb, "filePath": path, "content": text}
            for verb, files in (("CREATE", action.create), ("UPDATE", action.update))
            for path, text in files.items()
        ]
        changes += [{"action": "DELETE", "filePath": path} for path in action.delete]
        path = self._place.project_path(self._slug)
        given = {"projectPath": path, "branch": self.names.branch, "message": action.message, "actions": changes}
        return Write("commitFiles", given)

    def take_in(self, action: Action, answer: dict[str, Any]) -> None:
        """Learns the ids of what was made."""
        match action:
            case CreateLabel():
                self.names.labels[action.title] = answer["label"]["id"]
            case CreateBoard():
                board = answer.get("epicBoard") or answer["board"]
                self.names.boards[action.where, action.name] = board["id"]
            case CreatePortfolioItem():
                self.names.portfolio_item = answer["workItem"]["id"]
                self.names.portfolio_iid = str(answer["workItem"]["iid"])
            case CreateIssue():
                self.names.issues[action.name] = (answer["workItem"]["id"], int(answer["workItem"]["iid"]))
            case _:
                pass


def _text(action: UpdateIssue | PostComment) -> str:
    return action.body if isinstance(action, PostComment) else action.description or ""
