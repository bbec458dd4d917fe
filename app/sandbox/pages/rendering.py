"""From a template and a visit to an answer: headers, cookie and redirects in one place.

The trap it avoids: a page without the protective headers. No script may run (there is none), so even HTML that slipped
through could do nothing.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.sandbox.http import Response
from app.sandbox.pages.kit import Kit
from app.sandbox.pages.session import people, set_cookie
from app.sandbox.pages.visit import Visit

_HERE = Path(__file__).parent
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
MENU = 40  # people in the header's menu; the start page takes any username
_POLICY = (
    "default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: http: https:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def page(visit: Visit, template: str, *, title: str, **values: object) -> Response:
    """The template as a page. `visit.status` and `visit.alert` tell of a refusal."""
    context = {"visit": visit, "kit": Kit(visit), "people": people(visit.world)[:MENU], "title": title, **values}
    body = _TEMPLATES.get_template(template).render(context).encode()
    return Response(visit.status, _headers(visit), body)


def redirect(visit: Visit, to: str, notice: str = "", fragment: str = "") -> Response:
    """See the result at a local address; `notice` is shown there once signed."""
    if not to.startswith("/") or to.startswith(("//", "/\\")) or any(ord(c) < 32 for c in to):
        to = "/"
    if notice:
        proof = visit.sessions.sign(visit.session, "notice:" + notice)
        to += ("&" if "?" in to else "?") + urlencode({"notice": notice, "proof": proof})
    to = quote(to, safe="/%?&=#:@!$'()*+,;~[]")
    return Response(303, {**_headers(visit), "Location": to + (f"#{fragment}" if fragment else "")})


def style_sheet() -> Response:
    """The one CSS file."""
    css = (_HERE / "style.css").read_bytes()
    headers = {
        "Content-Type": "text/css; charset=utf-8",
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(200, headers, css)


def _headers(visit: Visit) -> dict[str, str]:
    headers = dict(_HEADERS)
    if visit.forms_lead_to:
        policy = _POLICY.replace("form-action 'self'", f"form-action 'self' {visit.forms_lead_to}")
        headers["Content-Security-Policy"] = policy
    return {**headers, "Set-Cookie": set_cookie(visit.session)} if visit.is_new else headers
