"""The bot's webhooks, looked at and kept alive (https://docs.gitlab.com/api/project_webhooks/).

GitLab switches a failing webhook off and loses its events. A successful test delivery switches it on again. The trap:
GitLab before 19.0 ignores a signing token without a word, so it is read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.gitlab.api_paths import group_api, project_api
from app.gitlab.client import Client
from app.gitlab.errors import GitLabError, Missing, Refused, Throttled
from app.gitlab.findings import Finding, failed, ok, warning
from app.gitlab.hook_secrets import HookSecrets, write_hook
from app.gitlab.observe import HOOK_NAME
from app.journey.observed import Place


@dataclass(frozen=True)
class Watched:
    """One webhook of the bot: the full path of its project or group, its list in the API, and what REST says of it."""

    owner: str
    list_path: str
    data: dict[str, Any]

    @property
    def number(self) -> int:
        return int(self.data["id"])

    @property
    def off(self) -> bool:
        """Whether GitLab sends nothing to it, for a while or for good."""
        return bool(self.data["alert_status"] != "executable")

    @property
    def path(self) -> str:
        return f"{self.list_path}/{self.data['id']}"

    @property
    def trigger(self) -> str:
        """What can always be made up from a project of its kind."""
        return "push_events" if self.data.get("push_events") else "issues_events"


@dataclass(frozen=True)
class HookLook:
    """One look at a webhook: what it is, and its deliveries that failed in seven days (the newest twenty at most)."""

    hook: Watched
    lost: tuple[Mapping[str, Any], ...]

    @property
    def off(self) -> bool:
        return self.hook.off

    @property
    def lost_last(self) -> int:
        """Number of the newest lost delivery, 0 for none. GitLab's list has no times, but its numbers grow."""
        return max((int(event["id"]) for event in self.lost), default=0)


