"""The REST API for other programs: add a partner, list partners, see where one is. A bearer token opens it.

The trap: an API that keeps its own idea of partners. This one writes partner files and reads GitLab; nothing else.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Protocol

import yaml
from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from app.engine.desired import DesiredState, PartnerFileError, UnknownPartnerError
from app.engine.queue import Queue
from app.engine.reconcile import Reconciler
from app.engine.standings import Standings
from app.engine.store import Store
from app.gitlab.control import Control
from app.gitlab.errors import GitLabError, Refused, Transient
from app.journey.loading import TemplateError, load_partner
from app.journey.model import PartnerFile, Slug
from app.journey.numbers import Number, numbers
from app.journey.standing import Standing

_BEARER = HTTPBearer(auto_error=False, description="PARTNER_JOURNEY_API_TOKEN")


class Parts(Protocol):
    """What the API needs of the service."""

    control: Control
    desired: DesiredState
    reconciler: Reconciler
    store: Store
    standings: Standings
    queue: Queue

    def clock(self) -> datetime:
        """The time now, aware."""
        ...


class NewPartner(PartnerFile):
    """A partner file plus its slug, which becomes the file's name and the project's path."""

    slug: Slug


class Added(BaseModel):
    slug: str
    file: str = Field(description="path in the control project")
    next: str = Field(description="what happens now")


class Failing(BaseModel):
    """Why the bot could not look at this partner, and what to do."""

    cause: str
    fix: str
    next_try: str | None = None


class PartnerAnswer(BaseModel):
    """Standing of a partner, or why it cannot be told. `failing` is set while the partner is parked."""

    slug: str
    standing: Standing | None = None
    failing: Failing | None = None


def api_router(parts: Parts, token: str | None) -> APIRouter:
    """The routes under /api. Without a token the API is off: 503 with the fix."""
    router = APIRouter(prefix="/api", tags=["partners"], dependencies=[Depends(token_guard(token))])

    @router.post("/partners", status_code=201, summary="Add a partner")
    def add_partner(new: NewPartner) -> Added:
        """Writes `partners/<slug>.yaml` to the control project and starts the onboarding."""
        text = partner_yaml(new)
        with as_http():
            try:
                load_partner(new.slug, text, parts.desired.known().templates)
            except TemplateError as error:
                raise HTTPException(422, [str(problem) for problem in error.problems]) from None
            parts.control.add_partner(new.slug, text)
        parts.queue.wake(new.slug, "added through the API")
        return Added(slug=new.slug, file=f"partners/{new.slug}.yaml", next=f"See GET /api/partners/{new.slug}")

    @router.get("/partners", summary="All partners")
    def list_partners() -> list[PartnerAnswer]:
        """Every partner's standing at its last reconcile; those not seen since the start are looked at now."""
        with as_http():
            return [_answer(parts, slug, fresh=False) for slug in parts.desired.slugs()]

    @router.get("/partners/{slug}", summary="One partner")
    def show_partner(slug: str) -> PartnerAnswer:
        """Stage, progress, what is next, what is stuck and why; read from GitLab now."""
        with as_http():
            return _answer(parts, slug, fresh=True)

    @router.get("/numbers", summary="The program's numbers")
    def show_numbers() -> list[Number]:
        """Of all partners at their last reconcile: time to stage, waiting, verified share, certified people, wins."""
        with as_http():
            return numbers(list(parts.standings.all().values()), parts.clock())

    return router


def partner_yaml(new: NewPartner) -> str:
    """The partner file as people would write it: only what differs from the defaults."""
    values: dict[str, Any] = new.model_dump(mode="json", exclude={"slug"}, exclude_defaults=True)
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def _answer(parts: Parts, slug: str, *, fresh: bool) -> PartnerAnswer:
    state = parts.store.partner(slug)
    failing = None
    if state.failures:
        until = state.parked_until.isoformat(timespec="seconds") if state.parked_until else None
        failing = Failing(cause=state.cause, fix=state.fix, next_try=until)
    try:
        return PartnerAnswer(slug=slug, standing=parts.reconciler.standing(slug, fresh=fresh), failing=failing)
    except PartnerFileError as error:
        return PartnerAnswer(slug=slug, failing=Failing(cause=error.cause, fix=error.fix))


def token_guard(token: str | None) -> Callable[..., None]:
    """Lets in who sends the API's token: 401 without it, 503 with the fix where none is set."""

    def check(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> None:
        if not token:
            raise HTTPException(503, "The API is off. Set PARTNER_JOURNEY_API_TOKEN and start again.")
        if given is None or not hmac.compare_digest(given.credentials.encode(), token.encode()):
            headers = {"WWW-Authenticate": "Bearer"}
            raise HTTPException(401, "Send the header `Authorization: Bearer <token>` with the API token.", headers)

    return check


@contextmanager
def as_http() -> Iterator[None]:
    """Turns our errors into HTTP answers with the cause and the fix."""
    try:
        yield
    except GitLabError as error:
        kinds = ((UnknownPartnerError, 404), (Refused, 409), (Transient, 503))
        code = next((code for kind, code in kinds if isinstance(error, kind)), 502)
        raise HTTPException(code, f"{error.cause} {error.fix}") from None
