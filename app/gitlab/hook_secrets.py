"""What a webhook proves itself with, and the one way to write a webhook, which makes sure that it can.

GitLab signs from 19.0 on; an older one ignores the signing token without a word, and would then send deliveries that
prove nothing, all of which are refused (https://docs.gitlab.com/api/project_webhooks/). So what was written is read
back: `signing_token_present`. Secrets themselves can be written and never read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.gitlab.client import Client
from app.gitlab.errors import Refused


@dataclass(frozen=True)
class HookSecrets:
    """The signing token, and the plain one for an older GitLab; `stand_in` is a plain one that is made from the
    signing token, for an older GitLab whose operator has set none."""

    signing_token: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    stand_in: str | None = field(default=None, repr=False)

    def fields(self) -> dict[str, str]:
        """The hook API's fields for those that are set."""
        given = {"signing_token": self.signing_token, "token": self.token}
        return {name: value for name, value in given.items() if value}

    def lacking(self, hook: dict[str, Any]) -> bool:
        """Whether a webhook as REST shows it can prove nothing. GitLab before 19.0 tells nothing of secrets."""
        if "signing_token_present" not in hook or not self.fields():
            return False
        return not hook["token_present"] and not (self.signing_token and hook["signing_token_present"])


def _explained(error: Refused, url: str) -> Refused:
    """GitLab says no more than "Invalid url given" of an address that it must not send to
    (https://docs.gitlab.com/security/webhooks/)."""
    if "url" not in error.cause.lower() or not url:
        return error
    return Refused(
        f"GitLab does not send webhooks to {url}. {error.cause}",
        "For an address in the local network an administrator must allow it: Admin area, Settings, Network, Outbound "
        "requests. Else correct PARTNER_JOURNEY_PUBLIC_URL: scheme, host and port as GitLab reaches them.",
        error.about,
    )


def issue_events(url: str) -> dict[str, Any]:
    """A webhook that hears of issues. push_events is on unless said otherwise
    (https://docs.gitlab.com/api/project_webhooks/)."""
    events = ("issues", "confidential_issues", "note", "confidential_note", "milestone")
    fields: dict[str, Any] = {"url": url, "push_events": False, "enable_ssl_verification": True}
    return fields | {f"{event}_events": True for event in events}


def write_hook(client: Client, hooks: str, secrets: HookSecrets, *, number: int | None, **fields: Any) -> Any:
    """Creates a webhook (`number` None) or changes one, with the present secrets; returns what GitLab says of it.

    `hooks`: the path of the list, such as `/projects/12/hooks`. One request; a second one where GitLab does not sign.
    """
    given = {**fields, **secrets.fields()}
    try:
        answer = client.post(hooks, **given) if number is None else client.put(f"{hooks}/{number}", **given)
    except Refused as error:
        raise _explained(error, str(fields.get("url", ""))) from None
    if secrets.signing_token and not answer.get("signing_token_present") and not secrets.token and secrets.stand_in:
        answer = client.put(f"{hooks}/{answer['id']}", **given, token=secrets.stand_in)
    return answer
