"""The bot's access token: given once, or in a file that may change while the service runs.

A file is read again as soon as it is another one, so a token is changed without a restart. The next token is written
beside it, forced to the disk and then put in place, so that at every moment one whole token is there. The trap: a token
that GitLab has given out and that nobody kept; so what is to be written to is opened before GitLab is asked.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Protocol, Self

import httpx
import requests

from app.gitlab.errors import Denied, Refused

_OTHER_KINDS = {
    "gldt-": "a deploy token", "glrt-": "a runner token", "glcbt-": "a token of a CI job",
    "glptt-": "a pipeline trigger token", "glft-": "a feed token", "glimt-": "an incoming mail token",
    "gloas-": "the secret of an OAuth application", "glagent-": "a token of an agent for Kubernetes",
    "glsoat-": "a SCIM token", "whsec_": "a webhook's signing token",
}  # fmt: skip
"""Prefixes of tokens that cannot use the API as the bot does
(https://docs.gitlab.com/security/tokens/#token-prefixes)."""


def kind_of(token: str) -> str | None:
    """The kind of a token that is no personal one, by its prefix; None where the prefix tells nothing."""
    return next((kind for prefix, kind in _OTHER_KINDS.items() if token.startswith(prefix)), None)


class Credential(Protocol):
    """Where the client has its token from."""

    def value(self) -> str:
        """The present token. Raises Denied when there is none."""
        ...


class FixedToken:
    """A token that does not change; blanks around it, as copying leaves them, do not count."""

    def __init__(self, token: str) -> None:
        self._token = token.strip()

    def value(self) -> str:
        """See Credential.value."""
        if not self._token.isascii() or not self._token.isprintable() or " " in self._token:
            raise Denied(
                "PARTNER_JOURNEY_TOKEN has characters that no token has.",
                "Copy the token again, alone and in one line.",
            )
        return self._token


class TokenFile:
    """A token in a file. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] = ()
        self._token = ""

    def value(self) -> str:
        """See Credential.value. One look at the file's date for each request."""
        with self._lock:
            try:
                found = self.path.stat()
                seen = (found.st_ino, found.st_mtime_ns, found.st_size)
                if seen != self._seen:
                    self._token, self._seen = self.path.read_text(encoding="utf-8").strip(), seen
            except (OSError, UnicodeDecodeError) as error:
                raise Denied(
                    f"The token file {self.path} cannot be read ({type(error).__name__}).",
                    "Write the bot's token to it, readable for the service's user alone, or correct "
                    "PARTNER_JOURNEY_TOKEN_FILE.",
                ) from None
            if not self._token or not self._token.isascii() or not self._token.isprintable():
                raise Denied(f"There is no token in {self.path}.", "Write the token alone to it, in one line.")
            return self._token

    def open_to_others(self) -> bool:
        """Whether other users of this machine may read it."""
        return bool(self.path.stat().st_mode & 0o077)

    @property
    def beside(self) -> Path:
        """Where the next token waits until it is known to work. It is there only while a rotation goes on."""
        return self.path.with_name(f"{self.path.name}.next")

    def waiting(self) -> str | None:
        """The token of a rotation that was cut off; None: there was none."""
        return _text_in(self.beside)

    @property
    def behind(self) -> Path:
        """Where the former token is kept until it is revoked, so that a crash in between leaves none alive."""
        return self.path.with_name(f"{self.path.name}.previous")

    def former(self) -> str | None:
        """The token that a rotation has replaced and not yet revoked; None: there is none."""
        return _text_in(self.behind)

    def put_in_place(self) -> None:
        """The waiting token becomes the present one, which is kept as the former one. Raises OSError or Denied."""
        handle = os.open(self.behind, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, self.value().encode() + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        self.beside.replace(self.path)
        _force_folder(self.path.parent)

    def forget_former(self) -> None:
        self.behind.unlink(missing_ok=True)

    def forget_waiting(self) -> None:
        self.beside.unlink(missing_ok=True)


class Writing:
    """A place on the disk for the next token, proved before there is one. Use as a context."""

    def __init__(self, file: TokenFile) -> None:
        self._file = file
        self._handle = -1

    def __enter__(self) -> Self:
        """Raises Refused when the token could not be kept."""
        try:
            self._handle = os.open(self._file.beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.fchmod(self._handle, 0o600)
            os.write(self._handle, b" " * 512)
            os.fsync(self._handle)
            _force_folder(self._file.path.parent)
        except OSError as error:
            if self._handle >= 0:
                self.__exit__()
            raise Refused(
                f"{self._file.beside} cannot be written ({type(error).__name__}: {error.strerror}).",
                "Nothing was changed. Let this user write to the folder of PARTNER_JOURNEY_TOKEN_FILE, and see that "
                "the disk is not full.",
            ) from None
        return self

    def keep(self, token: str) -> None:
        """The token is on the disk when this returns. Raises OSError."""
        os.pwrite(self._handle, token.encode() + b"\n", 0)
        os.ftruncate(self._handle, len(token) + 1)
        os.fsync(self._handle)

    def __exit__(self, *_: object) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        if self._file.waiting() is None:
            self._file.forget_waiting()


def _text_in(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _force_folder(folder: Path) -> None:
    """A new name in a folder is sure only when the folder itself is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class RestAuth(requests.auth.AuthBase):
    """Puts the present token on each REST request."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["PRIVATE-TOKEN"] = self._credential.value()
        return request


class GraphQLAuth(httpx.Auth):
    """Puts the present token on each GraphQL request."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """See httpx.Auth.auth_flow."""
        request.headers["Authorization"] = f"Bearer {self._credential.value()}"
        yield request
