"""Journeys, partners and observations for the tests of the pure core: small enough to read, real enough to plan.

`small` has three stages: two required and one optional capability in the first, one required in the second, one in the
third. `World` is what a reconcile starts from; `World.run` plans and applies with the model in `gitlab_model`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gitlab_model import apply_to

from app.journey import labels, markers
from app.journey.actions import Plan
from app.journey.loading import load_partner, load_templates
from app.journey.model import Journey, Partner, Skip, Waiver
from app.journey.observed import Answers, Issue, Note, Observed, Place, PortfolioItem, Project
from app.journey.plan import plan
from app.journey.recall import read_record
from app.journey.record import Announced
from app.journey.templates import Templates
from app.journey_files import BUILT_IN, journey_files

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
PEOPLE = ("acme.lead", "acme.dev", "gl.sa1", "gl.cam1")

PLACE = Place(
    base_url="https://gitlab.example.com",
    group="partners",
    control="partners/journey-control",
    bot="journey-bot",
    hook_url="https://journey.example.com/webhooks/gitlab",
)
FREE = replace(PLACE, epics=False)

PARTNER_FILE = """\
name: Acme Integrators
category: rsi
region: EMEA
people:
  lead: acme.lead
  engineers: [acme.dev]
  sa: gl.sa1
  manager: gl.cam1
"""

SMALL = """\
id: small
version: 1
title: Small Journey
roles:
  sa: {title: Coach}
policy: {settle_minutes: 10, grace_days: 30, stalled_days: 21}
stages:
  - id: stand
    title: 01 - Stand
    goal: Learn to stand.
    days: 90
    capabilities:
      - {id: stand/portal, days: 14, weight: 2}
      - {id: stand/pitch, days: 45, evidence: link}
      - {id: stand/extra, required: false}
  - id: walk
    title: 02 - Walk
    goal: Learn to walk.
    days: 180
    capabilities:
      - {id: walk/demo, after: [stand/pitch], valid_days: 365}
  - id: run
    title: 03 - Run
    goal: Learn to run.
    days: 270
    capabilities:
      - {id: run/deploy, owner: sa, verify: sa}
tracks:
  psp: {title: Services Partner, stage: walk, valid_days: 365}
overlays:
  gsi:
    set:
      stand/pitch: {required: false}
    add:
      - {id: gsi/sponsor, stage: walk}
    skip: [stand/extra]
"""
SMALL_IDS = (
    "stand/portal", "stand/pitch", "stand/extra", "walk/demo", "run/deploy", "gsi/sponsor", "tracks/psp",
)  # fmt: skip


def capability_text(title: str, *, step: str = "Do it") -> str:
    """A capability's Markdown file in its shortest valid form."""
    return f"""\
---
title: {title}
who: Practice lead
verifier: Channel SA
question: What would have saved you time?
---
## Objective

It works.

## Steps

- [ ] {step}
- [ ] Tell somebody

## Evidence

A note.

## Good to know

- It takes a day.

## Resources

- [Docs](https://docs.gitlab.com)
"""


def small_files(**changed: str) -> dict[str, str]:
    """The small journey's files; `changed` replaces texts by path, with `__` for `/` and no suffix."""
    files = {"journey.yaml": SMALL}
    files |= {f"capabilities/{name}.md": capability_text(f"Title of {name}") for name in SMALL_IDS}
    return files | {f"capabilities/{name.replace('__', '/')}.md": text for name, text in changed.items()}


def small_templates(**changed: str) -> Templates:
    return load_templates(small_files(**changed))


def speaking_files(**changed: str) -> dict[str, str]:
    """The small journey with the built-in catalogues, and one text in German."""
    words = {path: text for path, text in built_in_files().items() if path.startswith("languages/")}
    return small_files(**changed) | words | {"capabilities/stand/portal.de.md": capability_text("Ins Portal")}


def built_in_files() -> dict[str, str]:
    return journey_files(BUILT_IN)


def built_in() -> Templates:
    return load_templates(built_in_files())


SMALL_TEMPLATES = small_templates()
SPEAKING_TEMPLATES = load_templates(speaking_files())


def partner(text: str = PARTNER_FILE, *, templates: Templates = SMALL_TEMPLATES, slug: str = "acme") -> Partner:
    return load_partner(slug, text, templates)


def waiver(capability: str, until: date = date(2026, 12, 31), reason: str = "Not in this region") -> Waiver:
    return Waiver(capability=capability, until=until, reason=reason, by="gl.sa1")


def skip(capability: str, reason: str = "Resells only") -> Skip:
    return Skip(capability=capability, reason=reason)


