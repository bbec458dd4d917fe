"""Issue boards of projects and groups, and epic boards of groups (EE).

The trap this avoids: showing epic boards where there is no licence. The schema of EE has them, the answer is empty.
"""

from __future__ import annotations

from typing import Any

from app.sandbox import addresses, operations
from app.sandbox.graphql import context, global_ids
from app.sandbox.graphql.connections import Connection, in_order, paginate
from app.sandbox.graphql.context import Context, Info
from app.sandbox.graphql.global_ids import GlobalId
from app.sandbox.graphql.registry import PLAIN, field
from app.sandbox.graphql.resolvers.labels import by_title
from app.sandbox.graphql.resolvers.namespaces import below
from app.sandbox.world import Board, BoardList, Container, Group, Label

PLAIN.update(Board=Board, EpicBoard=Board, BoardList=BoardList, EpicList=BoardList)

_ORDER = {"backlog": 0, "label": 1, "closed": 2}
_TITLES = {"backlog": "Open", "closed": "Closed"}


def _boards(request: Context, source: Container, *, epic: bool) -> list[Board]:
    if epic and not request.world.licensed:
        return []
    return operations.boards_of(request.world, source, epic=epic)


def _named(board: Board) -> tuple[str, int]:
    return (board.name.lower(), board.id)


@field("Group.boards", "Project.boards")
def boards(source: Container, info: Info, **arguments: Any) -> Connection:
    """Issue boards by name, with `id` only that one."""
    wanted: GlobalId | None = arguments.pop("id", None)
    found = _boards(context.of(info), source, epic=False)
    return paginate([b for b in found if wanted is None or b.id == wanted.number], _named, **arguments)


@field("Group.board", "Project.board")
def board(source: Container, info: Info, **arguments: Any) -> Board | None:
    found = _boards(context.of(info), source, epic=False)
    return next((each for each in found if each.id == arguments["id"].number), None)


@field("Group.epicBoards")
def epic_boards(source: Group, info: Info, **arguments: Any) -> Connection:
    return paginate(_boards(context.of(info), source, epic=True), _named, **arguments)


@field("Group.epicBoard")
def epic_board(source: Group, info: Info, **arguments: Any) -> Board | None:
    found = _boards(context.of(info), source, epic=True)
    return next((each for each in found if each.id == arguments["id"].number), None)


@field("Board.id", "EpicBoard.id")
def id_(source: Board, _info: Info) -> str:
    return global_ids.of(source)


@field("EpicBoard.displayColors")
def display_colors(_source: Board, _info: Info) -> bool:
    return True


@field("Board.webPath", "EpicBoard.webPath")
def web_path(source: Board, info: Info) -> str:
    return addresses.of_board(context.of(info).world, source)


@field("Board.webUrl", "EpicBoard.webUrl")
def web_url(source: Board, info: Info) -> str:
    return context.of(info).world.base_url + web_path(source, info)


@field("Board.labels", "EpicBoard.labels")
def labels(source: Board, info: Info, **arguments: Any) -> Connection:
    """The labels that limit what the board shows."""
    known = context.of(info).world.labels
    return paginate([known[each] for each in source.label_ids if each in known], by_title, **arguments)


@field("Board.lists", "EpicBoard.lists")
def lists(source: Board, info: Info, **arguments: Any) -> Connection:
    """Open, the label lists by position, Closed; a hidden list is left out."""
    wanted: GlobalId | None = arguments.pop("id", None)
    known = context.of(info).world.labels
    hidden = {name for name in ("backlog", "closed") if getattr(source, f"hide_{name}_list")}
    found = [
        each
        for each in sorted(source.lists, key=lambda each: (_ORDER[each.list_type], each.position or 0, each.id))
        if each.list_type not in hidden
        and (each.label_id is None or each.label_id in known)
        and (wanted is None or each.id == wanted.number)
    ]
    return in_order(found, **arguments)


@field("BoardList.id")
def list_id(source: BoardList, _info: Info) -> str:
    return f"gid://gitlab/List/{source.id}"


@field("EpicList.id")
def epic_list_id(source: BoardList, _info: Info) -> str:
    return f"gid://gitlab/Boards::EpicList/{source.id}"


@field("BoardList.label", "EpicList.label")
def list_label(source: BoardList, info: Info) -> Label | None:
    return context.of(info).world.labels.get(source.label_id or 0)


@field("BoardList.title", "EpicList.title")
def title(source: BoardList, info: Info) -> str:
    label = list_label(source, info)
    return label.title if label is not None else _TITLES.get(source.list_type, "")


@field("BoardList.collapsed", "EpicList.collapsed")
def collapsed(_source: BoardList, _info: Info) -> bool:
    return False


@field("BoardList.issuesCount")
def issues_count(source: BoardList, info: Info) -> int:
    """How many issues of the board's container the list shows, of those that the user may read."""
    request = context.of(info)
    owner = next(each for each in request.world.boards.values() if source in each.lists)
    taken = {each.label_id for each in owner.lists if each.label_id is not None}
    groups = below(request, request.world.groups[owner.group_id]) if owner.group_id is not None else set()
    projects = {each.id for each in request.world.projects.values() if each.group_id in groups} | {owner.project_id}
    return sum(
        _listed(source, item.state == "closed", set(item.label_ids), taken) and request.readable(item) is not None
        for item in request.world.work_items.values()
        if item.type in ("ISSUE", "INCIDENT") and item.project_id in projects
    )


def _listed(source: BoardList, closed: bool, labels: set[int], taken: set[int]) -> bool:
    if source.list_type == "closed":
        return closed
    if source.list_type == "label":
        return not closed and source.label_id in labels
    return not closed and not labels & taken
