"""Who the browser acts as, and proof that a form came from our own page.

There is no password: this is a sandbox, and changing the user is the point. The trap it avoids: any other web page the
person has open could otherwise post a form here, so every form carries a token made from the cookie and a secret that
lives as long as the process.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from app.sandbox.world import User, World

COOKIE = "sandbox_session"


@dataclass(frozen=True)
class Session:
    """One browser: a random `nonce` and the username it acts as. Its cookie value is `<nonce>.<username>`."""

    nonce: str
    username: str

    @property
    def value(self) -> str:
        return f"{self.nonce}.{self.username}"


@dataclass(frozen=True)
class Sessions:
    """Makes and checks sessions. `secret` and `new_nonce` are injected, so that tests are repeatable."""

    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    new_nonce: Callable[[], str] = lambda: secrets.token_hex(16)

    def read(self, world: World, cookie_header: str) -> tuple[Session, bool]:
        """The session of a `Cookie` header and whether it is new (no cookie yet, or its user is gone)."""
        try:
            morsel = SimpleCookie(cookie_header).get(COOKIE)
        except CookieError:
            morsel = None
        nonce, _, username = (morsel.value if morsel else "").partition(".")
        if nonce and (user := world.user_by_name(username)) and user.state == "active":
            return Session(nonce, user.username), False
        return Session(self.new_nonce(), default_user(world).username), True

    def sign(self, session: Session, purpose: str) -> str:
        """A token only this process can make for this session and purpose, as hexadecimal text."""
        return hmac.new(self.secret, f"{session.value}\n{purpose}".encode(), hashlib.sha256).hexdigest()

    def csrf(self, session: Session) -> str:
        return self.sign(session, "form")

    def matches(self, session: Session, purpose: str, token: str) -> bool:
        """True when `token` is what `sign` makes; compared in constant time."""
        return hmac.compare_digest(self.sign(session, purpose).encode(), token.encode("utf-8", "surrogatepass"))


def set_cookie(session: Session) -> str:
    """The `Set-Cookie` header; SameSite=Lax keeps it out of forms on other sites."""
    return f"{COOKIE}={session.value}; Path=/; HttpOnly; SameSite=Lax"


def people(world: World) -> list[User]:
    """Everybody one can act as: humans first, then administrators, then bots."""
    return sorted((u for u in world.users.values() if u.state == "active"), key=lambda u: (u.bot, u.admin, u.id))


def default_user(world: World) -> User:
    """Who a newcomer is: the first human who is a member of some group, so that the first page is not empty."""
    members = {member.user_id for group in world.groups.values() for member in group.members}
    candidates = people(world)
    if not candidates:
        raise LookupError("the sandbox has no user; seed it first (app.sandbox.seed.seed_world)")
    return next((u for u in candidates if u.id in members and not u.bot and not u.admin), candidates[0])
