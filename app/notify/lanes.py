"""One thread for each channel that has something to send, so that one that hangs holds up nobody.

The trap this avoids: sending on the thread that keeps the clock. A chat service that answers slowly would make every
timer late, and with it the stages of partners.
"""

from __future__ import annotations

import logging
import threading

from app.notify.outbox import Outbox

log = logging.getLogger(__name__)


class Lanes:
    """Delivers an outbox. Its threads end by themselves, and never keep the process from ending."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._threads: dict[str, threading.Thread] = {}

    def start(self) -> None:
        """Begins to deliver what is due, except by channels that are still at it. Returns at once; one thread calls it.

        Raises StoreError.
        """
        for name in self._outbox.due():
            at_work = self._threads.get(name)
            if at_work is None or not at_work.is_alive():
                thread = threading.Thread(target=self._deliver, args=[name], name=f"lane {name}", daemon=True)
                self._threads[name] = thread
                thread.start()

    def _deliver(self, name: str) -> None:
        try:
            self._outbox.deliver(name)
        except Exception:
            log.exception("Channel %s could not be delivered; the next tick tries again.", name)
