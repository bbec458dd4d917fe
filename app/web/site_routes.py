"""The portfolio site in the application: sessions, who is let in, and the routes of pages, tables and sign-in."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

from app.gitlab.verdicts import circle_of
from app.web.health import Health
from app.web.pages import page_router
from app.web.protection import page_headers
from app.web.rendering import address, static_file
from app.web.sessions import LIFE, NoArchitect, NotSignedIn, session_key
from app.web.signin_pages import signin_router
from app.web.site import Site, SiteParts
from app.web.table_files import table_router

_STATIC = {"site.css": "text/css; charset=utf-8", "local-times.js": "text/javascript; charset=utf-8"}


def add_site(app: FastAPI, parts: SiteParts, health: Health) -> None:
    """Adds pages, sign-in and sessions to the application."""
    site = Site(parts, health)
    secret = parts.settings.oauth_secret
    if secret is not None:
        app.add_middleware(
            SessionMiddleware, secret_key=session_key(secret.get_secret_value()),
            session_cookie="__Host-journey" if site.https else "journey", max_age=int(LIFE.total_seconds()),
            same_site="lax", https_only=site.https,
        )  # fmt: skip
    app.include_router(_static(site))
    app.include_router(signin_router(site))
    app.include_router(page_router(site))
    app.include_router(table_router(site))

    @app.exception_handler(NotSignedIn)
    def ask_to_sign_in(request: Request, _: Exception) -> Response:
        if request.url.path.endswith((".csv", ".json")):
            return Response("Sign in on the site first.\n", 401, media_type="text/plain")
        then = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(address("/", next="" if then == "/" else then), 303)

    @app.exception_handler(NoArchitect)
    def refuse(_: Request, error: Exception) -> Response:
        username = error.username if isinstance(error, NoArchitect) else ""
        return site.page("refused.html", status=403, username=username, circle=circle_of(parts.ground.place))


def _static(site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in _STATIC:
            raise HTTPException(404, "There is no such file.")
        headers = page_headers(https=site.https) | {"Cache-Control": "max-age=300"}
        return Response(static_file(name), media_type=_STATIC[name], headers=headers)

    return router
