"""What can go wrong with GitLab, translated once at the client's edge.

The trap: a retry decided in ten places. Here every failure becomes one of a few classes, each with a cause in plain
words and the fix; only the engine decides what to do with it. No text here may hold a token or a request body.
"""

from __future__ import annotations

from typing import ClassVar


class GitLabError(Exception):
    """A failed request. `cause` says what happened, `fix` what a person (or the next run) can do.

    `kind` is one word for machines, such as a metric's label; app/metrics.py lists them all.
    """

    kind: ClassVar[str] = "refused"

    def __init__(self, cause: str, fix: str) -> None:
        super().__init__(f"{cause} {fix}")
        self.cause = cause
        self.fix = fix


class Transient(GitLabError):
    """GitLab is down, slow or locked (5xx, 409, no answer to a read): the same run may succeed later."""

    kind = "unreachable"

    def __init__(self, cause: str, fix: str, retry_after: float | None = None) -> None:
        super().__init__(cause, fix)
        self.retry_after = retry_after


class Throttled(Transient):
    """429: `retry_after` seconds from now the limit is open again."""

    kind = "throttled"


class Ambiguous(Transient):
    """A write got no answer: it may have happened. Observe, then plan again; never repeat the write as it is."""

    kind = "unanswered"


class Denied(GitLabError):
    """401 or 403: the token is wrong, expired, or has too few rights."""

    kind = "denied"


class OfferChanged(GitLabError):
    """GitLab has begun or ceased to offer epics: a licence ended or started. Look again with the new offer."""

    kind = "licence"


class Missing(GitLabError):
    """404: the object is not there, or the token may not see it."""

    kind = "missing"


class Refused(GitLabError):
    """400, 409 or a business error in a mutation: GitLab understood and said no.

    `about`: the attributes that GitLab complains of, such as `name` and `path`, where it says so.
    """

    def __init__(self, cause: str, fix: str, about: frozenset[str] = frozenset()) -> None:
        super().__init__(cause, fix)
        self.about = about
