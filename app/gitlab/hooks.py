"""The bot's webhooks, looked at and kept alive (https://docs.gitlab.com/api/project_webhooks/).

GitLab switches a failing webhook off and loses its events. A successful test delivery switches it on again. The trap:
GitLab before 19.0 ignores a signing token without a word, so it is read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.gitlab.client import Client
from app.gitlab.errors import GitLabError, Missing, Refused
from app.gitlab.findings import Finding, failed, ok, warning
from app.gitlab.hook_secrets import HookSecrets, write_hook
from app.gitlab.observe import HOOK_NAME
from app.journey.observed import Place


@dataclass(frozen=True)
class Watched:
    """One webhook of the bot: its project's full path and what REST says of it."""

    project: str
    data: dict[str, Any]

    @property
    def list_path(self) -> str:
        return f"{project_api(self.project)}/hooks"

    @property
    def path(self) -> str:
        return f"{self.list_path}/{self.data['id']}"

    @property
    def trigger(self) -> str:
        """What can always be made up from a project of its kind."""
        return "push_events" if self.data.get("push_events") else "issues_events"


def project_api(full_path: str) -> str:
    return "/projects/" + full_path.replace("/", "%2F")


class Hooks:
    """Webhooks of the control project and of the partners' projects; found by address or name."""

    def __init__(self, client: Client, place: Place, secrets: HookSecrets) -> None:
        self._client = client
        self._place = place
        self._secrets = secrets

    def of(self, projects: Iterable[str]) -> Iterator[Watched]:
        """One request for each project; a project that is not there has none. Raises other GitLabErrors."""
        for project in projects:
            try:
                rows = self._client.list(f"{project_api(project)}/hooks")
            except Missing:
                continue
            for row in rows:
                if row["url"] == self._place.hook_url or row.get("name") == HOOK_NAME:
                    yield Watched(project, row)

    def check(self, projects: Iterable[str]) -> Iterator[Finding]:
        """Address, secret, whether GitLab sends, and what it could not deliver. Two requests for each webhook."""
        if self._place.hook_url is None:
            yield warning(
                "webhooks", "No webhooks: PARTNER_JOURNEY_PUBLIC_URL is not set.",
                "Set it to the address where GitLab reaches `partner-journey serve`, or run `partner-journey sync`.",
            )  # fmt: skip
            return
        wrong = 0
        total = 0
        for hook in self.of(projects):
            total += 1
            for finding in self._wrong(hook):
                wrong += 1
                yield finding
        if not wrong:
            yield ok("webhooks", f"{total} webhooks are switched on, and no delivery has failed in seven days.")

    def _wrong(self, hook: Watched) -> Iterator[Finding]:
        data, name = hook.data, f"webhook of {hook.project}"
        if data["alert_status"] != "executable":
            yield failed(
                name, f"GitLab has switched it off ({data['alert_status']}).",
                "See that the service runs and answers, then `partner-journey hook revive`.",
            )  # fmt: skip
        if self._secrets.lacking(data):
            yield failed(
                name, "It carries no secret, so its deliveries are refused.", "Run `partner-journey hook rotate`."
            )
        lost = self._client.get(f"{hook.path}/events", status="client_failure,server_failure", per_page=20)
        if lost:
            yield warning(
                name,
                f"{len(lost)} or more deliveries failed in seven days, the last with {lost[0]['response_status']}.",
                "The nightly look at everybody makes them good; `partner-journey sync` does it now.",
            )  # fmt: skip

    def revive(self, projects: Iterable[str]) -> Iterator[Finding]:
        """A test delivery for each webhook that is switched off; success switches it on again."""
        for hook in self.of(projects):
            if hook.data["alert_status"] == "executable":
                continue
            name = f"webhook of {hook.project}"
            try:
                self._client.post(f"{hook.path}/test/{hook.trigger}")
            except Refused as error:
                yield failed(name, f"The test delivery did not arrive ({error.cause})", "Start the service first.")
            else:
                yield ok(name, "A test delivery was sent; its success switches the webhook on.")

    def rotate(self, projects: Iterable[str]) -> Iterator[Finding]:
        """Gives every webhook the present secret. Safe to run again. Secrets cannot be read, so all are written."""
        if not self._secrets.fields():
            raise Refused(
                "There is no secret to give.",
                "Set PARTNER_JOURNEY_SIGNING_TOKEN, and the old one as PARTNER_JOURNEY_PREVIOUS_SIGNING_TOKEN.",
            )
        for hook in self.of(projects):
            name = f"webhook of {hook.project}"
            try:
                answer = write_hook(
                    self._client, hook.list_path, self._secrets, number=hook.data["id"], url=hook.data["url"]
                )
            except GitLabError as error:
                yield failed(name, error.cause, error.fix)
                continue
            signs = bool(answer.get("signing_token_present"))
            yield ok(name, "It signs with the present secret." if signs else "It has the present plain token.")
