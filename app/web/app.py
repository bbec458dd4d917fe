"""The web application: webhooks, API, the site, health. Work is never done here, only asked for.

`/healthz` says that the process answers; `/readyz` says whether it can do its job, with the cause when it cannot. Both
are open to everybody, partners too, so they name no partner.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any, Protocol

from fastapi import FastAPI, Response

from app.engine.database import StoreError
from app.intake.bodies import Bodies
from app.intake.router import Intake, intake_router
from app.web.api import Parts, api_router, token_guard
from app.web.health import Health
from app.web.metrics import MetricsParts, metrics_router
from app.web.site import SiteParts
from app.web.site_routes import add_site
from app.web.status import StatusParts, add_status

PROBE_EVERY = timedelta(seconds=5)


class ServiceParts(Parts, SiteParts, StatusParts, MetricsParts, Protocol):
    """What the web application needs of the service."""

    intake: Intake


def create_app(service: ServiceParts, api_token: str | None) -> FastAPI:
    """The application around a running service."""
    app = FastAPI(
        title="Partner Journey",
        summary="Runs the Partner Capabilities Journey inside GitLab.",
        version=version("partner-journey"),
    )
    app.add_middleware(Bodies)
    app.include_router(intake_router(service.intake))
    api = api_router(service, api_token)
    add_status(api, service)
    app.include_router(api)
    health = Health(service.ground, service.watch, service.store, service.queue, service.clock)
    app.include_router(metrics_router(service, health, token_guard(api_token)))
    add_site(app, service, health)
    _add_probes(app, service)
    return app


def _add_probes(app: FastAPI, service: ServiceParts) -> None:
    probe = _Probe(service)

    @app.get("/healthz", tags=["health"], summary="Does the process answer?")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", tags=["health"], summary="Can it do its job?")
    def readyz(response: Response) -> dict[str, Any]:
        try:
            probe.write()
            parked = sum(state.failures > 0 for state in service.store.partners())
            waiting = service.queue.waiting()
        except StoreError as error:
            response.status_code = 503
            return {"status": "not ready", "cause": str(error)}
        return {
            "status": "ready",
            "gitlab": service.ground.footing.instance.version,
            "waiting": len(waiting),
            "parked": parked,
            "next": "GET /api/status names them, with cause and fix" if parked else "",
        }


class _Probe:
    """Whether the database takes writes: a full disk is still well to read. Everybody may ask, so it is tried at most
    every few seconds, and who asks in between hears the last answer."""

    def __init__(self, service: ServiceParts) -> None:
        self._service = service
        self._at: datetime | None = None
        self._error: StoreError | None = None

    def write(self) -> None:
        """Raises StoreError."""
        now = self._service.clock()
        if self._at is None or abs(now - self._at) >= PROBE_EVERY:
            self._at = now
            try:
                self._service.store.remember("readiness", now.isoformat())
            except StoreError as error:
                self._error = error
            else:
                self._error = None
        if self._error is not None:
            raise self._error
