"""The sandbox's pages for people: GitLab's addresses, server-rendered, without JavaScript.

`handle` answers whatever is not the API. The trap it avoids: pages with rules of their own. What is shown asks
`permissions`, what is changed goes through `operations` as the person one acts as, so a click and an API call by the
same person always have the same effect.
"""

from __future__ import annotations

from app.sandbox.errors import SandboxError
from app.sandbox.http import Request, Response
from app.sandbox.pages import rendering
from app.sandbox.pages.routes import find_view
from app.sandbox.pages.session import Sessions
from app.sandbox.pages.visit import Hidden, Visit
from app.sandbox.world import World

__all__ = ["Sessions", "handle"]

_SESSIONS = Sessions()
_OURS = {"GET", "HEAD", "POST"}


def handle(world: World, request: Request, sessions: Sessions = _SESSIONS) -> Response | None:
    """The page for a request, or None when the path belongs to the API, git or nobody with a browser."""
    path = request.decoded_path
    elsewhere = path.startswith(("/api/", "/oauth/")) and path != "/oauth/authorize"
    if request.method not in _OURS or elsewhere or ".git/" in path:
        return None
    if path == "/-/sandbox/style.css":
        return rendering.style_sheet()
    session, is_new = sessions.read(world, request.headers.get("cookie", ""))
    viewer = world.user_by_name(session.username)
    if viewer is None:
        raise LookupError(f"session for unknown user {session.username}")
    visit = Visit(world, request, viewer, session, sessions, is_new)
    if request.method == "POST" and not _is_own_form(visit):
        reason = (
            "This form is not from this page, or it is older than the running sandbox. Open the page again and retry."
        )
        visit.status = 403
        return rendering.page(visit, "refused.html", title="Form refused", reason=reason)
    return _answer(visit, path)


def _is_own_form(visit: Visit) -> bool:
    return not visit.is_new and visit.sessions.matches(visit.session, "form", visit.form.get("csrf", ""))


def _answer(visit: Visit, path: str) -> Response:
    try:
        view = find_view(visit, path)
        return view()
    except Hidden as hidden:
        visit.status = 404
        return rendering.page(visit, "hidden.html", title="Not found", hidden=hidden)
    except SandboxError as refused:
        visit.status = refused.status
        return rendering.page(visit, "refused.html", title="Refused", reason="; ".join(refused.sentences()))
