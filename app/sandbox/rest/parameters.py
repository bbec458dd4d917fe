"""Declared parameters of a route: coerced as GitLab coerces them, refused where a mistake would die unseen.

Real GitLab ignores a parameter that it does not know, and there typos hide (`label=` filters nothing, `assignees=`
assigns nobody). The sandbox refuses a near miss on purpose with 400 and names what was meant, and so what GitLab knows
but the sandbox does not act on. Any other is ignored as on GitLab, for real programs send some. Everything else follows
Grape: "title is missing", "state_event does not have a valid value"
(https://docs.gitlab.com/api/rest/troubleshooting/#status-code-400).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import Any

from app.sandbox.rest.bodies import Values
from app.sandbox.world import GUEST, ROLES

GUEST_AND_UP = tuple(level for level in ROLES if level >= GUEST)
"""The access levels that most routes take: all roles but Minimal Access."""
ALWAYS_KNOWN = frozenset({"private_token", "access_token", "sudo"})


class ParameterError(Exception):
    """One sentence or several joined by ", ", as Grape reports them: `{"error": "title is missing"}`."""


@dataclass(frozen=True)
class Parameter:
    """One declared parameter. `values` limits it; `inner` declares the keys of a map (`not[labels]`); `only` is the
    scope, projects or groups, that has it, for routes that are written once for both."""

    name: str
    kind: str
    required: bool = False
    values: tuple[Any, ...] = ()
    inner: tuple[Parameter, ...] = ()
    only: str | None = None


def text(name: str, *values: str, required: bool = False) -> Parameter:
    return Parameter(name, "text", required, values)


def integer(name: str, *values: int, required: bool = False) -> Parameter:
    return Parameter(name, "integer", required, values)


def boolean(name: str, *, required: bool = False) -> Parameter:
    return Parameter(name, "boolean", required)


def day(name: str, *, required: bool = False) -> Parameter:
    """A date `2026-11-02`; an empty one is None and removes the date."""
    return Parameter(name, "day", required)


def moment(name: str, *, required: bool = False) -> Parameter:
    """A time in ISO 8601; without offset it is UTC, a bare date is midnight."""
    return Parameter(name, "moment", required)


def span(name: str) -> tuple[Parameter, Parameter]:
    """`created_after` and `created_before`; see `Call.within`."""
    return moment(f"{name}_after"), moment(f"{name}_before")


def texts(name: str, *, required: bool = False) -> Parameter:
    """A list or a comma-separated string, such as `labels`; an empty string is the empty list."""
    return Parameter(name, "texts", required)


def integers(name: str, *, required: bool = False) -> Parameter:
    """A list or a comma-separated string of integers."""
    return Parameter(name, "integers", required)


def integer_or_text(name: str, *, required: bool = False) -> Parameter:
    """An id, an encoded path or a word such as `None`."""
    return Parameter(name, "integer_or_text", required)


def mapping(name: str, *inner: Parameter) -> Parameter:
    """A map, checked against `inner` when that is given."""
    return Parameter(name, "mapping", inner=inner)


def objects(name: str, *, required: bool = False) -> Parameter:
    """A list of maps, such as the `actions` of a commit."""
    return Parameter(name, "objects", required)


def only_for(scope: str, *parameters: Parameter) -> tuple[Parameter, ...]:
    """The same parameters, known to `projects` or to `groups` alone."""
    return tuple(replace(parameter, only=scope) for parameter in parameters)


def read_parameters(declared: Sequence[Parameter], given: Values, beyond: frozenset[str] = frozenset()) -> Values:
    """The given values, coerced; only those that were given are in the result. Raises ParameterError.

    `beyond` are GitLab's own parameters that the sandbox does not act on.
    """
    known = {parameter.name: parameter for parameter in declared}
    problems = [f"{p.name} is missing" for p in declared if p.required and p.name not in given]
    values: Values = {}
    for name, raw in given.items():
        if name not in known:
            problems += _complaint(name, raw, known, beyond)
            continue
        try:
            values[name] = _read_one(known[name], raw)
        except ParameterError as error:
            problems.append(str(error))
    if problems:
        raise ParameterError(", ".join(problems))
    return values


def ignored_names(declared: Sequence[Parameter], given: Values) -> list[str]:
    """What was sent and means nothing, of that which `read_parameters` let pass."""
    known = {parameter.name for parameter in declared} | ALWAYS_KNOWN
    return sorted(name for name, raw in given.items() if name not in known and raw not in (None, ""))


def require_any(values: Values, *names: str) -> None:
    """Grape's at_least_one_of; raises ParameterError."""
    if not any(name in values for name in names):
        raise ParameterError(f"{', '.join(names)} are missing, at least one parameter must be provided")


