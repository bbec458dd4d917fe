"""The executable schema, built once for EE and once for CE.

The trap this avoids: a CE that knows EE fields. On a CE instance a document that names one EE part is refused as a
whole (https://docs.gitlab.com/api/graphql/), and a bot that always asks for epics would work everywhere but there.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    REMOVE,
    DirectiveDefinitionNode,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    Visitor,
    build_ast_schema,
    parse,
    validate,
    visit,
)

from app.sandbox.graphql import mutations, registry, resolvers, scalars

__all__ = ["checked", "definition", "schema_for"]

_ = (resolvers, mutations)  # imported for their registrations

MARK = "enterprise"
MAX_ERRORS = 5
"""GitLab stops validating after five errors."""


class _Trim(Visitor):
    """Takes the mark out, and on CE what carries it."""

    def __init__(self, *, enterprise: bool) -> None:
        super().__init__()
        self.enterprise = enterprise

    def enter(self, node: Node, *_rest: Any) -> Any:
        """Called by graphql-core for every node; REMOVE drops it."""
        if isinstance(node, DirectiveDefinitionNode):
            return REMOVE
        marked = any(each.name.value == MARK for each in getattr(node, "directives", None) or ())
        return REMOVE if marked and not self.enterprise else None

    def enter_directive(self, node: Any, *_rest: Any) -> Any:
        return REMOVE if node.name.value == MARK else None


@lru_cache(maxsize=1)
def _source() -> DocumentNode:
    return parse((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8"), no_location=True)


def definition(*, enterprise: bool) -> DocumentNode:
    """The schema document of EE or CE, without the marks."""
    trimmed: DocumentNode = visit(_source(), _Trim(enterprise=enterprise))
    return trimmed


@lru_cache(maxsize=2)
def schema_for(enterprise: bool) -> GraphQLSchema:
    """The schema of EE (`enterprise`) or CE with its resolvers; built on first use, then kept."""
    schema = build_ast_schema(definition(enterprise=enterprise))
    scalars.install(schema)
    registry.bind(schema)
    return schema


@lru_cache(maxsize=512)
def checked(enterprise: bool, text: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """Parse and validate a client's document; kept by text. Either the document or the errors are empty."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, (error,)
    errors = validate(schema_for(enterprise), document, max_errors=MAX_ERRORS, hide_suggestions=True)
    return (None, tuple(errors[:MAX_ERRORS])) if errors else (document, ())
