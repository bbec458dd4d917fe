"""Cross-origin requests of pages elsewhere: the API may be called by everybody's JavaScript, without cookies.

As GitLab sets up rack-cors in its config/application.rb. The trap: a client in a browser that works with the sandbox
only because both have one address.
"""

from __future__ import annotations

from app.sandbox.http import Request, Response

_METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD"
_FILE = (
    "Blob-Id",
    "Commit-Id",
    "Content-Sha256",
    "Encoding",
    "File-Name",
    "File-Path",
    "Last-Commit-Id",
    "Ref",
    "Size",
)
_EXPOSED = ", ".join(
    (
        *("Link", "X-Total", "X-Total-Pages", "X-Per-Page", "X-Page", "X-Next-Page", "X-Prev-Page"),
        *(f"X-Gitlab-{name}" for name in _FILE),
    )
)
_SECONDS_TO_KEEP = "7200"


def preflight(request: Request) -> Response | None:
    """The answer to a browser that asks whether it may ask; None when this is no such question."""
    if request.method != "OPTIONS" or not {"origin", "access-control-request-method"} <= request.headers.keys():
        return None
    wanted = request.headers.get("access-control-request-headers")
    allowed = {"Access-Control-Allow-Headers": wanted} if wanted else {}
    return Response(200, {**_headers(), "Access-Control-Max-Age": _SECONDS_TO_KEEP, **allowed})


def open_to_all(request: Request, response: Response) -> Response:
    """The answer, readable for a page of any origin."""
    if "origin" in request.headers:
        response.headers |= _headers()
    return response


def _headers() -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Expose-Headers": _EXPOSED,
    }
