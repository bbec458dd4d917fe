"""Commits by GraphQL (https://docs.gitlab.com/api/graphql/reference/#mutationcommitcreate).

The trap: a file that is refused. The whole commit is refused then, in `errors`, and nothing is written.
"""

from __future__ import annotations

from app.sandbox import operations, permissions
from app.sandbox.graphql.context import Context, ResourceUnavailable
from app.sandbox.graphql.mutations.common import Input, Payload, mutation
from app.sandbox.world import User


@mutation("commitCreate")
def create(request: Context, actor: User, given: Input) -> Payload:
    """All files in one commit; whoever may not push is told that there is no such project."""
    project = request.project(given["projectPath"])
    if project is None or not permissions.can_push(request.world, actor, project, given["branch"]):
        raise ResourceUnavailable
    names = {"action": "action", "filePath": "file_path", "previousPath": "previous_path", "content": "content"}
    actions = [
        {names[key]: value for key, value in each.items() if key in names}
        | {"action": each["action"].lower(), "encoding": (each.get("encoding") or "TEXT").lower()}
        for each in given.get("actions") or []
    ]
    if not actions:
        raise ResourceUnavailable
    commit = operations.commit_files(
        request.world, actor, project, branch=given["branch"], message=given["message"], actions=actions
    )
    return {"commit": (project, commit), "content": [each.get("content") or "" for each in actions]}
