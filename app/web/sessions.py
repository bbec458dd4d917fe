"""Who is reading the site: one signed cookie, short, and never more than GitLab allows.

The cookie is signed with a key made from the OAuth secret, so that several processes and a restart know it and a new
secret ends all sessions. It holds a user id and a name, no token. The traps: a session that outlives the person's
membership (it is asked for again every quarter of an hour), a sign-out that only forgets the cookie (the session's id
is noted as ended), and a way back that leads to another site.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fastapi import Request

from app.engine.store import Store
from app.gitlab.errors import GitLabError

if TYPE_CHECKING:
    from app.gitlab.signin import Leaving, Person, SignIn

log = logging.getLogger(__name__)

LIFE = timedelta(hours=8)
CHECKED_EVERY = timedelta(minutes=15)
LEAVING_LIFE = timedelta(minutes=15)
_ENDED = "session ended/"


class NotSignedIn(Exception):
    """Nobody is signed in; the page must say where to do it."""


class NoArchitect(Exception):
    """Signed in with GitLab, but no member of the group of solution architects."""

    def __init__(self, username: str) -> None:
        super().__init__(username)
        self.username = username


@dataclass(frozen=True)
class Visitor:
    """The person who reads, and the token that every form of this session carries."""

    id: int
    username: str
    name: str
    form_token: str


def session_key(oauth_secret: str) -> str:
    """The key that signs the cookies; a new OAuth secret makes all of them worthless."""
    return hmac.new(oauth_secret.encode(), b"partner-journey session", hashlib.sha256).hexdigest()


def local_path(text: str) -> str:
    """A path of this site to go on to; anything that a browser could take for another site becomes `/`."""
    plain = all(32 < ord(c) < 127 and c != "\\" for c in text)
    return text if plain and text.startswith("/") and not text.startswith("//") else "/"


class Sessions:
    """Reads and writes the session of a request. Every verb may raise StoreError."""

    def __init__(self, store: Store, signin: SignIn, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._signin = signin
        self._clock = clock

    def leave(self, request: Request, leaving: Leaving, then: str) -> None:
        """Remembers in this browser what its return from GitLab must fit."""
        request.session["leaving"] = {
            "state": leaving.state,
            "nonce": leaving.nonce,
            "verifier": leaving.verifier,
            "then": local_path(then),
            "at": self._clock().timestamp(),
        }

    def come_back(self, request: Request, state: str) -> dict[str, Any] | None:
        """What was remembered, once; None when this browser did not leave with this state a short while ago."""
        left = request.session.pop("leaving", None)
        if not isinstance(left, dict) or not hmac.compare_digest(str(left["state"]).encode(), state.encode()):
            return None
        return left if self._clock().timestamp() - left["at"] < LEAVING_LIFE.total_seconds() else None

    def begin(self, request: Request, person: Person) -> None:
        """A new session for this person, whatever was there before. Raises NoArchitect or GitLabError."""
        request.session.clear()
        if not self._signin.is_architect(person.id):
            raise NoArchitect(person.username)
        now = self._clock().timestamp()
        request.session["who"] = {
            "id": person.id,
            "username": person.username,
            "name": person.name,
            "session": secrets.token_urlsafe(16),
            "form": secrets.token_urlsafe(24),
            "until": now + LIFE.total_seconds(),
            "checked": now,
        }

    def visitor(self, request: Request) -> Visitor:
        """Who reads. Raises NotSignedIn, or NoArchitect when the membership has ended meanwhile."""
        who = request.session.get("who")
        now = self._clock().timestamp()
        if not isinstance(who, dict) or who["until"] <= now or self._store.recall(_ENDED + who["session"]):
            request.session.clear()
            raise NotSignedIn
        if now - who["checked"] > CHECKED_EVERY.total_seconds():
            self._check_again(request, who, now)
        return Visitor(who["id"], who["username"], who["name"], who["form"])

    def end(self, request: Request, form_token: str) -> bool:
        """Signs out, here and wherever the cookie was copied to. False for a form that is not of this session."""
        who = request.session.get("who")
        if not isinstance(who, dict) or not hmac.compare_digest(who["form"].encode(), form_token.encode()):
            return False
        self._store.remember(_ENDED + who["session"], datetime.fromtimestamp(who["until"]).astimezone().isoformat())
        request.session.clear()
        return True

    def _check_again(self, request: Request, who: dict[str, Any], now: float) -> None:
        try:
            allowed = self._signin.is_architect(who["id"])
        except GitLabError as error:
            log.warning("The membership of %s could not be checked again: %s", who["username"], error.cause)
            return
        if not allowed:
            request.session.clear()
            raise NoArchitect(who["username"])
        request.session["who"] = who | {"checked": now}
