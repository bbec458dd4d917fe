"""Our own intake as it is served: the real application, store and durable queue, over a database of its own.

The handlers of the peers are empty, so a run does nothing here either; the queue still works every run it takes.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI

from app.engine.durable import durable_queue
from app.engine.store import Store
from app.intake.router import Intake, intake_router
from app.intake.routing import Territory
from app.intake.signature import Secrets
from benchmarks.load import SECRET


def main() -> None:
    """Serves until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", required=True)
    given = parser.parse_args()
    with (
        Store(given.database, lambda: datetime.now(UTC)) as store,
        durable_queue(given.database, lambda _partner, _reason: None, engine=store.server) as queue,
    ):
        intake = Intake(
            store=store,
            queue=queue,
            errands={},
            territory=Territory("partners", "partners/journey-control"),
            secrets=Secrets((), (SECRET,)),
            clock=lambda: datetime.now(UTC),
        )
        app = FastAPI()
        app.include_router(intake_router(intake))
        uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="warning", timeout_graceful_shutdown=2)


if __name__ == "__main__":
    main()
