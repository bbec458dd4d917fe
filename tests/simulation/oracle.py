"""An independent, small answer to "where is this partner": from the sandbox's own state and what people said.

It shares no code with the bot but the words of the marks. It looks whenever the bot has looked, for two things cannot
be read off the present: which closing was accepted, and what was announced. The trap: to ask the bot's own record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from app.journey import markers
from app.sandbox.world import WorkItem, World
from simulation.auditor import BOT, label_titles

QUIET = timedelta(minutes=10)
GRACE = timedelta(days=30)
NOTICE = timedelta(days=90)
RENEW = timedelta(days=30)
STAGES = ("stand", "walk", "run")
ARCHITECTS = ("gl.sa1", "gl.sa2")
REVIEW = "stage-review"
SHOWN = ("verify::pending", "waived", *(f"stage::{stage}" for stage in STAGES))
"""Labels that an issue has exactly when there is a cause."""


@dataclass(frozen=True)
class Spec:
    """What the oracle knows of a capability."""

    name: str
    stage: int
    required: bool = True
    gate: bool = False
    link: bool = False
    valid_days: int | None = None


@dataclass(frozen=True)
class Accepted:
    """A closing that counts. `by`: a solution architect said so."""

    closing: datetime
    at: datetime
    by: bool


@dataclass(frozen=True)
class Memory:
    """What was said and decided about one capability."""

    accepted: Accepted | None = None
    verified: tuple[datetime, datetime] | None = None  # closing and moment of the word, by command
    labelled: tuple[datetime, datetime] | None = None  # the same, by label
    waived: date | None = None
    valid: date | None = None
    new_since: date | None = None
    was: Memory | None = None
    was_closed: bool = False


@dataclass
class Oracle:
    """`flags`: how the journey differs from its first form; `filed`: waivers of the partner file."""

    world: World
    slug: str
    flags: set[str] = field(default_factory=set)
    filed: dict[str, date] = field(default_factory=dict)
    told: int = 0
    at_risk: datetime | None = None
    memory: dict[str, Memory] = field(default_factory=dict)
    known: set[str] | None = None
    closed_again: dict[str, Accepted | None] = field(default_factory=dict)

    # --- the journey ---

    def specs(self) -> list[Spec]:
        found = [
            Spec("stand/door" if "renamed" in self.flags else "stand/portal", 0),
            Spec("stand/pitch", 0, link=True),
            Spec("stand/extra", 0, required=False),
            Spec("walk/cert", 1, gate=True, link=True),
            Spec("walk/demo", 1, valid_days=60),
            Spec("run/deploy", 2, gate=True),
        ]
        if "added" in self.flags:
            found.append(Spec("stand/more", 0))
        if "dmr" in self.flags:
            found = [replace(s, required=s.required and s.name != "stand/pitch") for s in found]
            found = [s for s in found if s.name != "stand/extra"]
        if "retired" in self.flags:
            found = [s for s in found if s.name != "stand/pitch"]
        return found

    def reviews(self) -> list[Spec]:
        return [Spec(f"{STAGES[i]}/{REVIEW}", i, gate=True) for i in (0, 2)] if "gate" in self.flags else []

    def spec(self, name: str) -> Spec | None:
        return next((s for s in (*self.specs(), *self.reviews()) if s.name == name), None)

    # --- reading the world ---

    def issue(self, name: str) -> WorkItem | None:
        names = {name, "stand/portal"} if name == "stand/door" else {name}
        found = [
            i
            for i in self.items()
            if self.by(i.author_id) == BOT
            and markers.find("capability", i.description) in names
            and not markers.find("double", i.description)
        ]
        return min(found, key=lambda i: i.iid, default=None)

    def items(self) -> list[WorkItem]:
        project = self.world.project_by_path(f"partners/{self.slug}")
        return [i for i in self.world.work_items.values() if project and i.project_id == project.id]

    def by(self, user_id: int | None) -> str:
        return self.world.users[user_id].username if user_id else ""

    def done(self, item: WorkItem) -> bool:
        """Closed, and not as something else."""
        elsewhere = item.moved_to_id is not None or item.duplicated_to_id is not None
        return item.state == "closed" and not elsewhere and item.status not in ("Won't do", "Duplicate")

    def has_link(self, item: WorkItem) -> bool:
        said = [n.body for n in item.notes if not n.system and self.by(n.author_id) != BOT]
        return any("https://" in text for text in said if not text.startswith("/journey"))

    def of(self, name: str) -> Memory:
        return self.memory.setdefault(name, Memory())

    def change(self, name: str, **changes: object) -> None:
        self.memory[name] = replace(self.of(name), **changes)  # type: ignore[arg-type]

    # --- what counts ---

    def counts(self, spec: Spec, now: datetime) -> bool:
        memory, item, today = self.of(spec.name), self.issue(spec.name), now.date()
        if self.is_waived(spec.name, now) or (item is not None and self.is_done(spec)):
            return True
        return memory.valid is not None and today <= memory.valid and item is not None

    def is_waived(self, name: str, now: datetime) -> bool:
        ends = [end for end in (self.of(name).waived, self.filed.get(name)) if end is not None]
        return any(now.date() <= end for end in ends)

    def is_done(self, spec: Spec) -> bool:
        item, accepted = self.issue(spec.name), self.of(spec.name).accepted
        return item is not None and self.done(item) and accepted is not None and accepted.closing == item.closed_at

    def labels(self, spec: Spec, now: datetime) -> set[str]:
        """Those of `SHOWN` that its issue must have at rest."""
        item, stage = self.issue(spec.name), f"stage::{STAGES[spec.stage]}"
        waits = item is not None and self.done(item) and not self.is_done(spec)
        done = self.is_done(spec)
        renewed = self.of(spec.name).valid is not None and item is not None and item.state == "opened"
        return {stage, *(["verify::pending"] if waits else []), *(["renewal"] if renewed else []),
                *(["waived"] if self.is_waived(spec.name, now) and not done and not renewed else [])}  # fmt: skip

    def holds(self, spec: Spec, today: date) -> bool:
        since = self.of(spec.name).new_since
        return spec.required and not (since is not None and today < since + NOTICE)

    def target(self, now: datetime) -> int:
        for index in range(len(STAGES)):
            mine = [s for s in self.specs() if s.stage == index and self.holds(s, now.date())]
            if not all(self.counts(s, now) for s in mine) or not self._reviewed(index, now):
                return index
        return len(STAGES)

    def _reviewed(self, index: int, now: datetime) -> bool:
        review = next((s for s in self.reviews() if s.stage == index), None)
        if review is None or self.counts(review, now):
            return True
        return self.issue(review.name) is None and index < self.told

    def last_change(self, now: datetime) -> datetime | None:
        moments = []
        for spec in (*self.specs(), *self.reviews()):
            accepted = self.of(spec.name).accepted
            if self.holds(spec, now.date()) and accepted is not None and self.is_done(spec):
                moments += [accepted.closing, *([accepted.at] if accepted.by else [])]
        return max(moments, default=None)

    # --- looking, whenever the bot has ---

    def look(self, now: datetime) -> None:
        required = {s.name for s in self.specs() if s.required}
        if self.known is not None:
            for name in required - self.known:
                if (spec := self.spec(name)) is not None and spec.stage <= self.told:
                    self.change(name, new_since=now.date())
        self.known = required
        for spec in (*self.specs(), *self.reviews()):
            self._judge(spec, now)
        self._decide(now)

    def _judge(self, spec: Spec, now: datetime) -> None:
        item, memory = self.issue(spec.name), self.of(spec.name)
        if memory.waived is not None and memory.waived < now.date():
            self.change(spec.name, waived=None)
        if item is None or (item.state == "closed" and not self.done(item)):
            self.change(spec.name, accepted=None, valid=None)
        elif item.state == "opened":
            reopened_by_us = self._reopened_for_renewal(item)
            self.change(spec.name, accepted=None, valid=memory.valid if reopened_by_us else None)
        elif memory.accepted is None or memory.accepted.closing != item.closed_at:
            accepted = self._accept(spec, item)
            self.change(spec.name, accepted=accepted)
            if accepted is not None:
                end = accepted.closing.date() + timedelta(days=spec.valid_days) if spec.valid_days else None
                self.change(spec.name, valid=end)

    def _reopened_for_renewal(self, item: WorkItem) -> bool:
        last = item.state_events[-1] if item.state_events else None
        return last is not None and self.by(last.user_id) == BOT and "renewal" in label_titles(self.world, item)

    def _accept(self, spec: Spec, item: WorkItem) -> Accepted | None:
        closing, memory, closer = item.closed_at, self.of(spec.name), self.by(item.closed_by_id)
        assert closing is not None
        restored = self.closed_again.get(spec.name)
        if closer == BOT and restored is not None:
            return replace(restored, closing=closing)
        if closer in ARCHITECTS:
            return Accepted(closing, closing, spec.gate)
        for said in (memory.verified, memory.labelled):
            if said is not None and said[0] == closing:
                return Accepted(closing, said[1], by=True)
        if spec.gate or (spec.link and not self.has_link(item)):
            return None
        return Accepted(closing, closing, by=False)

    def _decide(self, now: datetime) -> None:
        target = self.target(now)
        if target == self.told:
            self.at_risk = None
        elif target < self.told:
            self.at_risk = self.at_risk or now
            if now >= self.at_risk + GRACE:
                self.told, self.at_risk = target, None
        else:
            self.at_risk, last = None, self.last_change(now)
            if last is None or now >= last + QUIET:
                self.told = target

    # --- what architects and partners say, told after the bot has answered; `before`: as it was before that ---

    def hear(self, verb: str, spec: Spec, who: str, now: datetime, until: date | None = None) -> None:
        item, memory = self.issue(spec.name), self.of(spec.name)
        ours, architect = who in (*ARCHITECTS, "gl.cam1"), who in ARCHITECTS
        if item is None:
            return
        was = {"was": replace(memory, was=None), "was_closed": item.state == "closed"}
        if verb == "verify" and architect and self.done(item) and item.closed_at is not None:
            self.change(
                spec.name, **was, verified=(item.closed_at, now), accepted=Accepted(item.closed_at, now, by=True)
            )
            if spec.valid_days:
                self.change(spec.name, valid=item.closed_at.date() + timedelta(days=spec.valid_days))
        elif verb == "reject" and architect and self.done(item):
            self.change(spec.name, **was, accepted=None, valid=None)
        elif verb == "waive" and ours:
            self.change(spec.name, **was, waived=until)
        elif verb == "unwaive" and ours and memory.waived is not None:
            self.change(spec.name, **was, waived=None)
        elif verb == "undo" and architect and memory.was is not None:
            self.memory[spec.name] = replace(memory.was, new_since=memory.new_since, labelled=memory.labelled)
            if memory.was_closed and item.state == "opened":
                self.closed_again[spec.name] = memory.was.accepted

    def broken(self, now: datetime, stage: str, at_risk: bool, counting: dict[str, bool]) -> Iterator[str]:
        """Where the bot's picture differs: the announced stage, whether it is at risk, and what counts."""
        wanted = (*STAGES, "complete")[self.told]
        if stage != wanted:
            yield f"the announced stage is {stage}, and should be {wanted}"
        if at_risk != (self.at_risk is not None):
            yield f"at risk: {at_risk}, and should be {self.at_risk}"
        for spec in (*self.specs(), *self.reviews()):
            if spec.name in counting and counting[spec.name] != self.counts(spec, now):
                yield f"{spec.name} counts: {counting[spec.name]}, and should be {not counting[spec.name]}"
