"""How long the waiting work will take at least, so far as GitLab's limits decide it.

A partner that never ran is taken to need a whole onboarding, which is planned against an empty GitLab without asking
anybody. The trap: a promise. How fast GitLab answers nobody knows, so this is "at least", and it is computed anew at
each asking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.engine.desired import DesiredState
from app.engine.store import Store
from app.gitlab.errors import GitLabError
from app.gitlab.ground import Ground
from app.gitlab.limits import MEANINGS, Limiter, costs_of_actions
from app.journey.observed import Observed
from app.journey.plan import PartnerError, plan

REQUESTS_OF_AN_ONBOARDING = 14
REQUESTS_OF_A_LOOK = 2


@dataclass(frozen=True)
class Forecast:
    """`partners` wait; `seconds` at least until they are done; `limited_by` says in words what decides it, if any."""

    partners: int
    new: int
    seconds: float
    limited_by: str | None
    per_minute: int | None

    @property
    def text(self) -> str:
        """One sentence for people, empty where nobody has to wait."""
        if self.limited_by is None:
            return ""
        return (
            f"{self.new} new partners: at least {_words(self.seconds)}, "
            f"for GitLab takes {self.per_minute} {self.limited_by} a minute."
        )


class Forecaster:
    """Looks ahead. Costs no request while the control project's files are in memory."""

    def __init__(
        self, desired: DesiredState, ground: Ground, store: Store, limiter: Limiter, clock: Callable[[], datetime]
    ) -> None:
        self._desired = desired
        self._ground = ground
        self._store = store
        self._limiter = limiter
        self._clock = clock

    def of(self, slugs: Iterable[str]) -> Forecast:
        """For the partners that wait. Raises GitLabError when the control project cannot be read."""
        costs: Counter[str] = Counter()
        waiting = new = 0
        for slug in slugs:
            waiting += 1
            if self._store.partner(slug).last_run_at is None:
                new += 1
                costs += self._onboarding(slug)
            else:
                costs["api"] += REQUESTS_OF_A_LOOK
        seconds, family = self._limiter.seconds_for(costs)
        most = self._limiter.limits[family] if family else None
        return Forecast(waiting, new, seconds, MEANINGS[family] if family else None, most)

    def _onboarding(self, slug: str) -> Counter[str]:
        try:
            partner, templates = self._desired.partner(slug)
            known = {name: name for name in partner.everyone}
            nothing = Observed(place=self._ground.place, group_id="", labels={}, known_users=known)
            planned = plan(templates.journey_for(partner), partner, nothing, self._clock())
        except (GitLabError, PartnerError):
            return Counter(api=REQUESTS_OF_A_LOOK)  # a file with a mistake: it is reported, and nothing is made
        return Counter(costs_of_actions(planned.actions)) + Counter(api=REQUESTS_OF_AN_ONBOARDING)


def _words(seconds: float) -> str:
    minutes = timedelta(seconds=seconds) / timedelta(minutes=1)
    return f"{seconds:.0f} seconds" if minutes < 1.5 else f"{minutes:.0f} minutes"
