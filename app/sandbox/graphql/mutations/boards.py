"""Mutations on issue boards and epic boards (https://docs.gitlab.com/api/graphql/reference/#mutationcreateboard)."""

from __future__ import annotations

from app.sandbox import operations, permissions
from app.sandbox.errors import Invalid
from app.sandbox.graphql.context import Context, ResourceUnavailable
from app.sandbox.graphql.global_ids import GlobalId
from app.sandbox.graphql.mutations.common import Input, Payload, group_or_project, mutation
from app.sandbox.world import Board, BoardList, Container, User


@mutation("createBoard")
def create(request: Context, actor: User, given: Input) -> Payload:
    """An issue board of a project or group."""
    home = group_or_project(request, given, project="projectPath", group="groupPath")
    return {"board": _create(request, actor, given, home, epic=False)}


@mutation("epicBoardCreate")
def create_epic_board(request: Context, actor: User, given: Input) -> Payload:
    """An epic board of a group; without a licence the group is not there for it."""
    group = request.group(given.get("groupPath") or "")
    if group is None or not request.world.licensed:
        raise ResourceUnavailable
    return {"epicBoard": _create(request, actor, given, group, epic=True)}


def _create(request: Context, actor: User, given: Input, home: Container, *, epic: bool) -> Board:
    titles = given.get("labels") or []
    known = {label.title: label.id for label in operations.available_labels(request.world, home)}
    missing = [title for title in titles if title not in known]
    if missing:
        raise Invalid(f"Labels not found: {', '.join(missing)}")
    return operations.create_board(
        request.world,
        actor,
        name=given.get("name") or "Development",
        epic=epic,
        hide_backlog_list=bool(given.get("hideBacklogList")),
        hide_closed_list=bool(given.get("hideClosedList")),
        label_ids=[known[title] for title in titles] + [each.number for each in given.get("labelIds") or ()],
        **operations.as_keywords(home),
    )


@mutation("destroyBoard")
def destroy(request: Context, actor: User, given: Input) -> Payload:
    operations.delete_board(request.world, actor, _board(request, given["id"], epic=False))
    return {"board": None}


@mutation("destroyEpicBoard")
def destroy_epic_board(request: Context, actor: User, given: Input) -> Payload:
    operations.delete_board(request.world, actor, _board(request, given["id"], epic=True))
    return {"epicBoard": None}


@mutation("boardListCreate")
def create_list(request: Context, actor: User, given: Input) -> Payload:
    """A list for a label, or the Open list. Exactly one of the two must be asked for."""
    return {"list": _create_list(request, actor, given, _board(request, given["boardId"], epic=False))}


@mutation("epicBoardListCreate")
def create_epic_list(request: Context, actor: User, given: Input) -> Payload:
    return {"list": _create_list(request, actor, given, _board(request, given["boardId"], epic=True))}


def _create_list(request: Context, actor: User, given: Input, board: Board) -> BoardList:
    label: GlobalId | None = given.get("labelId")
    backlog = bool(given.get("backlog"))
    if (label is not None) == backlog:
        raise Invalid("Provide exactly one of labelId and backlog")
    if label is None:
        return next(each for each in board.lists if each.list_type == "backlog")
    home = request.world.container_of(board)
    if label.number not in {each.id for each in operations.available_labels(request.world, home)}:
        raise Invalid("Label not found!")
    made = operations.create_board_list(request.world, actor, board, label_id=label.number)
    if given.get("position") is not None:
        operations.move_board_list(request.world, actor, board, made, given["position"])
    return made


def _board(request: Context, wanted: GlobalId, *, epic: bool) -> Board:
    found = request.world.boards.get(wanted.number)
    if found is None or found.epic != epic or (epic and not request.world.licensed):
        raise ResourceUnavailable
    home = request.world.container_of(found)
    if not permissions.can_read_container(request.world, request.user, home):
        raise ResourceUnavailable
    return found
