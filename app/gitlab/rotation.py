"""A new token for the same account, kept before it is used, so that no crash leaves the bot without one.

The better way: a second token beside the old one, through the service account's own route
(https://docs.gitlab.com/api/service_accounts/#create-a-personal-access-token-for-a-group-service-account), which an
Owner of the top-level group may use; the old one is revoked when the new one works. Where that is not allowed, GitLab's
"rotate" gives a new one and revokes the old at once
(https://docs.gitlab.com/api/personal_access_tokens/#rotate-a-personal-access-token). The traps: to rotate a second time
with a token that is revoked already, which revokes the whole family; and a token in an error text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from app.gitlab.client import Client
from app.gitlab.credential import TokenFile, Writing
from app.gitlab.errors import Ambiguous, Denied, GitLabError, Missing, Refused, Transient
from app.gitlab.instance import ask_instance

NAME = "partner-journey"
SCOPES = ["api"]


class Rotation:
    """Changes the token in a file. `connect` opens a client with a token of its own; each is closed after use."""

    def __init__(self, client: Client, file: TokenFile, connect: Callable[[str], Client], group: str) -> None:
        self._client = client
        self._file = file
        self._connect = connect
        self._group = group

    def rotate(self, today: date, days: int) -> Iterator[str]:
        """Does it, and says each step. `days`: how long the new token lives. Raises GitLabError with the way out."""
        if waiting := self._file.waiting():
            yield from self._complete(waiting)
            return
        if self._file.former():
            yield "A rotation was cut off before the old token was revoked; the token in use is the new one."
            yield from self._revoke_former()
            yield "Run this again if you want another one."
            return
        own = self._client.get("/personal_access_tokens/self")
        end = (today + timedelta(days=days)).isoformat()
        with Writing(self._file) as writing:
            try:
                new, second = self._second(own, end), True
            except (Denied, Missing, Refused) as error:
                if isinstance(error, Refused) and "xpir" in error.cause:
                    raise Refused(
                        error.cause, "This GitLab wants an earlier end: give fewer days with --days."
                    ) from None
                yield f"A second token is not allowed here ({error.cause}); GitLab's own rotate is used."
                new, second = self._instead(end), False
            self._keep(writing, new)
        yield f"A new token, good until {new['expires_at']}, is on the disk."
        self._try(new["token"], own["user_id"], second=second)
        yield "GitLab takes it."
        yield from self._change(old_lives=second)

    # --- the two ways ---

    def _second(self, own: dict[str, Any], end: str) -> dict[str, Any]:
        top = self._group.split("/")[0]
        path = f"/groups/{top}/service_accounts/{own['user_id']}/personal_access_tokens"
        try:
            made: dict[str, Any] = self._client.post(path, name=NAME, scopes=SCOPES, expires_at=end)
        except Ambiguous:
            raise Transient(
                "GitLab did not answer, so it may have made a token that nobody knows.",
                f"The token in use is unchanged: run this again, and revoke a spare {NAME} in GitLab.",
            ) from None
        return made

    def _instead(self, end: str) -> dict[str, Any]:
        try:
            made: dict[str, Any] = self._client.post("/personal_access_tokens/self/rotate", expires_at=end)
        except Ambiguous:
            try:
                self._client.get("/personal_access_tokens/self")
            except Denied:
                raise Refused(
                    "GitLab has changed the token, but its answer was lost on the way; the old token is revoked.",
                    _anew(self._file),
                ) from None
            raise Refused("GitLab did not answer; the token was not changed.", "Run this again.") from None
        return made

    # --- keeping, trying, changing ---

    def _keep(self, writing: Writing, new: dict[str, Any]) -> None:
        try:
            writing.keep(new["token"])
        except OSError as error:
            raise Refused(
                f"The new token (number {new['id']}) could not be written to {self._file.beside} "
                f"({type(error).__name__}).",
                f"If `partner-journey doctor` says that the old token still works: revoke number {new['id']} in "
                f"GitLab, make room on the disk and run this again. Else: {_anew(self._file)}",
            ) from None

    def _try(self, token: str, user_id: int, *, second: bool) -> None:
        """Asks what the bot asks at its start. A second token that does not work is taken back."""
        client = self._connect(token)
        try:
            if client.get("/personal_access_tokens/self")["user_id"] != user_id:
                raise Refused("The new token belongs to another account.", "Tell the administrator of this GitLab.")
            ask_instance(client, self._group)
        except GitLabError as error:
            if not second:
                raise Refused(
                    f"The new token is in {self._file.beside}, but it could not be tried: {error.cause}",
                    "Run this again: it tries it once more and puts it in place.",
                ) from None
            client.delete("/personal_access_tokens/self")
            self._file.forget_waiting()
            raise Refused(
                f"The new token does not work and was taken back: {error.cause}", f"The old one stays. {error.fix}"
            ) from None
        finally:
            client.close()

    def _change(self, *, old_lives: bool) -> Iterator[str]:
        """Puts the new token in place and revokes the old one, by itself: only the old one can be meant."""
        try:
            self._file.put_in_place()
        except OSError as error:
            raise Refused(
                f"{self._file.beside} could not be renamed to {self._file.path} ({type(error).__name__}).",
                f"The new token is good: `mv {self._file.beside} {self._file.path}`, then run the doctor.",
            ) from None
        yield f"{self._file.path} has it; a running service uses it from its next request on."
        if old_lives:
            yield from self._revoke_former()
        else:
            self._file.forget_former()
            yield "The old token is revoked."

    def _revoke_former(self) -> Iterator[str]:
        former = self._file.former()
        if former is None or former == self._file.value():
            self._file.forget_former()
            return
        old = self._connect(former)
        try:
            old.delete("/personal_access_tokens/self")
            yield "The old token is revoked."
        except (Denied, Missing):
            yield "The old token was revoked already."
        except GitLabError as error:
            yield f"The old token could not be revoked ({error.cause}). Run this again, or do it in GitLab."
            return
        finally:
            old.close()
        self._file.forget_former()

    def _complete(self, waiting: str) -> Iterator[str]:
        """A rotation was cut off after its token was on the disk: that one is tried and put in place."""
        client = self._connect(waiting)
        try:
            client.get("/personal_access_tokens/self")
        except Denied:
            self._file.forget_waiting()
            raise Refused(
                f"{self._file.beside} held a token that GitLab does not take; it was removed.", "Run this again."
            ) from None
        finally:
            client.close()
        yield "A rotation that was cut off is completed."
        yield from self._change(old_lives=True)


def _anew(file: TokenFile) -> str:
    return (
        "Create a token for the same account in GitLab (scope api) and write it to the file: "
        f"`install -m 600 /dev/stdin {file.path}`, paste it, end with Ctrl-D. A running service takes it at once."
    )