def require_one(values: Values, *names: str) -> None:
    """Grape's exactly_one_of; raises ParameterError."""
    given = [name for name in names if name in values]
    if not given:
        raise ParameterError(f"{', '.join(names)} are missing, exactly one parameter must be provided")
    exclude_each_other(values, *names)


def exclude_each_other(values: Values, *names: str) -> None:
    """Grape's mutually_exclusive; raises ParameterError."""
    given = [name for name in names if name in values]
    if len(given) > 1:
        raise ParameterError(f"{', '.join(given)} are mutually exclusive")


def _complaint(name: str, raw: Any, known: dict[str, Parameter], beyond: frozenset[str]) -> list[str]:
    """What is wrong with a parameter that is not declared; what is empty says nothing, so nothing is wrong with it."""
    if raw in (None, "") or name in ALWAYS_KNOWN:
        return []
    if name in beyond:
        return [f"{name} is not part of the sandbox: leave it out"]
    near = get_close_matches(name, known, n=1, cutoff=0.8) or sorted(k for k in known if name in k.split("_"))[:1]
    return [f"{name} is invalid (GitLab ignores it; do you mean {near[0]}?)"] if near and name != "id" else []


def _read_one(parameter: Parameter, raw: Any) -> Any:
    if parameter.kind == "mapping":
        return _mapping(parameter, raw)
    try:
        value = _READERS[parameter.kind](raw)
    except (ValueError, TypeError) as error:
        raise ParameterError(f"{parameter.name} is invalid") from error
    if parameter.values and value is not None and value not in parameter.values:
        raise ParameterError(f"{parameter.name} does not have a valid value")
    return value


def _mapping(parameter: Parameter, raw: Any) -> Any:
    if not isinstance(raw, dict):
        raise ParameterError(f"{parameter.name} is invalid")
    if not parameter.inner:
        return raw
    try:
        return read_parameters(parameter.inner, raw)
    except ParameterError as error:
        raise ParameterError(f"{parameter.name}: {error}") from error


def _text(raw: Any) -> str | None:
    if raw is None or isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int | float):
        return str(raw)
    raise TypeError("not text")


def _integer(raw: Any) -> int | None:
    if raw is None or raw == "":
        return None
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise TypeError("not an integer")
    return int(raw)


def _boolean(raw: Any) -> bool | None:
    if raw is None or isinstance(raw, bool):
        return raw
    words = {"true": True, "t": True, "1": True, "yes": True, "on": True, "": None}
    words |= {"false": False, "f": False, "0": False, "no": False, "off": False}
    word = str(raw).lower()
    if word not in words:
        raise ValueError("not a boolean")
    return words[word]


def _day(raw: Any) -> date | None:
    if raw is None or raw == "":
        return None
    if not isinstance(raw, str):
        raise TypeError("not a date")
    return date.fromisoformat(raw[:10]) if len(raw) >= 10 and raw[10:11] in ("", "T", " ") else _fail()


def _moment(raw: Any) -> datetime | None:
    if raw is None or raw == "":
        return None
    if not isinstance(raw, str):
        raise TypeError("not a time")
    value = datetime.fromisoformat(raw)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _texts(raw: Any) -> list[str]:
    if raw is None:
        return []
    if isinstance(raw, list):
        return [part for item in raw for part in _texts(item)]
    joined = _text(raw) or ""
    return [part.strip() for part in joined.split(",") if part.strip()]


def _integers(raw: Any) -> list[int]:
    return [int(part) for part in _texts(raw)]


def _integer_or_text(raw: Any) -> int | str | None:
    value = _text(raw)
    return int(value) if value is not None and value.isdecimal() else value


def _objects(raw: Any) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
        raise TypeError("not a list of maps")
    return raw


def _fail() -> date:
    raise ValueError("not a date")


_READERS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "boolean": _boolean,
    "day": _day,
    "moment": _moment,
    "texts": _texts,
    "integers": _integers,
    "integer_or_text": _integer_or_text,
    "objects": _objects,
}
