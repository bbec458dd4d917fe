"""Which function answers which field of the schema.

Fields that are plain attributes of a record need no function: `PLAIN` says which record class a type stands for. The
trap this avoids: a field that the schema promises and nobody answers. `bind` refuses to build a schema with one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema

from app.sandbox.graphql.connections import Connection, Edge, PageInfo
from app.sandbox.graphql.context import Info

Resolver = Callable[..., Any]
_Given = TypeVar("_Given", bound=Resolver)

RESOLVERS: dict[str, Resolver] = {}
"""Type.field -> the function (source, info, **arguments) that answers it."""

PLAIN: dict[str, type] = {"PageInfo": PageInfo}
"""GraphQL type -> the class whose attributes answer its other fields."""

DICTIONARIES = {"QuickActionsStatus"}
"""Types that, like payloads, are answered by dictionaries."""

TYPES_OF: dict[str, Callable[[Any], str]] = {}
"""Interface -> the function that names the concrete type of a value."""


def field(*names: str) -> Callable[[_Given], _Given]:
    """Register the function below for these fields, each "Type.field"; several types may share one function."""

    def register(function: _Given) -> _Given:
        for name in names:
            if name in RESOLVERS:
                raise ValueError(f"{name} is answered twice: remove one of the two resolvers")
            RESOLVERS[name] = function
        return function

    return register


def snake(name: str) -> str:
    """createdAt -> created_at."""
    return re.sub(r"([A-Z])", lambda found: "_" + found[1].lower(), name)


def bind(schema: GraphQLSchema) -> None:
    """Give every field of every object type its resolver. Raises LookupError when a field has no answer."""
    missing: list[str] = []
    for name, type_ in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(type_, GraphQLInterfaceType) and name in TYPES_OF:
            type_.resolve_type = _naming(TYPES_OF[name])
        if not isinstance(type_, GraphQLObjectType) or name.endswith("Payload") or name in DICTIONARIES:
            continue  # GraphQL reads a dictionary by itself
        for field_name, definition in type_.fields.items():
            resolver = RESOLVERS.get(f"{name}.{field_name}") or _plain(name, field_name)
            if resolver is None:
                missing.append(f"{name}.{field_name}")
            definition.resolve = resolver
    if missing:
        raise LookupError(f"no resolver for {', '.join(missing)}: write one, or take the field out of schema.graphql")


def _naming(name_of: Callable[[Any], str]) -> Callable[..., str]:
    return lambda value, _info, _type: name_of(value)


def _plain(type_name: str, field_name: str) -> Resolver | None:
    attribute = snake(field_name)
    record = PLAIN.get(type_name)
    if record is None and type_name.endswith("Connection"):
        record = Connection
    if record is None and type_name.endswith("Edge"):
        record = Edge
    if record is None or not _has(record, attribute):
        return None

    def resolve(source: Any, _info: Info) -> Any:
        return getattr(source, attribute)

    return resolve


def _has(record: type, attribute: str) -> bool:
    if is_dataclass(record) and any(each.name == attribute for each in fields(record)):
        return True
    return isinstance(getattr(record, attribute, None), property)
