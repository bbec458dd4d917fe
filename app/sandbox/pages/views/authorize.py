"""The page on which a person lets an application know who they are (https://docs.gitlab.com/api/oauth2/).

The traps it avoids: sending an error, or a code, to an address that the application never named; and asking again at
each step who the person is. In the sandbox one may agree as anybody, for choosing the person is the point.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from app.sandbox.http import Response
from app.sandbox.operations import applications
from app.sandbox.operations.applications import OAuthError
from app.sandbox.pages import rendering
from app.sandbox.pages.session import Session, people, set_cookie
from app.sandbox.pages.visit import Hidden, Visit
from app.sandbox.world import Application

Decision = Callable[[Application, list[str]], Response]
_KEPT = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
)  # fmt: skip


def ask(visit: Visit) -> Response:
    """GET /oauth/authorize: who asks, for what, and as whom to agree."""
    sent = {name: visit.query(name) for name in _KEPT if visit.query(name)}
    return _checked(visit, sent, lambda application, scopes: _question(visit, application, scopes, sent))


def answer(visit: Visit) -> Response:
    """POST /oauth/authorize: agreed or not; back to the application with a code or an error."""
    sent = {name: visit.form[name] for name in _KEPT if visit.form.get(name)}

    def decide(application: Application, _scopes: list[str]) -> Response:
        if visit.form.get("decision") == "deny":
            raise OAuthError("access_denied")
        user = visit.world.user_by_name(visit.form.get("user", ""))
        if user is None or user.state != "active":
            raise Hidden("user")
        grant = applications.grant_access(visit.world, user, application, sent)
        response = _back(sent, {"code": grant.code})
        response.headers["Set-Cookie"] = set_cookie(Session(visit.session.nonce, user.username))
        return response

    return _checked(visit, sent, decide)


def _checked(visit: Visit, sent: dict[str, str], go_on: Decision) -> Response:
    try:
        application = applications.find_application(
            visit.world, sent.get("client_id", ""), sent.get("redirect_uri", "")
        )
    except OAuthError as error:
        visit.status = 401
        return rendering.page(visit, "refused.html", title="Not authorized", reason=error.description)
    try:
        return go_on(application, applications.check_request(application, sent))
    except OAuthError as error:
        return _back(sent, {"error": error.name, "error_description": error.description})


def _question(visit: Visit, application: Application, scopes: list[str], sent: dict[str, str]) -> Response:
    parts = urlsplit(sent["redirect_uri"])
    visit.forms_lead_to = f"{parts.scheme}://{parts.netloc}"
    return rendering.page(
        visit,
        "authorize.html",
        title=f"Authorize {application.name}",
        application=application,
        scopes=scopes,
        sent=sent,
        others=[user for user in people(visit.world) if user is not visit.viewer and not user.bot][: rendering.MENU],
        host=parts.netloc,
    )


def _back(sent: dict[str, str], values: dict[str, str]) -> Response:
    """To the application's own address, which has been checked, with what it sent as `state`."""
    values |= {"state": sent["state"]} if "state" in sent else {}
    joint = "&" if "?" in sent["redirect_uri"] else "?"
    headers = {"Location": f"{sent['redirect_uri']}{joint}{urlencode(values)}", "Cache-Control": "no-store"}
    return Response(303, headers)
