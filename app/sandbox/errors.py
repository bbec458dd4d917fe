"""What goes wrong in the sandbox GitLab, named by the HTTP status that GitLab would answer.

`message` is already in GitLab's own shape: a sentence, or a map from attribute to its complaints. The trap this avoids:
rules deep inside that know about HTTP, or a front end that guesses the shape of an error.
"""

from __future__ import annotations

from typing import ClassVar


class SandboxError(Exception):
    """Refused. `status` is the HTTP status, `message` what GitLab says: text or attribute -> complaints."""

    status: ClassVar[int] = 500
    default: ClassVar[str] = "500 Internal Server Error"

    def __init__(self, message: str | dict[str, list[str]] | None = None) -> None:
        self.message: str | dict[str, list[str]] = self.default if message is None else message
        super().__init__(str(self.message))

    def sentences(self) -> list[str]:
        """The complaints as full sentences ("Title can't be blank"), as GraphQL's `errors` lists them."""
        if isinstance(self.message, str):
            return [self.message]
        return [_sentence(attribute, complaint) for attribute, many in self.message.items() for complaint in many]


def _sentence(attribute: str, complaint: str) -> str:
    return complaint if attribute == "base" else f"{attribute.replace('_', ' ').capitalize()} {complaint}"


class Invalid(SandboxError):
    status = 400
    default = "400 Bad request"


class Unauthorized(SandboxError):
    status = 401
    default = "401 Unauthorized"


class Forbidden(SandboxError):
    status = 403
    default = "403 Forbidden"


class NotFound(SandboxError):
    """Also the answer for what exists but must not be seen: GitLab never tells the two apart."""

    status = 404
    default = "404 Not Found"

    @classmethod
    def of(cls, noun: str) -> NotFound:
        """NotFound.of("Project") -> "404 Project Not Found", GitLab's wording."""
        return cls(f"404 {noun} Not Found")


class MethodNotAllowed(SandboxError):
    status = 405
    default = "405 Method Not Allowed"


class Conflict(SandboxError):
    status = 409
    default = "409 Conflict"


class Unprocessable(SandboxError):
    status = 422
    default = "422 Unprocessable Entity"
