"""Issue boards of projects and groups, and epic boards (https://docs.gitlab.com/api/boards/).

Traps: a new project has no board until one is made; names are not unique; without a licence a group has one board at
most and there are no epic boards.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.sandbox import permissions
from app.sandbox.errors import Forbidden, Invalid
from app.sandbox.operations.common import UNSET, check_filled, one_container, require, require_visible
from app.sandbox.operations.labels import available_labels
from app.sandbox.world import Board, BoardList, Container, Group, Project, User, World, belonging_to, records_of


def create_board(
    world: World,
    actor: User,
    *,
    name: str,
    project: Project | None = None,
    group: Group | None = None,
    epic: bool = False,
    hide_backlog_list: bool = False,
    hide_closed_list: bool = False,
    label_ids: Iterable[int] = (),
) -> Board:
    """A board with its Open and Closed lists. Planner and up.

    Raises Forbidden for an epic board or a group's second board without a licence, Invalid for a blank name.
    """
    container = one_container(world, project, group)
    require_visible(world, actor, container)
    require(permissions.can_admin_boards(world, actor, container))
    if epic and not (world.licensed and isinstance(container, Group)):
        raise Forbidden
    if isinstance(container, Group) and not world.licensed and boards_of(world, container):
        raise Forbidden
    check_filled("name", name)
    now = world.clock()
    board = Board(
        id=world.ids.next("board"),
        name=name,
        created_at=now,
        updated_at=now,
        **belonging_to(container),
        epic=epic,
        hide_backlog_list=hide_backlog_list,
        hide_closed_list=hide_closed_list,
        label_ids=list(label_ids) if world.licensed else [],
        lists=[BoardList(world.ids.next("list"), "backlog", None), BoardList(world.ids.next("list"), "closed", None)],
    )
    world.boards[board.id] = board
    return board


def update_board(
    world: World,
    actor: User,
    board: Board,
    *,
    name: str = UNSET,
    hide_backlog_list: bool = UNSET,
    hide_closed_list: bool = UNSET,
    label_ids: Iterable[int] = UNSET,
) -> Board:
    """Planner and up. A label scope is kept on Premium and Ultimate only."""
    _require_admin(world, actor, board)
    if name is not UNSET:
        check_filled("name", name)
        board.name = name
    if hide_backlog_list is not UNSET:
        board.hide_backlog_list = hide_backlog_list
    if hide_closed_list is not UNSET:
        board.hide_closed_list = hide_closed_list
    if label_ids is not UNSET and world.licensed:
        board.label_ids = list(label_ids)
    board.updated_at = world.clock()
    return board


def delete_board(world: World, actor: User, board: Board) -> None:
    """Planner and up."""
    _require_admin(world, actor, board)
    del world.boards[board.id]


def create_board_list(world: World, actor: User, board: Board, *, label_id: int) -> BoardList:
    """A list of the items with a label, after the others. Raises Invalid for a foreign or an already listed label."""
    _require_admin(world, actor, board)
    container = world.container_of(board)
    if label_id not in {label.id for label in available_labels(world, container)}:
        raise Invalid({"label_id": ["Label not found!"]})
    if any(entry.label_id == label_id for entry in board.lists):
        raise Invalid({"label": ["has already been taken"]})
    entry = BoardList(world.ids.next("list"), "label", len(label_lists(board)), label_id)
    board.lists.append(entry)
    board.updated_at = world.clock()
    return entry


def move_board_list(world: World, actor: User, board: Board, entry: BoardList, position: int) -> BoardList:
    """Put a label list at a position counted from 0."""
    _require_admin(world, actor, board)
    others = [other for other in label_lists(board) if other is not entry]
    others.insert(max(0, position), entry)
    for index, other in enumerate(others):
        other.position = index
    return entry


def delete_board_list(world: World, actor: User, board: Board, entry: BoardList) -> None:
    """Only label lists can go; Open and Closed stay. Raises Forbidden."""
    _require_admin(world, actor, board)
    if entry.list_type != "label":
        raise Forbidden
    board.lists.remove(entry)
    for index, other in enumerate(label_lists(board)):
        other.position = index


def label_lists(board: Board) -> list[BoardList]:
    """The lists between Open and Closed, left to right."""
    return sorted((entry for entry in board.lists if entry.list_type == "label"), key=lambda e: e.position or 0)


def boards_of(world: World, container: Container, *, epic: bool = False) -> list[Board]:
    """The boards of a project or group, oldest first."""
    return [board for board in records_of(container, world.boards) if board.epic == epic]


def _require_admin(world: World, actor: User, board: Board) -> None:
    container = world.container_of(board)
    require_visible(world, actor, container)
    require(permissions.can_admin_boards(world, actor, container))
    if board.epic and not world.licensed:
        raise Forbidden
