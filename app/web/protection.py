"""What every page of the site says to the browser: run nothing, load nothing, frame nothing that is not ours.

The trap: a partner's name that becomes a script. Templates escape, and if one did not, this policy would stop it.
"""

from __future__ import annotations

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""A picture brings its style with it, and is opened by itself as well."""


def picture_headers(*, https: bool) -> dict[str, str]:
    """The headers of an SVG picture."""
    return page_headers(https=https) | {"Content-Security-Policy": PICTURE_POLICY}


def page_headers(*, https: bool) -> dict[str, str]:
    """The headers of a page; over HTTPS the browser is told to stay there."""
    return HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})
