"""The sandbox promises nothing that GitLab does not: its schema is a part of GitLab's published one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    is_required_argument,
    is_required_input_field,
    specified_scalar_types,
)
from published import NEW, OLD, schema

from app.sandbox.graphql.schema import schema_for

OPTIONAL_IN_19 = {"WorkItemWidgetDescriptionInput.description"}
"""Inputs that GitLab made more lenient after 18.9: the sandbox asks for what both take."""


@pytest.mark.parametrize("name", [OLD, NEW])
@pytest.mark.parametrize("enterprise", [True, False], ids=["ee", "ce"])
def test_every_type_field_argument_and_value_is_gitlabs(name: str, enterprise: bool) -> None:
    assert list(_differences(schema_for(enterprise), schema(name))) == []


def test_ce_lacks_what_only_ee_has() -> None:
    ce, ee = schema_for(False).type_map, schema_for(True).type_map
    assert set(ce) < set(ee)
    for name in ("EpicBoard", "WorkItemWidgetStatus", "WorkItemWidgetWeightInput", "GroupHook"):
        assert name in ee
        assert name not in ce
    assert "STATUS" not in ce["WorkItemWidgetType"].values  # type: ignore[attr-defined]


def _differences(ours: GraphQLSchema, theirs: GraphQLSchema) -> Iterator[str]:
    for name, mine in ours.type_map.items():
        if name.startswith("__") or name in specified_scalar_types:
            continue
        real = theirs.type_map.get(name)
        if type(real) is not type(mine):
            yield f"{name}: {type(mine).__name__} here, {type(real).__name__} there"
        else:
            yield from _compare(mine, real)


def _compare(mine: GraphQLNamedType, real: GraphQLNamedType | None) -> Iterator[str]:
    if isinstance(mine, GraphQLEnumType) and isinstance(real, GraphQLEnumType):
        yield from (f"{mine.name}.{value} is not there" for value in mine.values if value not in real.values)
    elif isinstance(mine, GraphQLInputObjectType) and isinstance(real, GraphQLInputObjectType):
        yield from _compare_inputs(mine, real)
    elif isinstance(mine, GraphQLObjectType | GraphQLInterfaceType) and isinstance(real, type(mine)):
        declared = {each.name for each in real.interfaces}
        yield from (f"{mine.name} implements {i.name} here only" for i in mine.interfaces if i.name not in declared)
        yield from _compare_fields(mine, real)


def _compare_fields(
    mine: GraphQLObjectType | GraphQLInterfaceType, real: GraphQLObjectType | GraphQLInterfaceType
) -> Iterator[str]:
    for name, field in mine.fields.items():
        known = real.fields.get(name)
        if known is None or str(known.type) != str(field.type):
            yield f"{mine.name}.{name}: {field.type} here, {known.type if known else 'nothing'} there"
            continue
        for argument, definition in field.args.items():
            other = known.args.get(argument)
            if other is None or str(other.type) != str(definition.type):
                there = other.type if other else "nothing"
                yield f"{mine.name}.{name}({argument}): {definition.type} here, {there} there"
        missing = [
            each for each, wanted in known.args.items() if is_required_argument(wanted) and each not in field.args
        ]
        yield from (f"{mine.name}.{name} lacks the required argument {each}" for each in missing)


def _compare_inputs(mine: GraphQLInputObjectType, real: GraphQLInputObjectType) -> Iterator[str]:
    for name, field in mine.fields.items():
        known = real.fields.get(name)
        if f"{mine.name}.{name}" in OPTIONAL_IN_19 and known is not None and f"{known.type}!" == str(field.type):
            continue
        if known is None or str(known.type) != str(field.type):
            yield f"{mine.name}.{name}: {field.type} here, {known.type if known else 'nothing'} there"
    missing = [
        each for each, wanted in real.fields.items() if is_required_input_field(wanted) and each not in mine.fields
    ]
    yield from (f"{mine.name} lacks the required field {each}" for each in missing)
