"""Why GitLab cannot be reached, in plain words: a wrong name, a closed port, an unknown certificate, another server.

HTTP libraries wrap the one telling error three times over. The trap: their texts may quote headers, so only the kind of
the error is used, never its text.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from app.gitlab.errors import Transient

_TIMEOUTS = re.compile(r"Timeout")
_CLOSED = ("RemoteProtocolError", "RemoteDisconnected", "ReadError")
_ORIGIN = re.compile(r"https?://[^/?#]+")
_MOVED = re.compile(r"(https?://[^?#]+)/api/graphql/?$")
"""GitLab itself somewhere else: the same address behind another host, port or path."""


def unreachable(error: BaseException, url: str) -> Transient:
    """The error for a request that got no answer; `url` is the address that was set."""
    cause, fix = f"GitLab cannot be reached at {url} ({type(error).__name__}).", "Check the address and the network."
    for link in _chain(error):
        found = _told(link, url)
        if found is not None:
            cause, fix = found
            break
    proxy = proxy_of(url)
    if proxy is None:
        return Transient(cause, fix)
    return Transient(
        f"{cause} The environment sends requests to it through the proxy {proxy}.",
        f"Check that proxy, or name the host in NO_PROXY. {fix}",
    )


def proxy_of(url: str) -> str | None:
    """Host and port of the proxy that HTTP_PROXY, HTTPS_PROXY or ALL_PROXY set for an address; never its password."""
    parts = urlsplit(url)
    found = getproxies()
    proxy = found.get(parts.scheme) or found.get("all")
    if not proxy or not parts.hostname or proxy_bypass(parts.hostname):
        return None
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}").netloc.rpartition("@")[2]


def no_gitlab(url: str, status: int | None = None, location: str = "") -> Transient:
    """The error for an answer that is none of GitLab's: a page instead of JSON, or a redirect to `location`."""
    told = f" ({status})" if status else ""
    moved = _MOVED.match(location)
    if moved is not None and moved[1] != url:
        return Transient(f"{url} redirects to {moved[1]}.", f"Set PARTNER_JOURNEY_URL to {moved[1]}.")
    origin = _ORIGIN.match(location)
    if origin is not None or location:
        where = origin[0] if origin is not None else "a page of its own"
        return Transient(
            f"{url} sends the bot to {where}, which looks like a sign-in page.",
            "Let requests to /api/ pass without sign-in (single sign-on proxy): they carry a token of their own.",
        )
    return Transient(
        f"What answers at {url} does not answer as GitLab does{told}.",
        "Set PARTNER_JOURNEY_URL to GitLab's own address, without the path of a group or page; a proxy or a sign-in "
        "page in between must let /api/ pass.",
    )


def _told(link: BaseException, url: str) -> tuple[str, str] | None:
    """Cause and fix for an error of the machine itself; None for a wrapper."""
    if isinstance(link, socket.gaierror):
        return (
            f"The host name in {url} is not known.",
            "Check PARTNER_JOURNEY_URL for a typing mistake, and the DNS of this machine.",
        )
    if isinstance(link, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {url} is not trusted ({link.verify_message or 'verification failed'}).",
            "Where GitLab's certificate comes from an authority of your own, set PARTNER_JOURNEY_CA_FILE to that "
            "authority's certificate (PEM); else check the host name.",
        )
    if isinstance(link, ssl.SSLError):
        return (
            f"{url} does not speak TLS ({link.reason or 'handshake failed'}).",
            "Check the port in PARTNER_JOURNEY_URL, or write http:// where this GitLab has no TLS.",
        )
    if isinstance(link, ConnectionRefusedError):
        return f"Nothing listens at {url}.", "Check host and port in PARTNER_JOURNEY_URL, and that GitLab runs."
    if isinstance(link, ConnectionResetError) or type(link).__name__ in _CLOSED:
        return (
            f"{url} closed the connection.",
            "Check PARTNER_JOURNEY_URL (https:// may be needed) and the proxy in between.",
        )
    if isinstance(link, TimeoutError) or _TIMEOUTS.search(type(link).__name__):
        return f"{url} did not answer in time.", "Check the network, and firewalls and proxies in between."
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it wraps, from the inside out: the innermost tells most."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or link in found:
            continue
        found.append(link)
        waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
    yield from reversed(found)
