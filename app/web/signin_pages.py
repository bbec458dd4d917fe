"""Signing in and out: to GitLab, back with a code, and the session that follows.

The trap: taking a code that another browser began to ask for. So an answer counts only where its question was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from app.gitlab.errors import GitLabError
from app.web.protection import page_headers
from app.web.sessions import local_path
from app.web.site import Site


def signin_router(site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    _add_leaving(router, site)
    _add_coming_back(router, site)
    _add_signout(router, site)
    return router


def _add_leaving(router: APIRouter, site: Site) -> None:
    @router.get("/signin")
    def signin(request: Request, next: str = "/") -> Response:
        if site.sessions is None or site.parts.signin is None:
            return RedirectResponse("/", 303)
        leaving = _asking(site, site.parts.signin.leave)
        if isinstance(leaving, Response):
            return leaving
        site.sessions.leave(request, leaving, next)
        return RedirectResponse(leaving.address, 303, page_headers(https=site.https))


def _add_coming_back(router: APIRouter, site: Site) -> None:
    @router.get("/signin/callback")
    def callback(request: Request, state: str = "", code: str = "", error: str = "") -> Response:
        if site.sessions is None or site.parts.signin is None:
            return RedirectResponse("/", 303)
        sessions, signin = site.sessions, site.parts.signin
        left = sessions.come_back(request, state)
        if left is None:
            why = "This answer of GitLab does not belong to a sign-in that this browser began a short while ago."
            return site.page("trouble.html", status=400, title="Sign in again", cause=why, fix="Begin once more here.")
        if error or not code:
            why = "GitLab did not confirm the sign-in; perhaps you chose not to allow it."
            return site.page("trouble.html", status=403, title="Not signed in", cause=why, fix="Begin once more here.")
        person = _asking(site, lambda: signin.come_back(code, nonce=left["nonce"], verifier=left["verifier"]))
        if isinstance(person, Response):
            return person
        begun = _asking(site, lambda: sessions.begin(request, person))
        if isinstance(begun, Response):
            return begun
        return RedirectResponse(local_path(left["then"]), 303, page_headers(https=site.https))


def _add_signout(router: APIRouter, site: Site) -> None:
    @router.post("/signout")
    async def signout(request: Request) -> Response:
        form = parse_qs((await request.body())[:10_000].decode("utf-8", "replace"))
        token = form.get("form", [""])[0]
        if site.sessions is None or not await run_in_threadpool(site.sessions.end, request, token):
            why = "This form is not of your present session."
            return site.page("trouble.html", status=403, title="Not signed out", cause=why, fix="Open the page again.")
        return RedirectResponse("/", 303, page_headers(https=site.https))


def _asking(site: Site, ask: Callable[[], Any]) -> Any:
    """The answer, or a page that says why there is none."""
    try:
        return ask()
    except GitLabError as error:
        return site.page("trouble.html", status=502, title="GitLab did not answer", cause=error.cause, fix=error.fix)
