"""The safety net under the webhooks: find what changed without us, and look at it.

GitLab redelivers nothing by itself, switches failing hooks off, and sends no event for a deleted issue
(https://docs.gitlab.com/user/project/integrations/webhooks/). A short resync asks what changed since the last one; a
deep one looks at everybody, by night at each in a minute of its own. Both only wake partners: the reconcile is the
same one as ever.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from app.crash_points import Passing, carry_on
from app.engine.desired import Desired, DesiredState
from app.engine.night import minute_of
from app.engine.queue import Queue
from app.engine.store import Store
from app.gitlab.changes import changes_since
from app.gitlab.client import Client
from app.gitlab.control import Wishes
from app.gitlab.errors import GitLabError
from app.journey.observed import Place

log = logging.getLogger(__name__)

_WATERMARK = "resync watermark"
_COMMIT = "resync control commit"
_FILES = "resync control files"
_JOURNEY = "*"  # no slug
_FORMS = "+"  # no slug either
_SEEN = "resync seen"
_ASKED = "resync asked"
_ENDED = "resync ended"
_OVERLAP = timedelta(seconds=30)


def ask_everyone(store: Store, reason: str) -> None:
    """Everybody is to be looked at. Durable when it returns; whoever keeps the clock answers at the next tick."""
    store.remember(_ASKED, reason)


def resynced(store: Store) -> tuple[datetime | None, datetime | None]:
    """When the last resync ended well, and the watermark: the newest change that it has seen. None: not yet."""
    ended, watermark = store.recall(_ENDED), store.recall(_WATERMARK)
    return (
        datetime.fromisoformat(ended) if ended else None,
        datetime.fromisoformat(watermark) if watermark else None,
    )


class Resync:
    """Remembers in the store how far it has looked; a lost store makes the next resync a deep one."""

    def __init__(
        self,
        client: Client,
        place: Place,
        desired: DesiredState,
        store: Store,
        queue: Queue,
        look_at_forms: Callable[[str], None],
        take_unseen: Callable[[], set[str]],
        clock: Callable[[], datetime],
        passing: Passing = carry_on,
    ) -> None:
        self._client = client
        self._place = place
        self._desired = desired
        self._store = store
        self._queue = queue
        self._look_at_forms = look_at_forms
        self._take_unseen = take_unseen
        self._clock = clock
        self._passing = passing

    def ask(self, reason: str) -> None:
        """Everybody is to be looked at, soon: for those who must not wait for GitLab, such as a webhook's answer.

        See ask_everyone.
        """
        ask_everyone(self._store, reason)

    def answer(self) -> None:
        """Does what was asked. A broken journey file or a GitLab that is down leaves it to the next resync."""
        reason = self._store.recall(_ASKED)
        if not reason:
            return
        try:
            self.everyone(reason)
        except GitLabError as error:
            log.warning("Not everybody could be woken (%s); the next resync does it.", error.cause)
        self._store.forget(_ASKED, reason)

    def look_again(self) -> None:
        """Wakes partners for whom issues were opened: one read each, and the pages know where the new issues are."""
        for slug in sorted(self._take_unseen()):
            self._queue.wake(slug, "a look at what the last run has opened")

    def changed(self) -> int:
        """Wakes the partners whose issues or files changed since the last resync. Raises GitLabError."""
        kept = self._store.recall(_WATERMARK)
        if kept is None:
            return self.everyone("first resync")
        started = self._clock()
        changes = changes_since(self._client, self._place, datetime.fromisoformat(kept) - _OVERLAP)
        edited: set[str] = set()
        if changes.control_commit != self._store.recall(_COMMIT):
            desired = self._desired.reload()
            edited = self._edited(desired.wishes)
            if _JOURNEY in edited:
                return self._wake_all(desired, "the journey has changed", started)
            for slug in sorted(edited):
                self._queue.wake(slug, "resync: its file has changed")
            self._remember_files(desired.wishes)
        known = self._desired.known().wishes.partners
        seen = json.loads(self._store.recall(_SEEN) or "{}")
        woken = {s for s, at in changes.partners.items() if s in known and seen.get(s) != at.isoformat()}
        for slug in sorted(woken - edited):
            self._queue.wake(slug, "resync: its issues have changed")
        if changes.form is not None and changes.form.isoformat() != seen.get(_FORMS):
            self._look_at_forms("resync: a form for a new partner has changed")
        self._passing("a resync has woken its partners")
        # The overlap shows the last changes again. What is old enough by now cannot hide another change of its second.
        told = dict(changes.partners) | ({_FORMS: changes.form} if changes.form else {})
        settled = {s: at.isoformat() for s, at in told.items() if at < started - _OVERLAP}
        self._store.remember(_SEEN, json.dumps(settled))
        self._store.remember(_WATERMARK, changes.newest.isoformat() if changes.newest else kept)
        self._store.remember(_ENDED, started.isoformat())
        return len(woken | edited)

    def by_night(self) -> int:
        """Sets a timer for each partner: it is woken at its own minute of this night, or at once if that has passed.

        A timer that comes earlier stays: what it wakes looks at GitLab as well. Raises GitLabError.
        """
        now = self._clock()
        slugs = self._desired.reload().wishes.partners
        self._store.set_timers({slug: minute_of(slug, now) for slug in slugs}, "nightly look at everybody")
        self._passing("everybody is woken")
        return len(slugs)

    def everyone(self, reason: str) -> int:
        """Wakes every partner of the control project's newest commit. Raises GitLabError."""
        started = self._clock()
        return self._wake_all(self._desired.reload(), reason, started)

    def _wake_all(self, desired: Desired, reason: str, started: datetime) -> int:
        for slug in sorted(desired.wishes.partners):
            self._queue.wake(slug, reason)
        self._look_at_forms(reason)
        self._passing("everybody is woken")
        self._store.remember(_WATERMARK, started.isoformat())
        self._store.remember(_ENDED, started.isoformat())
        self._remember_files(desired.wishes)
        return len(desired.wishes.partners)

    def _edited(self, wishes: Wishes) -> set[str]:
        """Partners whose file is new, gone or not as at the last resync; and _JOURNEY if its own files are not."""
        before: dict[str, str] = json.loads(self._store.recall(_FILES) or "{}")
        return {name for name, _ in before.items() ^ _digests(wishes).items()}

    def _remember_files(self, wishes: Wishes) -> None:
        self._store.remember(_FILES, json.dumps(_digests(wishes)))
        self._store.remember(_COMMIT, wishes.commit or "")


def _digests(wishes: Wishes) -> Mapping[str, str]:
    """Slug -> digest of the partner's file; _JOURNEY -> digest of all the journey's own files."""
    texts = wishes.partners | {_JOURNEY: json.dumps(sorted(wishes.journey_files.items()))}
    return {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in texts.items()}
