"""Every table of the pages as a CSV or JSON file at `/tables/…`, under the same name."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Depends, HTTPException, Response

from app.journey.tables import Kind, Table
from app.web.filtering import Wanted
from app.web.site import Site


def table_router(site: Site) -> APIRouter:
    router = APIRouter(prefix="/tables", include_in_schema=False, dependencies=[Depends(site.visitor)])

    @router.get("/partners.{kind}")
    def partners(kind: Kind, wanted: Wanted, order: str = "stage") -> Response:
        return site.download(site.portfolio.partners_table(wanted, order), kind)

    @router.get("/queue.{kind}")
    def queue(kind: Kind, sa: str = "") -> Response:
        return site.download(site.portfolio.queue_table(sa), kind)

    @router.get("/{name}.{kind}")
    def others(name: str, kind: Kind) -> Response:
        makers: dict[str, Callable[[], Table]] = {
            "funnel": site.portfolio.funnel_table,
            "numbers": site.portfolio.numbers_table,
            "checks": site.health.checks_table,
            "parked": site.health.parked_table,
            "deliveries": site.health.deliveries_table,
        }
        if name not in makers:
            raise HTTPException(404, "There is no such table.")
        return site.download(makers[name](), kind)

    @router.get("/partners/{slug}/{name}.{kind}")
    def of_partner(slug: str, name: str, kind: Kind) -> Response:
        if name == "runs":
            return site.download(site.portfolio.runs_table(slug), kind)
        makers = {
            "capabilities": site.portfolio.capabilities_table, "practices": site.portfolio.practices_table,
            "timeline": site.portfolio.timeline_table,
        }  # fmt: skip
        if name not in makers:
            raise HTTPException(404, "There is no such table.")
        return site.download(makers[name](site.standing(slug)), kind)

    return router
