"""How values that GraphQL has no type for travel: times, dates, big integers, global ids.

The trap this avoids: a time that reads well here and not on GitLab. Results are ISO 8601 in UTC ending in `Z`, without
fractions; a `Date` where a `Time` is promised (a milestone's due date) stays a plain date, as GitLab answers it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema

from app.sandbox.graphql import global_ids


def iso(value: datetime | date) -> str:
    """2026-11-02T09:05:12Z for a time (made UTC), 2026-11-02 for a date."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()


def _time(value: Any) -> datetime:
    if not isinstance(value, str):
        raise GraphQLError(f"{value!r} is not a Time")
    try:
        parsed = datetime.fromisoformat(value.strip().removesuffix(" UTC"))
    except ValueError:
        raise GraphQLError(f'"{value}" is not a Time: give ISO 8601 such as 2026-11-02T09:05:12Z') from None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed


def _date(value: Any) -> date:
    if not isinstance(value, str):
        raise GraphQLError(f"{value!r} is not a Date")
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise GraphQLError(f'"{value}" is not a Date: give ISO 8601 such as 2026-11-02') from None


def install(schema: GraphQLSchema) -> None:
    """Give every custom scalar of the schema its reading and writing."""
    for name, type_ in schema.type_map.items():
        if not isinstance(type_, GraphQLScalarType):
            continue
        if name in global_ids.MODELS:
            _install_id(type_, global_ids.MODELS[name])
        elif name == "DiscussionID":
            type_.coerce_input_value = _discussion
        elif name == "Time":
            type_.coerce_output_value, type_.coerce_input_value = iso, _time
        elif name == "Date":
            type_.coerce_output_value, type_.coerce_input_value = iso, _date
        elif name == "BigInt":
            type_.coerce_output_value = str


def _discussion(value: Any) -> str:
    try:
        return global_ids.discussion_of(str(value))
    except ValueError as error:
        raise GraphQLError(str(error)) from None


def _install_id(type_: GraphQLScalarType, models: tuple[str, ...] | None) -> None:
    def read(value: Any) -> global_ids.GlobalId:
        if not isinstance(value, str):
            raise GraphQLError(f"{value!r} is not a valid Global ID")
        try:
            return global_ids.parse(value, models)
        except ValueError as error:
            raise GraphQLError(str(error)) from None

    type_.coerce_input_value = read
