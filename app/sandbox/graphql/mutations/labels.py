"""Mutations on labels."""

from __future__ import annotations

from app.sandbox import operations
from app.sandbox.errors import Conflict
from app.sandbox.graphql.context import Context
from app.sandbox.graphql.mutations.common import Input, Payload, group_or_project, mutation
from app.sandbox.world import User

DEFAULT_COLOR = "#6699cc"


@mutation("labelCreate")
def create(request: Context, actor: User, given: Input) -> Payload:
    """A label of a group or project; a taken title is a business error."""
    home = group_or_project(request, given, project="projectPath", group="groupPath")
    try:
        label = operations.create_label(
            request.world,
            actor,
            title=given["title"],
            color=given.get("color") or DEFAULT_COLOR,
            description=given.get("description"),
            **operations.as_keywords(home),
        )
    except Conflict:
        return {"label": None, "errors": ["Title has already been taken"]}
    return {"label": label}
