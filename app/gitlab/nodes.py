"""Nodes of GitLab's GraphQL answers as `Observed` values. Pure: whatever is missing was asked for before.

The trap: widgets. GitLab gives an item's fields in a list of them, in no order, and leaves out those that its licence
or type lacks (https://docs.gitlab.com/development/work_items_widgets/).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.gitlab.names import number
from app.journey.observed import Board, Hook, Issue, Milestone, Note, PortfolioItem, Project, State

Node = Mapping[str, Any]


def widgets_of(node: Node) -> dict[str, Any]:
    """All widgets' fields in one mapping: each field name belongs to one widget only."""
    merged: dict[str, Any] = {}
    for widget in node.get("widgets") or []:
        merged |= {key: value for key, value in widget.items() if value is not None}
    return merged


def author_of(node: Node) -> str | None:
    """The author's id; None of an account that is gone."""
    return node["author"]["id"] if node["author"] else None


def users_in(data: Node) -> dict[str, str]:
    """Usernames to ids: of those who were looked up, and of everybody who is assigned to something."""
    found = [*data["users"]["nodes"]]
    for node in (data["project"] or {"workItems": {"nodes": []}})["workItems"]["nodes"]:
        found += (widgets_of(node).get("assignees") or {"nodes": []})["nodes"]
    return {user["username"]: user["id"] for user in found}


def project_of(node: Node, notes: tuple[Note, ...], bot: str) -> Project:
    """`notes`: those of the status issue; `bot`: the bot's own id."""
    hook, repository = node.get("webhook"), node["repository"] or {}
    return Project(
        id=node["id"],
        url=node["webUrl"],
        default_branch=repository.get("rootRef") or "main",
        marked_for_deletion=bool(node["markedForDeletion"]),
        files=_files(repository),
        milestones=tuple(_milestone(m) for m in node["milestones"]["nodes"]),
        boards=tuple(board_of(b) for b in node["boards"]["nodes"]),
        members={
            m["user"]["username"]: m["accessLevel"]["integerValue"]
            for m in node["projectMembers"]["nodes"]
            if m["user"]
        },
        hook=Hook(hook["id"], hook["url"], hook["alertStatus"].lower()) if hook else None,
        issues=tuple(_issue(i, bot) for i in node["workItems"]["nodes"]),
        status_notes=notes,
    )


def _issue(node: Node, bot: str) -> Issue:
    widgets = widgets_of(node)
    status = widgets.get("status") or {}
    return Issue(
        id=node["id"],
        iid=int(node["iid"]),
        title=node["title"],
        description=widgets.get("description") or "",
        state=_state(node),
        created_at=datetime.fromisoformat(node["createdAt"]),
        updated_at=datetime.fromisoformat(node["updatedAt"]),
        closed_at=datetime.fromisoformat(node["closedAt"]) if node["closedAt"] else None,
        url=node["webUrl"],
        by_bot=author_of(node) == bot,
        labels=_labels(widgets),
        assignees=tuple(u["username"] for u in (widgets.get("assignees") or {"nodes": []})["nodes"]),
        parent=(widgets.get("parent") or {}).get("id"),
        due=date.fromisoformat(widgets["dueDate"]) if widgets.get("dueDate") else None,
        moved=node["movedToWorkItemUrl"] is not None,
        duplicate=node["duplicatedToWorkItemUrl"] is not None,
        confidential=bool(node["confidential"]),
        canceled=status.get("category") == "CANCELED",
    )


def portfolio_item_of(node: Node, notes: tuple[Note, ...]) -> PortfolioItem:
    widgets = widgets_of(node)
    return PortfolioItem(
        id=node["id"],
        iid=int(node["iid"]),
        title=node["title"],
        description=widgets.get("description") or "",
        state=_state(node),
        url=node["webUrl"],
        labels=_labels(widgets),
        notes=notes,
        confidential=bool(node["confidential"]),
    )


def note_of(node: Node, bot: str) -> Note:
    return Note(
        node["id"],
        node["body"],
        datetime.fromisoformat(node["createdAt"]),
        author_of(node) == bot,
        (node["author"] or {}).get("username", ""),
        number(node["id"]),
    )


def board_of(node: Node) -> Board:
    lists = (entry["label"] for entry in node["lists"]["nodes"])
    return Board(node["id"], node["name"], frozenset(label["title"] for label in lists if label))


def _state(node: Node) -> State:
    return "open" if node["state"] == "OPEN" else "closed"


def _labels(widgets: Node) -> frozenset[str]:
    return frozenset(label["title"] for label in (widgets.get("labels") or {"nodes": []})["nodes"])


def _files(repository: Node) -> dict[str, str]:
    """Path -> git blob id. A tree's `sha` is the entry's own id, whatever its description says."""
    readme = (repository.get("blobs") or {"nodes": []})["nodes"]
    templates = ((repository.get("tree") or {}).get("blobs") or {"nodes": []})["nodes"]
    return {b["path"]: b["oid"] for b in readme} | {b["path"]: b["sha"] for b in templates}


def _milestone(node: Node) -> Milestone:
    due = node["dueDate"]
    return Milestone(node["id"], node["title"], node["state"], date.fromisoformat(due[:10]) if due else None)