class Hooks:
    """Webhooks of the control project and of the partners' projects; found by address or name."""

    def __init__(self, client: Client, place: Place, secrets: HookSecrets) -> None:
        self._client = client
        self._place = place
        self._secrets = secrets

    def of(self, projects: Iterable[str]) -> Iterator[Watched]:
        """One request for each project, one for the group where it has one. A project that is not there has none.

        Raises other GitLabErrors.
        """
        places = [(project, f"{project_api(project)}/hooks") for project in projects]
        if self._place.group_hook:
            places.append((self._place.group, f"{group_api(self._place.group)}/hooks"))
        for owner, address in places:
            try:
                rows = self._client.list(address)
            except Missing:
                continue
            for row in rows:
                if row["url"] == self._place.hook_url or row.get("name") == HOOK_NAME:
                    yield Watched(owner, address, row)

    def look(self, projects: Iterable[str]) -> Iterator[HookLook]:
        """Two requests for each webhook."""
        for hook in self.of(projects):
            query = {"status": "client_failure,server_failure", "per_page": 20}
            yield HookLook(hook, tuple(self._client.get(f"{hook.path}/events", **query)))

    def check(self, projects: Iterable[str], overtaken: Mapping[int, int]) -> Iterator[Finding]:
        """Address, secret, whether GitLab sends, and what it could not deliver. Two requests for each webhook.

        `overtaken`: number of a webhook -> the newest lost delivery that was made good.
        """
        return self.judge(self.look(projects) if self._place.hook_url is not None else (), overtaken)

    def judge(self, looks: Iterable[HookLook], overtaken: Mapping[int, int]) -> Iterator[Finding]:
        """What the looks mean."""
        if self._place.hook_url is None:
            yield warning(
                "webhooks", "No webhooks: PARTNER_JOURNEY_PUBLIC_URL is not set.",
                "Set it to the address where GitLab reaches `partner-journey serve`, or run `partner-journey sync`.",
            )  # fmt: skip
            return
        wrong = total = lost = 0
        for look in looks:
            total += 1
            lost += len(look.lost)
            for finding in self._wrong(look, overtaken):
                wrong += 1
                yield finding
        if not total:
            yield warning("webhooks", "There is none yet.", "Run `partner-journey setup`.")
        elif not wrong:
            text = "1 webhook is switched on" if total == 1 else f"{total} webhooks are switched on"
            if lost:
                yield ok("webhooks", f"{text}; what {lost} lost deliveries said was read from GitLab since.")
            else:
                yield ok("webhooks", f"{text}, and no delivery has failed in seven days.")

    def _wrong(self, look: HookLook, overtaken: Mapping[int, int]) -> Iterator[Finding]:
        data, name = look.hook.data, f"webhook of {look.hook.owner}"
        if look.off:
            until = f" until {data['disabled_until']}" if data.get("disabled_until") else ""
            yield failed(
                name, f"GitLab has switched it off{until} ({data['alert_status']}).",
                "The running service switches it on within the hour; `partner-journey hook revive` does it now.",
            )  # fmt: skip
        if data["url"] != self._place.hook_url:
            where = "`partner-journey setup`" if look.hook.owner == self._place.control else "`partner-journey sync`"
            yield failed(
                name, f"It goes to {data['url']}, but this service is at {self._place.hook_url}.",
                f"Run {where}, which changes it; if its address is the right one, correct PARTNER_JOURNEY_PUBLIC_URL.",
            )  # fmt: skip
        if self._of_a_partner(look.hook):
            yield warning(
                name, "The group's webhook takes its place, so each event comes twice, which does no harm.",
                "The running service deletes it within the hour; `partner-journey hook revive` does it now.",
            )  # fmt: skip
        if self._secrets.lacking(data):
            yield failed(
                name, "It carries no secret, so its deliveries are refused.", "Run `partner-journey hook rotate`."
            )
        if look.lost_last > overtaken.get(look.hook.number, 0):
            yield warning(
                name,
                f"{len(look.lost)} or more deliveries failed in seven days, the last with "
                f"{look.lost[0]['response_status']}.",
                "The running service looks at what they said within the hour; `partner-journey sync` does it now.",
            )

    def _of_a_partner(self, hook: Watched) -> bool:
        """Whether it hangs at a project although the group has one for all of them."""
        return self._place.group_hook and hook.owner not in (self._place.control, self._place.group)

    def replaced(self, hook: Watched, looks: Iterable[HookLook]) -> bool:
        """Whether the group's webhook hears all that it hears: it is there, and GitLab sends to it."""
        group_hears = any(look.hook.owner == self._place.group and not look.off for look in looks)
        return group_hears and self._of_a_partner(hook)

    def remove_replaced(self, looks: Sequence[HookLook]) -> Iterator[Finding]:
        """Deletes the partners' own webhooks that the group's one has replaced. One request for each."""
        for look in looks:
            if self.replaced(look.hook, looks):
                self._client.delete(look.hook.path)
                yield ok(f"webhook of {look.hook.owner}", "It is deleted: the group's webhook hears the same.")

    def revive(self, projects: Iterable[str]) -> Iterator[Finding]:
        """Brings them in order: a test delivery switches on what is off, and what the group's one replaced goes."""
        looks = list(self.look(projects))
        yield from self.remove_replaced(looks)
        for look in looks:
            if look.off and not self.replaced(look.hook, looks):
                yield from self.revive_one(look.hook)

    def revive_one(self, hook: Watched) -> Iterator[Finding]:
        """A test delivery, which GitLab sends although the webhook is off, and what came of it. Two requests."""
        name = f"webhook of {hook.owner}"
        try:
            self._client.post(f"{hook.path}/test/{hook.trigger}")
        except (Refused, Throttled) as error:
            yield failed(
                name, f"GitLab has switched it off, and a test delivery did not arrive ({error.cause})",
                "See with `partner-journey doctor` why GitLab does not reach the service.",
            )  # fmt: skip
            return
        now = self._client.get(hook.path)["alert_status"]
        text = "a test delivery has switched it on" if now == "executable" else "a test delivery is under way"
        yield warning(name, f"GitLab had switched it off; {text}.", "Nothing to do, unless it is switched off again.")

    def rotate(self, projects: Iterable[str]) -> Iterator[Finding]:
        """Gives every webhook the present secret. Safe to run again. Secrets cannot be read, so all are written."""
        if not self._secrets.fields():
            raise Refused(
                "There is no secret to give.",
                "Set PARTNER_JOURNEY_SIGNING_TOKEN, and the old one as PARTNER_JOURNEY_PREVIOUS_SIGNING_TOKEN.",
            )
        for hook in self.of(projects):
            name = f"webhook of {hook.owner}"
            try:
                answer = write_hook(
                    self._client, hook.list_path, self._secrets, number=hook.data["id"], url=hook.data["url"]
                )
            except GitLabError as error:
                yield failed(name, error.cause, error.fix)
                continue
            signs = bool(answer.get("signing_token_present"))
            yield ok(name, "It signs with the present secret." if signs else "It has the present plain token.")
