"""Issue boards and their lists; epic boards read-only (https://docs.gitlab.com/api/boards/).

The trap: REST cannot create epic boards, only GraphQL can; and a new project has no board until one is made.
"""

from __future__ import annotations

from app.sandbox import operations
from app.sandbox.errors import Invalid, NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import epic_group, the_container
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import boolean, integer, require_any, require_one, text, texts
from app.sandbox.rest.presenters import labels as presenters
from app.sandbox.rest.presenters.containers import project_basic
from app.sandbox.rest.presenters.formats import Json
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import Board, BoardList, belongs

routes = Routes()


def _find(call: Call) -> Board:
    container = the_container(call)
    board = call.world.boards.get(call.number("board_id", "Board"))
    if board is None or board.epic or not belongs(board, container):
        raise NotFound.of("Board")
    return board


def _find_list(call: Call, board: Board) -> BoardList:
    list_id = call.number("list_id", "List")
    for row in operations.label_lists(board):
        if row.id == list_id:
            return row
    raise NotFound.of("List")


def _present(call: Call, board: Board) -> Json:
    project = None if board.project_id is None else project_basic(call.world, call.world.projects[board.project_id])
    return presenters.board(call.world, board, project)


@routes.get("/:scope/:id/boards", listed=True)
def list_boards(call: Call) -> Response:
    rows = operations.boards_of(call.world, the_container(call))
    return paginate(call, rows, lambda board: _present(call, board))


@routes.get("/:scope/:id/boards/:board_id")
def read_board(call: Call) -> Response:
    return ok(_present(call, _find(call)))


@routes.post("/:scope/:id/boards", text("name", required=True))
def create_board(call: Call) -> Response:
    """Group boards by REST belong to the Enterprise Edition."""
    container = the_container(call)
    if call.path["scope"] == "groups" and not call.world.enterprise:
        raise NotFound
    where = operations.as_keywords(container)
    board = operations.create_board(call.world, call.actor, name=call.get("name", ""), **where)
    return created(_present(call, board))


@routes.put(
    "/:scope/:id/boards/:board_id",
    text("name"),
    boolean("hide_backlog_list"),
    boolean("hide_closed_list"),
    texts("labels"),
)
def update_board(call: Call) -> Response:
    names = ("name", "hide_backlog_list", "hide_closed_list")
    require_any(call.given, *names, "labels")
    board = _find(call)
    changes = call.some(*names)
    if "labels" in call.given:
        titles = set(call.given["labels"])
        available = operations.available_labels(call.world, the_container(call))
        changes["label_ids"] = [label.id for label in available if label.title in titles]
    return ok(_present(call, operations.update_board(call.world, call.actor, board, **changes)))


@routes.delete("/:scope/:id/boards/:board_id")
def delete_board(call: Call) -> Response:
    operations.delete_board(call.world, call.actor, _find(call))
    return no_content()


@routes.get("/:scope/:id/boards/:board_id/lists", listed=True)
def list_lists(call: Call) -> Response:
    return paginate(call, operations.label_lists(_find(call)), lambda row: presenters.board_list(call.world, row))


@routes.get("/:scope/:id/boards/:board_id/lists/:list_id")
def read_list(call: Call) -> Response:
    return ok(presenters.board_list(call.world, _find_list(call, _find(call))))


@routes.post(
    "/:scope/:id/boards/:board_id/lists",
    integer("label_id"),
    integer("milestone_id"),
    integer("assignee_id"),
    integer("iteration_id"),
)
def create_list(call: Call) -> Response:
    """The sandbox makes lists by label only; the other kinds are Premium on GitLab."""
    require_one(call.given, "label_id", "milestone_id", "iteration_id", "assignee_id")
    label_id = call.get("label_id")
    if label_id is None:
        raise Invalid("The sandbox makes board lists by label only: send label_id.")
    row = operations.create_board_list(call.world, call.actor, _find(call), label_id=label_id)
    return created(presenters.board_list(call.world, row))


@routes.put("/:scope/:id/boards/:board_id/lists/:list_id", integer("position", required=True))
def move_list(call: Call) -> Response:
    board = _find(call)
    row = operations.move_board_list(call.world, call.actor, board, _find_list(call, board), call.get("position", 0))
    return ok(presenters.board_list(call.world, row))


@routes.delete("/:scope/:id/boards/:board_id/lists/:list_id")
def delete_list(call: Call) -> Response:
    board = _find(call)
    operations.delete_board_list(call.world, call.actor, board, _find_list(call, board))
    return no_content()


@routes.get("/groups/:id/epic_boards", listed=True)
def list_epic_boards(call: Call) -> Response:
    """https://docs.gitlab.com/api/group_epic_boards/"""
    rows = operations.boards_of(call.world, epic_group(call), epic=True)
    return paginate(call, rows, lambda board: presenters.epic_board(call.world, board))


def _find_epic_board(call: Call) -> Board:
    group = epic_group(call)
    board = call.world.boards.get(call.number("board_id", "Board"))
    if board is None or not board.epic or not belongs(board, group):
        raise NotFound
    return board


@routes.get("/groups/:id/epic_boards/:board_id")
def read_epic_board(call: Call) -> Response:
    return ok(presenters.epic_board(call.world, _find_epic_board(call)))


@routes.get("/groups/:id/epic_boards/:board_id/lists", listed=True)
def list_epic_lists(call: Call) -> Response:
    rows = _find_epic_board(call).lists
    return paginate(call, rows, lambda row: presenters.board_list(call.world, row, epic=True))


@routes.get("/groups/:id/epic_boards/:board_id/lists/:list_id")
def read_epic_list(call: Call) -> Response:
    list_id = call.number("list_id", "List")
    for row in _find_epic_board(call).lists:
        if row.id == list_id:
            return ok(presenters.board_list(call.world, row, epic=True))
    raise NotFound
