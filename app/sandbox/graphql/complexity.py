"""What a query costs, by GitLab's rules (https://docs.gitlab.com/api/graphql/#max-query-complexity).

A field costs 1 and what its children cost. A field that lists something through a resolver of its own costs more the
more it may list: (children + 1) x (1 + 1% per item of the page), plus 1 for a sort order, 5 for a search, 1 for
reading from the repository, and 1 per file asked for. Of the widgets, only the dearest counts: an item has each of
them once, but one value cannot be two types. A few fields have a fixed price.

The trap this avoids: a query that works in tests with little data and is refused by GitLab. Cost depends on the page
size that is *asked for*, not on what is there. A default `sort` counts as one that was given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    value_from_ast_untyped,
)
from graphql.type import GraphQLNamedType

AUTHENTICATED, ANONYMOUS, ADMINISTRATOR = 250, 200, 300
DEPTH_AUTHENTICATED, DEPTH_ANONYMOUS = 20, 15
PAGE_SIZE = 100

FIXED = {
    "Tree.lastCommit": 10,
    "WorkItemWidgetHierarchy.ancestors": 5,
    "WorkItemWidgetHierarchy.children": 5,
    "WorkItemWidgetHierarchy.parent": 5,
}
"""Fields with a fixed price of their own; no page size counts for them."""

GITALY = frozenset(
    f"{type_}.{name}"
    for type_, names in {
        "Repository": ("blobs", "commit", "empty", "exists", "lastCommit", "rootRef", "tree"),
        "Tree": ("blobs",),
    }.items()
    for name in names
)
"""Fields that read from the repository."""

PLAIN_LISTS = frozenset(
    {
        "Board.labels",
        "EpicBoard.labels",
        "Note.awardEmoji",
        "Tree.blobs",
        "Tree.trees",
        "WorkItemWidgetAssignees.assignees",
        "WorkItemWidgetAwardEmoji.awardEmoji",
    }
)
"""Lists without a resolver of their own: they cost 1 however long they are."""

EXTRA = {"Group.projects": 10, "Namespace.projects": 10}
"""What some resolvers add."""


@dataclass(frozen=True)
class Cost:
    """The complexity and the depth of one operation."""

    score: int
    depth: int


def measure(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any]
) -> Cost:
    """What one operation of a valid document costs with these variables. Introspection costs nothing here."""
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    named = (each for each in operations if operation_name is None or (each.name and each.name.value == operation_name))
    operation = next(named, None)
    root = schema.get_root_type(operation.operation) if operation is not None else None
    if operation is None or root is None:
        return Cost(0, 0)
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    return _Meter(schema, fragments, {**_defaults(operation), **variables}).of(root, [operation.selection_set])


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        each.variable.name.value: value_from_ast_untyped(each.default_value)
        for each in operation.variable_definitions or ()
        if each.default_value is not None
    }


@dataclass
class _Meter:
    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    variables: dict[str, Any]

    def of(self, type_: GraphQLNamedType, selections: Sequence[SelectionSetNode]) -> Cost:
        """The cost of what is selected on a type; on an interface, of the dearest concrete type."""
        chosen = [pair for each in selections for pair in self._fields(type_.name, each)]
        if not is_abstract_type(type_):
            return self._sum(type_, chosen)
        best = Cost(0, 0)
        for concrete in self.schema.get_possible_types(type_):
            names = {concrete.name, *(each.name for each in concrete.interfaces)}
            cost = self._sum(concrete, [pair for pair in chosen if pair[0] in names])
            best = Cost(max(best.score, cost.score), max(best.depth, cost.depth))
        return best

    def _sum(self, type_: GraphQLNamedType, chosen: Sequence[tuple[str, FieldNode]]) -> Cost:
        by_key: dict[str, list[FieldNode]] = defaultdict(list)
        for _, node in chosen:
            by_key[node.alias.value if node.alias else node.name.value].append(node)
        costs = [self._field(type_, nodes) for nodes in by_key.values()]
        return Cost(sum(each.score for each in costs), max((each.depth for each in costs), default=0))

    def _field(self, type_: GraphQLNamedType, nodes: list[FieldNode]) -> Cost:
        """The cost of one field, whose selections may come from several fragments."""
        name = nodes[0].name.value
        definition = type_.fields.get(name) if isinstance(type_, GraphQLObjectType) else None
        if definition is None:
            return Cost(0 if name in ("__schema", "__type") else 1, 1)
        inner = [node.selection_set for node in nodes if node.selection_set is not None]
        below = self.of(get_named_type(definition.type), inner) if inner else Cost(0, 0)
        return Cost(self._price(f"{type_.name}.{name}", definition, nodes[0], below.score), below.depth + 1)

    def _price(self, key: str, definition: GraphQLField, node: FieldNode, below: int) -> int:
        if key in FIXED:
            return FIXED[key] + below
        listing = _lists(key, definition)
        given = self._arguments(definition, node) if listing or key in GITALY else {}
        price = below + 1 + (key in GITALY) + EXTRA.get(key, 0)
        price += (1 if given.get("sort") else 0) + (5 if given.get("search") else 0)
        price += len(given["paths"]) if isinstance(given.get("paths"), list) else 0
        if not listing or given.get("iid") or given.get("iids"):
            return price
        size = min([PAGE_SIZE, *(given[each] for each in ("first", "last") if isinstance(given.get(each), int))])
        return int(price * (100 + size) // 100)

    def _arguments(self, definition: GraphQLField, node: FieldNode) -> dict[str, Any]:
        found = {
            name: value_from_ast_untyped(argument.default.literal)
            for name, argument in definition.args.items()
            if argument.default is not None and argument.default.literal is not None
        }
        for argument in node.arguments or ():
            value = value_from_ast_untyped(argument.value, self.variables)
            if not isinstance(argument.value, VariableNode) or argument.value.name.value in self.variables:
                found[argument.name.value] = value
        return found

    def _fields(self, condition: str, selection: SelectionSetNode) -> Iterator[tuple[str, FieldNode]]:
        """Every field with the type that it is asked of; what `@skip` or `@include` leaves out does not count."""
        for node in selection.selections:
            if self._skipped(node):
                continue
            if isinstance(node, FieldNode):
                yield condition, node
            elif isinstance(node, InlineFragmentNode):
                inner = node.type_condition.name.value if node.type_condition else condition
                yield from self._fields(inner, node.selection_set)
            else:
                fragment = self.fragments[node.name.value]  # type: ignore[attr-defined]
                yield from self._fields(fragment.type_condition.name.value, fragment.selection_set)

    def _skipped(self, node: Any) -> bool:
        for directive in node.directives or ():
            if directive.name.value in ("skip", "include"):
                value = value_from_ast_untyped(directive.arguments[0].value, self.variables)
                if bool(value) is (directive.name.value == "skip"):
                    return True
        return False


def _lists(key: str, definition: GraphQLField) -> bool:
    return get_named_type(definition.type).name.endswith("Connection") and key not in PLAIN_LISTS
