"""The chore that keeps the page about all partners: from the kept standings, so no partner is looked at for it.

The trap: an empty page after the bot's database was lost. Partners without a standing are named as such.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.engine.desired import DesiredState
from app.engine.standings import Standings
from app.engine.store import Store
from app.gitlab.control_pages import ControlPages
from app.gitlab.ground import Ground
from app.journey.portfolio_page import plan_portfolio_page, stages_digest
from app.journey.prose.portfolio_page import PORTFOLIO_PAGE

_SHOWN = "portfolio page"
"""Which stages the page tells of."""


class PortfolioChore:
    """Renews the page when what it tells has changed. Raises GitLabError or StoreError."""

    def __init__(
        self,
        pages: ControlPages,
        desired: DesiredState,
        standings: Standings,
        ground: Ground,
        store: Store,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._pages = pages
        self._desired = desired
        self._standings = standings
        self._ground = ground
        self._clock = clock

    def renew(self) -> bool:
        """Whether the page was written. Without a single partner there is none."""
        known = self._desired.slugs()
        if not known:
            return False
        standings = list(self._standings.all().values())
        written = self._pages.renew(
            PORTFOLIO_PAGE, "portfolio",
            lambda seen: plan_portfolio_page(seen, standings, known, self._ground.place, self._clock()),
        )  # fmt: skip
        self._store.remember(_SHOWN, stages_digest(standings))
        return written

    def follow(self) -> bool:
        """The same, soon after somebody's stage has changed; as long as nobody's has, GitLab is not asked."""
        stages = stages_digest(self._standings.all().values())
        return stages != self._store.recall(_SHOWN) and self.renew()
