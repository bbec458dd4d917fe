"""GitLab's REST API, version 4: finds the route, checks scope and parameters, and puts every refusal in GitLab's shape.

The trap: an error that a client cannot read. A refused parameter is `{"error": ...}`, everything else
`{"message": ...}` (https://docs.gitlab.com/api/rest/troubleshooting/); a route that the sandbox lacks says so with 501
instead of a 404 that looks like a missing object. A method that GitLab has not either is 405, as there.
"""

from __future__ import annotations

from dataclasses import replace

from app.sandbox.errors import SandboxError
from app.sandbox.http import Request, Response, error_response, json_response
from app.sandbox.identity import insufficient_scope
from app.sandbox.rest import (
    access_tokens,
    badges,
    boards,
    branches,
    commits,
    discussions,
    epic_children,
    epics,
    groups,
    hooks,
    issue_statistics,
    issues,
    labels,
    links,
    members,
    milestones,
    namespaces,
    notes,
    projects,
    protections,
    reactions,
    repository,
    templates,
    time_tracking,
    tokens,
    users,
    wikis,
)
from app.sandbox.rest.bodies import read_body, read_query
from app.sandbox.rest.parameters import ParameterError, ignored_names, read_parameters
from app.sandbox.rest.routing import Call, Route, RouteTable
from app.sandbox.rest.unsimulated import beyond
from app.sandbox.world import Token, User, World

PREFIX = "/api/v4"
IGNORED = "X-Sandbox-Ignored"  # names the parameters that meant nothing, as they would to GitLab
TABLE = RouteTable(
    [
        module.routes
        for module in (
            access_tokens,
            badges,
            boards,
            branches,
            commits,
            discussions,
            epic_children,
            epics,
            groups,
            hooks,
            issue_statistics,
            issues,
            labels,
            links,
            members,
            milestones,
            namespaces,
            notes,
            projects,
            protections,
            reactions,
            repository,
            templates,
            time_tracking,
            tokens,
            users,
            wikis,
        )
    ]
)


def handle(world: World, user: User | None, token: Token | None, request: Request) -> Response:
    """Answer a request below `/api/v4`. `user` is None for an anonymous caller; never raises a SandboxError."""
    found = TABLE.find(request.method, request.path.removeprefix(PREFIX))
    if found is None:
        return _without_route(request)
    route, path = found
    refusal = _refuse(route, user, token)
    if refusal is not None:
        return refusal
    try:
        sent = read_query(request.query) | read_body(request)
        # What the path names may be sent again (python-gitlab does); the path wins, as on GitLab. Clients ask for pages
        # of lists that have none, too.
        known = {parameter.name for parameter in route.parameters}
        ignored = path.keys() | ({"page", "per_page"} - known if request.method == "GET" else set())
        sent = {name: value for name, value in sent.items() if name not in ignored}
        given = read_parameters(route.parameters, sent, beyond(route))
        response = route.handler(Call(world, user, token, request, path | _scope(route), given))
        unused = ignored_names(route.parameters, sent)
        return replace(response, headers=response.headers | ({IGNORED: ", ".join(unused)} if unused else {}))
    except ParameterError as error:
        return json_response(400, {"error": str(error)})
    except SandboxError as error:
        return error_response(error.status, error.message)


def coverage() -> list[str]:
    """Every route as `GET /projects/:id/issues`, sorted by path: what docs/sandbox-coverage.md lists."""
    return [f"{row.method} {row.template}" for row in sorted(TABLE.rows, key=lambda row: (row.template, row.method))]


def _scope(route: Route) -> dict[str, str]:
    return {"scope": route.scope} if route.scope else {}


def _without_route(request: Request) -> Response:
    """OPTIONS tells what a path takes; else 405 or 404 as on GitLab, or 501 for what only the sandbox lacks.

    A path that the sandbox has takes every method that GitLab publishes for it, so another method is 405 there too.
    """
    path = request.path.removeprefix(PREFIX)
    known = TABLE.at(path)
    allow = {"Allow": ", ".join(sorted({*known, "OPTIONS", *({"HEAD"} if "GET" in known else ())}))}
    if known and request.method == "OPTIONS":
        return Response(204, allow)
    if known:
        return json_response(405, {"error": "405 Not Allowed"}, allow)
    if not path.strip("/"):
        return json_response(404, {"error": "404 Not Found"})
    text = f"the sandbox has no route {request.method} {path}; see docs/sandbox-coverage.md"
    return json_response(501, {"error": f"501 Not Implemented: {text}"})


def _refuse(route: Route, user: User | None, token: Token | None) -> Response | None:
    """401 without a person where one is needed; 403 for a scope that is too narrow
    (https://docs.gitlab.com/user/profile/personal_access_tokens/#personal-access-token-scopes)."""
    if user is None:
        return error_response(401, "401 Unauthorized") if route.signed_in else None
    enough = {"api", *route.any_scope} | ({"read_api"} if route.method == "GET" else set())
    if token is not None and not enough & set(token.scopes):
        return insufficient_scope()
    return None
