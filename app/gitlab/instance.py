"""What this GitLab is and what it offers: version, edition, epics, and who we are there.

Asked at start, and again when an observation shows another offer, because a licence may end or begin in mid-journey.
Features are read from GitLab's own answers, never tried out: `workItemTypes(onlyAvailable: true)` is empty where epics
are not licensed (https://docs.gitlab.com/api/graphql/reference/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.gitlab.client import Client
from app.gitlab.errors import Denied, GitLabError, Missing


@dataclass(frozen=True)
class Instance:
    version: str
    enterprise: bool
    bot_id: str
    bot_username: str
    group_id: str
    group_path: str  # as GitLab spells it, whatever the settings say
    issue_type: str  # global id
    epic_type: str | None  # None: no epics on this licence

    @property
    def epics(self) -> bool:
        return self.epic_type is not None


def ask_instance(client: Client, group: str) -> Instance:
    """One request. Raises Denied for a bad token, Missing for a group that the bot cannot see, other GitLabErrors."""
    try:
        data = client.query("instance", {"group": group})
    except Denied as error:
        raise _explained(client, error) from None
    user = data["currentUser"]
    if user is None:
        raise Denied("GitLab does not accept the token.", "Set a valid PARTNER_JOURNEY_TOKEN with scope api.")
    if data["group"] is None:
        raise _unseen(user["username"], group)
    metadata = data["metadata"]
    issue_types = data["issueTypes"]["workItemTypes"]["nodes"]
    return Instance(
        version=metadata["version"],
        enterprise=metadata["enterprise"],
        bot_id=user["id"],
        bot_username=user["username"],
        group_id=data["group"]["id"],
        group_path=data["group"]["fullPath"],
        issue_type=issue_types[0]["id"],
        epic_type=epic_type_in(data),
    )


def _explained(client: Client, error: Denied) -> Denied:
    """By GraphQL GitLab only says that the token is refused; REST says whether it has expired or was revoked."""
    kind = client.token_kind()
    if kind is not None:
        return Denied(
            f"GitLab refuses the token: it begins like {kind}.",
            "Set PARTNER_JOURNEY_TOKEN to a personal access token of a service account, with the scope api.",
        )
    try:
        client.get("/personal_access_tokens/self")
    except Denied as told:
        return error if "(401)" in told.cause else told
    except GitLabError:
        return error
    return error


def _unseen(username: str, group: str) -> Missing:
    cause = f"The bot {username} cannot see the group {group}."
    if group.isdecimal():
        return Missing(cause, "Write the group's full path, such as company/partners, not its number.")
    return Missing(
        cause,
        "Check the full path, with the groups above it; create the group, or make the bot a member of it (Owner is "
        "best); then start again.",
    )


def epic_type_in(data: Mapping[str, Any]) -> str | None:
    """The id of the type Epic in an answer with `epicTypes`; None where the licence has no epics."""
    found = ((data["epicTypes"] or {}).get("workItemTypes") or {"nodes": []})["nodes"]
    return found[0]["id"] if found else None
