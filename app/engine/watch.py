"""Looks by the clock whether the connection to GitLab is in order, mends what it can, and keeps what it found.

Token, webhooks and access: page, API, metrics and the command line all read what is kept here, so they cannot disagree.
The traps: a warning that only those see who ask for it (here what is new goes to the log, what failed to an issue of
the control project and to the outside channels too), and a webhook that GitLab has switched off while everybody
believes that events are heard.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from app.engine.aside import Aside
from app.engine.desired import DesiredState
from app.engine.night import nightly
from app.engine.standings import Standings
from app.engine.store import Store
from app.engine.ticker import Chore, every
from app.gitlab.access import Access
from app.gitlab.client import Client
from app.gitlab.control import Control
from app.gitlab.errors import Denied, GitLabError
from app.gitlab.findings import Finding, failed, ok
from app.gitlab.ground import Ground
from app.gitlab.hook_secrets import HookSecrets
from app.gitlab.hooks import HookLook, Hooks
from app.gitlab.tokens import check_token
from app.gitlab.verdicts import check_architects
from app.journey.loading import TemplateError, load_partner
from app.journey.observed import Place
from app.journey.prose import connection_subject

log = logging.getLogger(__name__)

Topic: TypeAlias = Literal["token", "webhooks", "access"]
_OVERTAKEN = "lost deliveries"
_REMINDED = "token end"
"""A warning that is told outside, again and again: weeks are left to do something, and then none."""

PAUSE_SECONDS = 0.2
"""Between two steps of a look at all partners: five a second leave most of GitLab's limits to the work itself."""


@dataclass(frozen=True)
class Kept:
    """What the last look at a topic found, and when."""

    topic: Topic
    at: datetime
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> Finding:
        """The first of the gravest findings."""
        return max(reversed(self.findings), key=lambda found: ("ok", "warning", "failed").index(found.state))


