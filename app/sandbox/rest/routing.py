"""The route table, and what a handler is given: the world, who asks, decoded path values and checked parameters.

The trap: matching on a decoded path. `partners%2Facme` is one piece and a file path `docs%2Fa.md` too, so the path is
split first and decoded piece by piece (https://docs.gitlab.com/api/rest/#namespaced-paths).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import unquote

from app.sandbox.errors import NotFound, Unauthorized
from app.sandbox.http import Request, Response, json_response
from app.sandbox.rest.parameters import Parameter, boolean, integer, text
from app.sandbox.world import Token, User, World

PAGING = (integer("page"), integer("per_page"))
KEYSET = (text("pagination", "keyset", "legacy"), text("cursor"), integer("id_after"), integer("id_before"))
CUSTOM_ATTRIBUTES = (boolean("with_custom_attributes"),)


@dataclass
class Call:
    """One REST call on its way through a handler."""

    world: World
    user: User | None
    token: Token | None
    request: Request
    path: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def actor(self) -> User:
        """Who asks; raises Unauthorized for an anonymous caller."""
        if self.user is None:
            raise Unauthorized
        return self.user

    def number(self, name: str, noun: str = "") -> int:
        """A numeric path value; raises NotFound when it is none, as GitLab finds nothing under it."""
        try:
            return int(self.path[name])
        except ValueError as error:
            raise (NotFound.of(noun) if noun else NotFound()) from error

    def get(self, name: str, default: Any = None) -> Any:
        """A given parameter, or the default when it was absent or empty."""
        value = self.given.get(name)
        return default if value is None else value

    def within(self, name: str, value: date | None) -> bool:
        """Whether `<name>_after` and `<name>_before`, as far as they were given, leave room for a day or a moment."""
        after, before = self.get(f"{name}_after"), self.get(f"{name}_before")
        if value is None:
            return after is None and before is None
        return (after is None or value >= after) and (before is None or value <= before)

    def some(self, *names: str) -> dict[str, Any]:
        """Those of the named parameters that were given, to pass on as they are."""
        return {name: self.given[name] for name in names if name in self.given}


Handler = Callable[[Call], Response]


@dataclass(frozen=True)
class Route:
    """`template` such as `/projects/:id/issues/:issue_iid`; `:name` is one encoded piece."""

    method: str
    template: str
    handler: Handler
    parameters: tuple[Parameter, ...]
    signed_in: bool = True
    scope: str | None = None  # "projects" or "groups" for a route written once for both
    any_scope: tuple[str, ...] = ()  # narrower token scopes that are enough

    @property
    def pieces(self) -> tuple[str, ...]:
        return tuple(self.template.strip("/").split("/"))

    def match(self, pieces: tuple[str, ...]) -> dict[str, str] | None:
        """The decoded path values, or None. Both have the same number of pieces."""
        values: dict[str, str] = {}
        for own, sent in zip(self.pieces, pieces, strict=True):
            if own.startswith(":"):
                values[own[1:]] = unquote(sent)
            elif own != sent:
                return None
        return values


class Routes:
    """Collects the handlers of one module. A template `/:scope/:id/...` stands for projects and groups alike."""

    def __init__(self) -> None:
        self.rows: list[Route] = []

    def add(
        self,
        method: str,
        template: str,
        *parameters: Parameter,
        listed: bool = False,
        signed_in: bool | None = None,
        any_scope: tuple[str, ...] = (),
    ) -> Callable[[Handler], Handler]:
        """Decorator. Reads may be anonymous unless `signed_in`; `listed` adds page and per_page."""
        declared = parameters + (PAGING if listed else ())
        needs_user = method != "GET" if signed_in is None else signed_in

        def register(handler: Handler) -> Handler:
            scopes = ("projects", "groups") if template.startswith("/:scope/") else (None,)
            for scope in scopes:
                concrete = template.replace("/:scope/", f"/{scope}/", 1) if scope else template
                known = tuple(p for p in declared if p.only in (None, scope))
                self.rows.append(Route(method, concrete, handler, known, needs_user, scope, any_scope))
            return handler

        return register

    def get(self, template: str, *parameters: Parameter, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("GET", template, *parameters, **options)

    def post(self, template: str, *parameters: Parameter, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("POST", template, *parameters, **options)

    def put(self, template: str, *parameters: Parameter, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("PUT", template, *parameters, **options)

    def patch(self, template: str, *parameters: Parameter, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("PATCH", template, *parameters, **options)

    def delete(self, template: str, *parameters: Parameter, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("DELETE", template, *parameters, **options)


class RouteTable:
    """All routes, found by method and number of pieces; a literal piece wins over a variable one."""

    def __init__(self, groups: list[Routes]) -> None:
        self.rows = sorted((row for routes in groups for row in routes.rows), key=_literals_first)
        self._by_size: dict[tuple[str, int], list[Route]] = {}
        for row in self.rows:
            self._by_size.setdefault((row.method, len(row.pieces)), []).append(row)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route of a path below `/api/v4`, with its decoded values. `/-/` before epics is optional."""
        pieces = tuple(path.strip("/").split("/"))
        if len(pieces) > 2 and pieces[0] == "groups" and pieces[2] == "-":
            pieces = pieces[:2] + pieces[3:]
        for row in self._by_size.get(("GET" if method == "HEAD" else method, len(pieces)), []):
            values = row.match(pieces)
            if values is not None:
                return row, values
        return None

    def at(self, path: str) -> dict[str, Route]:
        """All that a path answers to: method -> route."""
        methods = {method for method, _size in self._by_size}
        found = {method: self.find(method, path) for method in sorted(methods)}
        return {method: row[0] for method, row in found.items() if row is not None}


def _literals_first(row: Route) -> tuple[bool, ...]:
    return tuple(piece.startswith(":") for piece in row.pieces)


def ok(data: object, status: int = 200) -> Response:
    return json_response(status, data)


def created(data: object) -> Response:
    return json_response(201, data)


def no_content() -> Response:
    return Response(204)


def accepted(data: object) -> Response:
    return json_response(202, data)