def nothing(place: Place = PLACE) -> Observed:
    """A group in which nothing has been made yet."""
    users = {name: f"gid://gitlab/User/{number}" for number, name in enumerate(PEOPLE, 1)}
    return Observed(place=place, group_id="gid://gitlab/Group/1", labels={}, known_users=users)


@dataclass(frozen=True)
class World:
    """Everything that `plan` is given. Each verb returns the world after it."""

    templates: Templates
    partner: Partner
    observed: Observed
    now: datetime = NOW
    allow_removals: bool = False

    @property
    def journey(self) -> Journey:
        return self.templates.journey_for(self.partner)

    @property
    def announced(self) -> Announced | None:
        """What people were told last; None before the first time."""
        record = read_record(self.journey, self.observed)
        return record.announced if record else None

    def plan(self) -> Plan:
        return plan(self.journey, self.partner, self.observed, self.now, allow_removals=self.allow_removals)

    def run(self, actions: int | None = None) -> World:
        """One reconcile; `actions`: it is interrupted after so many of them."""
        planned = self.plan()
        cut = planned if actions is None else replace(planned, actions=planned.actions[:actions])
        return replace(self, observed=apply_to(self.observed, cut, self.now))

    def later(self, **amount: float) -> World:
        return replace(self, now=self.now + timedelta(**amount))

    def having(self, **changes: Any) -> World:
        """The same partner with other keys in its file."""
        return replace(self, partner=self.partner.model_copy(update=changes))

    # --- what people do ---

    @property
    def project(self) -> Project:
        assert self.observed.project is not None
        return self.observed.project

    @property
    def epic(self) -> PortfolioItem:
        assert self.observed.portfolio_item is not None
        return self.observed.portfolio_item

    @property
    def status(self) -> Issue:
        return next(i for i in self.project.issues if markers.find("page", i.description) == "status" and i.by_bot)

    def issue(self, name: str) -> Issue:
        """The bot's oldest issue of a capability."""
        found = [i for i in self.project.issues if i.by_bot and markers.find("capability", i.description) == name]
        return min(found, key=lambda i: i.iid)

    def change_project(self, **changes: Any) -> World:
        return replace(self, observed=replace(self.observed, project=replace(self.project, **changes)))

    def change_epic(self, **changes: Any) -> World:
        return replace(self, observed=replace(self.observed, portfolio_item=replace(self.epic, **changes)))

    def change(self, issue: Issue, **changes: Any) -> World:
        changed = replace(issue, updated_at=self.now, **changes)
        return self.change_project(issues=tuple(changed if i.id == issue.id else i for i in self.project.issues))

    def add_issue(self, issue: Issue) -> World:
        return self.change_project(issues=(*self.project.issues, issue))

    def close(self, *names: str, **how: bool) -> World:
        world = self
        for name in names:
            world = world.change(world.issue(name), state="closed", closed_at=self.now, **how)
            world = world.answered(world.issue(name))
        return world

    def answered(self, issue: Issue) -> World:
        """The evidence is a link in a comment; at a gate an SA closed it."""
        name = markers.find("capability", issue.description)
        gate = any(c.id == name and c.verify == "sa" for c in self.journey.capabilities)
        people, closers = self.partner.people, self.observed.answers.closers
        closer = people.sa if gate else people.lead
        answers = Answers(frozenset({people.sa}), closers={**closers, issue.id: closer})
        world = replace(self, observed=replace(self.observed, answers=answers))
        proof = Note("gid://gitlab/Note/1", "https://example.com/proof", self.now, False, people.lead, 1)
        told = (*world.project.comments.get(issue.id, ()), proof)
        return world.change_project(comments={**world.project.comments, issue.id: told})

    def reopen(self, name: str) -> World:
        return self.change(self.issue(name), state="open", closed_at=None, moved=False, duplicate=False, canceled=False)

    def comments(self, where: str = "status") -> list[Note]:
        """The bot's stage-change comments on the status issue or the epic."""
        notes = self.project.status_notes if where == "status" else self.epic.notes
        return [n for n in notes if n.by_bot and (markers.find("comment", n.body) or "").startswith("stage/")]

    def quiet(self) -> World:
        """Without reminders, for lives in which nothing moves for long."""
        return self.change(self.status, labels=self.status.labels | {labels.QUIET})


def small_world(place: Place = PLACE, text: str = PARTNER_FILE) -> World:
    """The small journey before the first run."""
    return World(SMALL_TEMPLATES, partner(text), nothing(place))


def onboarded(place: Place = PLACE, text: str = PARTNER_FILE) -> World:
    return small_world(place, text).run()


def kinds(actions: Iterable[object]) -> list[str]:
    return [type(action).__name__ for action in actions]