class Watch:
    """Looks at the connection. `tell` hears once for each look: of all failed findings that are new since the last one.

    What was told the same day is not told again, also when it was well in between. Of a token that is about to end
    `tell` hears at every look, and must tell that apart by itself.
    """

    def __init__(
        self,
        client: Client,
        ground: Ground,
        control: Control,
        desired: DesiredState,
        store: Store,
        clock: Callable[[], datetime],
        secrets: HookSecrets,
        tell: Callable[[Topic, Sequence[Finding]], None] = lambda _topic, _findings: None,
    ) -> None:
        self._client = client
        self._ground = ground
        self._control = control
        self._secrets = secrets
        self._desired = desired
        self._store = store
        self._clock = clock
        self._tell = tell

    @property
    def _place(self) -> Place:
        return self._ground.place

    @property
    def hooks(self) -> Hooks:
        """The webhooks of the place as it is now."""
        return Hooks(self._client, self._place, self._secrets)

    # --- what there is to look at ---

    def projects(self) -> list[str]:
        """Full paths of the control project and of all partners' projects."""
        return [self._place.control, *(self._place.project_path(slug) for slug in self._desired.slugs())]

    def access(self) -> Access:
        """The access check for the partners of the control project; files with mistakes name nobody."""
        partners: dict[str, tuple[str, ...]] = {}
        staff: set[str] = set()
        desired = self._desired.known()
        for slug, text in sorted(desired.wishes.partners.items()):
            try:
                partner = load_partner(slug, text, desired.templates)
            except TemplateError:
                partners[slug] = ()
                continue
            partners[slug] = partner.partner_side
            staff |= {name for name in partner.everyone if name not in partner.partner_side}
        return Access(self._client, self._place, partners, staff)

    # --- looking ---

    def look_at_token(self) -> None:
        """One request. A token that GitLab refuses is a finding, not an error. Raises other GitLabErrors."""
        try:
            findings = list(check_token(self._client, self._clock().date()))
        except Denied as error:
            findings = [failed("token", error.cause, error.fix)]
        self._keep("token", findings)

    def look_at_webhooks(
        self,
        wake: Callable[[str, str], None],
        wake_all: Callable[[str], None],
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        """Switches on what GitLab has switched off, by a test delivery, and wakes whoever has lost an event.

        Two requests for each webhook, two more for one that is off; `pause` is called after each. Raises GitLabError.
        """
        if self._place.hook_url is None:
            self._keep("webhooks", self.hooks.judge([], {}))
            return
        known = self.overtaken()
        looks = []
        for look in self.hooks.look(self.projects()):
            looks.append(look)
            pause()
        for look in looks:
            if look.off or look.lost_last > known.get(look.hook.number, 0):
                self._overtake(look, wake, wake_all)
        mended = [*self._hang_up_missing(looks, wake_all), *self.hooks.remove_replaced(looks)]
        looks = [look for look in looks if not self.hooks.replaced(look.hook, looks)]
        mended += [finding for look in looks if look.off for finding in self.hooks.revive_one(look.hook)]
        newest = {look.hook.number: look.lost_last for look in looks if look.lost_last}
        self._store.remember(_OVERTAKEN, json.dumps(newest))
        well = [look for look in looks if not look.off]
        self._keep("webhooks", [*mended, *self.hooks.judge(well, newest)])

    def _hang_up_missing(self, looks: Iterable[HookLook], wake_all: Callable[[str], None]) -> list[Finding]:
        """Webhooks that no partner's plan makes: somebody deleted one, or a licence has brought that of the group.

        What happened while one was missing nobody has heard, so everybody is looked at.
        """
        wanted = {self._place.control} | ({self._place.group} if self._place.group_hook else set())
        if wanted <= {look.hook.owner for look in looks}:
            return []
        wake_all("a webhook was missing")
        made = self._control.ensure(self._place.hook_url, self._secrets)
        return [ok("webhooks", f"Made again: {done}.") for done in made]

    def _overtake(self, look: HookLook, wake: Callable[[str, str], None], wake_all: Callable[[str], None]) -> None:
        """What a lost event said, GitLab says too; so its partner is looked at instead of sending it again."""
        if look.hook.owner in (self._place.control, self._place.group):
            wake_all(f"deliveries of the webhook of {look.hook.owner} were lost")
        else:
            wake(look.hook.owner.rpartition("/")[2], "deliveries of its webhook were lost")

    def overtaken(self) -> Mapping[int, int]:
        """Number of a webhook -> the newest lost delivery that a look at GitLab has made good."""
        return {int(hook): last for hook, last in json.loads(self._store.recall(_OVERTAKEN) or "{}").items()}

    def look_at_access(self, pause: Callable[[], None] = lambda: None) -> None:
        """Who sees too much, and whether anybody may confirm. Three requests for each partner, with a `pause` after
        each. Raises GitLabError."""
        self._keep("access", [*self.access().check(pause), *check_architects(self._client, self._place)])

    # --- what was found ---

    def kept(self) -> list[Kept]:
        """The last look at each topic that was looked at, in the order in which trouble spreads."""
        topics: tuple[Topic, ...] = ("token", "webhooks", "access")
        return [found for topic in topics if (found := self._recall(topic)) is not None]

    def _recall(self, topic: Topic) -> Kept | None:
        text = self._store.recall(f"found:{topic}")
        if text is None:
            return None
        data = json.loads(text)
        return Kept(topic, datetime.fromisoformat(data["at"]), tuple(Finding(**row) for row in data["findings"]))

    def _keep(self, topic: Topic, found: Iterable[Finding]) -> None:
        before = self._recall(topic)
        known = {(f.check, f.state) for f in before.findings} if before else set()
        findings, now = list(found), self._clock()
        new = [f for f in findings if f.state != "ok" and (f.check, f.state) not in known]
        for finding in new:
            level = logging.ERROR if finding.state == "failed" else logging.WARNING
            log.log(level, "%s: %s %s", finding.check, finding.text, finding.fix)
        for finding in findings:
            if _is_reminder(finding):
                self._tell(topic, [finding])
        today = self._told_today(topic, now)
        trouble = [f for f in new if f.state == "failed" and f.check not in today]
        if trouble:
            self._tell(topic, trouble)
        # What was told is kept after it was told: a crash between finds the same trouble, hence the same message.
        told = {"day": now.date().isoformat(), "told": sorted(today | {f.check for f in trouble})}
        data = {"at": now.isoformat(), "findings": [finding.as_json() for finding in findings]}
        self._store.remember(f"found:{topic}", json.dumps(data | told))
        self._report(topic, [f for f in findings if f.state == "failed" or _is_reminder(f)])

    def _report(self, topic: Topic, trouble: Sequence[Finding]) -> None:
        """Keeps one open issue in the control project while a topic is in trouble. Nothing new: no request."""
        problem = "\n".join(f"{found.check}: {found.text} {found.fix}" for found in trouble)
        if self._store.recall(f"reported:{topic}") == problem:
            return
        try:
            self._control.report_problem(connection_subject(topic), problem or None)
        except GitLabError as error:
            log.warning("The trouble could not be written into the control project: %s", error.cause)
            return
        self._store.remember(f"reported:{topic}", problem)

    def _told_today(self, topic: Topic, now: datetime) -> set[str]:
        """What was told of this topic since midnight, by its check."""
        data = json.loads(self._store.recall(f"found:{topic}") or "{}")
        return set(data["told"]) if data.get("day") == now.date().isoformat() else set()


def _is_reminder(finding: Finding) -> bool:
    return finding.check == _REMINDED and finding.state == "warning"


def watching(
    watch: Watch,
    standings: Standings,
    wake: Callable[[str, str], None],
    wake_all: Callable[[str], None],
    rng: random.Random,
    aside: Aside | None,
) -> list[Chore]:
    """The looks as chores. With many partners they take minutes, so they run `aside`; None: at once, for one who steps.

    GitLab's failure is one line in the log, and the next turn looks again.
    """

    def pause() -> None:
        if aside is not None:
            aside.pace(PAUSE_SECONDS)

    def webhooks() -> None:
        watch.look_at_webhooks(wake, wake_all, pause)

    def dead_webhooks() -> None:
        """Every look at a partner tells whether its webhook is on, so this costs nothing while all are."""
        if any(seen.hook not in (None, "executable") for seen in standings.all().values()):
            webhooks()

    hourly = every(timedelta(hours=1), rng)
    return [
        _chore("token", hourly, watch.look_at_token, aside),
        _chore("webhooks", hourly, webhooks, aside),
        _chore("dead webhooks", every(timedelta(minutes=5), rng), dead_webhooks, aside, at_start=False),
        _chore("access", nightly(rng), lambda: watch.look_at_access(pause), aside),
    ]


def _chore(
    name: str,
    next_time: Callable[[datetime], datetime],
    look: Callable[[], None],
    aside: Aside | None,
    *,
    at_start: bool = True,
) -> Chore:
    def work() -> None:
        try:
            look()
        except GitLabError as error:
            log.warning("The look at the %s did not succeed: %s", name, error.cause)

    return Chore(name, next_time, work if aside is None else lambda: aside.start(name, work), at_start=at_start)
