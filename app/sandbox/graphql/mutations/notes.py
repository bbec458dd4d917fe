"""Mutations on comments and award emoji."""

from __future__ import annotations

from graphql import GraphQLError

from app.sandbox import operations
from app.sandbox.graphql.context import Context, ResourceUnavailable
from app.sandbox.graphql.global_ids import GlobalId
from app.sandbox.graphql.mutations.common import ITEM_MODELS, Input, Payload, item_by_id, mutation
from app.sandbox.rates import TooManyRequests
from app.sandbox.world import Note, User, WorkItem


@mutation("createNote")
def create(request: Context, actor: User, given: Input) -> Payload:
    """A comment. Quick actions in it run; a body of nothing else makes no note. Beyond the limit it fails alone."""
    item = item_by_id(request, given["noteableId"])
    try:
        request.count("notes")
    except TooManyRequests as refusal:
        raise GraphQLError(refusal.message) from None
    outcome = operations.create_note(
        request.world, actor, item, body=given["body"], internal=bool(given.get("internal")),
        discussion_id=given.get("discussionId"),
    )  # fmt: skip
    commands = outcome.note is None or outcome.commands_changes or outcome.summary
    status = {"commandsOnly": outcome.note is None, "messages": outcome.summary or None} if commands else None
    return {"note": (item, outcome.note) if outcome.note is not None else None, "quickActionsStatus": status}


@mutation("updateNote")
def update(request: Context, actor: User, given: Input) -> Payload:
    item, note = _note(request, given["id"])
    if given.get("body") is not None:
        operations.update_note(request.world, actor, item, note, body=given["body"])
    return {"note": (item, note)}


@mutation("destroyNote")
def destroy(request: Context, actor: User, given: Input) -> Payload:
    item, note = _note(request, given["id"])
    operations.delete_note(request.world, actor, item, note)
    return {"note": None}


@mutation("awardEmojiAdd")
def add_award(request: Context, actor: User, given: Input) -> Payload:
    """An emoji on a work item or on a comment."""
    wanted: GlobalId = given["awardableId"]
    item, note = (item_by_id(request, wanted), None) if wanted.model in ITEM_MODELS else _note(request, wanted)
    return {"awardEmoji": operations.add_award(request.world, actor, item, given["name"], note=note)}


def _note(request: Context, wanted: GlobalId) -> tuple[WorkItem, Note]:
    """The note that an id names, with its item. Raises ResourceUnavailable when the user may not read it."""
    found = request.note(wanted.number) if wanted.model in ("Note", "DiscussionNote") else None
    if found is None:
        raise ResourceUnavailable
    return found
