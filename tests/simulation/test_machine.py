"""A partner's life, one deed after the other, on the sandbox with the real bot; judged whenever it is at rest.

People close, reopen, edit, tick, label, drag, date, move, delete, comment and command; time passes; the journey and the
partner file change: waivers, category, language, region, name. After each rest: nothing is said twice, nothing foreign
touched, no word of the partner leaves its project, nothing is left to do, labels and due dates are right, and the stage
is what the oracle says. `PARTNER_JOURNEY_SEEDS=4000` plays more lives.
"""

from __future__ import annotations

import copy
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from app.demo.local import ACME, BASE_URL, LocalStage, ManualClock, local_stage, sandbox_tier
from app.journey import markers
from app.sandbox import operations
from app.sandbox.seed import seed_world
from app.sandbox.world import REPORTER, WorkItem, World
from simulation.auditor import BOT, Ledger, breaches, label_titles
from simulation.files import capability_text
from simulation.oracle import ARCHITECTS, SHOWN, Oracle, Spec

LIVES = max(12, int(os.environ.get("PARTNER_JOURNEY_SEEDS", "0")) // 10)
JOURNEY = """\
id: small
version: 1
title: Small Journey
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
      - {id: walk/cert, verify: sa, evidence: link}
      - {id: walk/demo, after: [stand/pitch], valid_days: 60}
  - id: run
    title: 03 - Run
    goal: Learn to run.
    days: 90
    capabilities:
      - {id: run/deploy, owner: sa, verify: sa}
overlays:
  dmr:
    set:
      stand/pitch: {required: false}
    skip: [stand/extra]
"""
NAMES = (
    "stand/portal",
    "stand/door",
    "stand/pitch",
    "stand/extra",
    "stand/more",
    "walk/cert",
    "walk/demo",
    "run/deploy",
)
PARTNERS = ("acme.lead", "acme.dev")
CLOSERS = ("acme.lead", "acme.dev", "gl.sa1")
VERBS = ("verify", "reject", "waive", "unwaive", "undo")
SPEAKERS = ("acme.lead", "gl.sa1", "gl.cam1")
_GID = re.compile(r"gid://gitlab/(?:WorkItem|Issue)/(\d+)")
_PLACE = re.compile(r"/api/v4/(?:projects|groups)/([^/?]+)")
NUMBERS = st.integers(0, 1000)
WAITS = (1, 5, 14, 31, 45, 95)
WAIVED_FOR = (0, 1, 4, 5, 13, 14, 30, 39)
"""Days that end with a wait, or on the day before: a mistake of one day shows only there."""


def journey_text(flags: set[str]) -> str:
    text = JOURNEY
    if "gate" in flags:
        text = text.replace("    days: 90\n", "    days: 90\n    gate: sa\n")
    if "added" in flags:
        text = text.replace("      - {id: stand/extra", "      - {id: stand/more}\n      - {id: stand/extra")
    if "retired" in flags:
        text = text.replace(
            "evidence: link}\n      - {id: stand/m", "evidence: link, retired: true}\n      - {id: stand/m"
        )
        text = text.replace("{id: stand/pitch, days: 45, evidence: link}", "{id: stand/pitch, retired: true}")
    if "renamed" in flags:
        text = text.replace("{id: stand/portal", "{id: stand/door, was: [stand/portal]")
    if "retired" in flags:
        text = text.replace("      stand/pitch: {required: false}\n", "      walk/demo: {days: 20}\n")
    return text


def _says_at_risk(page: WorkItem) -> bool:
    return any(words in page.description for words in ("At risk until", "Gefährdet bis"))


@pytest.fixture(scope="module", autouse=True)
def _silence() -> Iterator[None]:
    """Lives are loud. Only theirs: what other tests of this process log is looked at."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@cache
def beginning(tier: str) -> World:
    """Acme is onboarded to the small journey; another project of the group is none of the bot's business."""
    clock = ManualClock()
    world = seed_world(clock, tier=sandbox_tier(tier), base_url=BASE_URL)
    root, group = world.user_by_name("root"), world.group_by_path("partners")
    assert root is not None
    assert group is not None
    for member in group.members:
        if world.users[member.user_id].username == "gl.cam1":
            member.access_level = REPORTER  # our side, and no architect
    attic = operations.create_project(world, root, group=group, path="attic", name="Attic")
    operations.create_work_item(
        world, root, project=attic, type="ISSUE", title="Foreign", description="Of somebody else"
    )
    with tempfile.TemporaryDirectory() as folder, open_stage(world, Path(folder)) as stack:
        stage: LocalStage = stack.stage
        commit(stage, journey_text(set()), {f"capabilities/{n}.md": capability_text(n) for n in NAMES})
        stage.write_partner_file("acme", ACME)
        stage.settle()
    return world


class open_stage(ExitStack):  # noqa: N801 - read as a verb
    """A stage on a world, closed with this."""

    def __init__(self, world: World, folder: Path) -> None:
        super().__init__()
        clock = world.clock
        assert isinstance(clock, ManualClock)
        self.stage = self.enter_context(local_stage(f"sqlite:///{folder / 'machine.sqlite'}", world=world, clock=clock))


def commit(stage: LocalStage, journey: str, texts: dict[str, str] | None = None) -> None:
    control = stage.project("journey-control")
    actions = [
        {"action": "update" if path in control.files else "create", "file_path": path, "content": text}
        for path, text in {"journey.yaml": journey, **(texts or {})}.items()
        if control.files.get(path) != text
    ]
    if actions:
        root = stage.user("root")
        operations.commit_files(stage.world, root, control, branch="main", message="Journey", actions=actions)


class Life(RuleBasedStateMachine):
    """`settle` at once after a deed or not: with several deeds before it the bot sees only what they come to."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.words = 0
        self.file, self.waivers = ACME, ""
        self.dates: dict[int, date] = {}
        self.ledger = Ledger()

    @initialize(tier=st.sampled_from(["ultimate", "free"]), gate=st.booleans(), passed=st.integers(0, 3))
    def begin(self, tier: str, gate: bool, passed: int) -> None:
        """`passed`: so many stages are behind the partner when the life begins."""
        memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
        world = copy.deepcopy(beginning(tier))
        folder = self.stack.enter_context(tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None))
        opened = open_stage(world, Path(folder))
        self.stage = self.stack.enter_context(opened).stage
        self.world = world
        self.start = len(world.journal)
        self.oracle = Oracle(world, "acme")
        self.settle()
        if gate:
            self.change_journey("gate")
        for _ in range(passed * (2 if gate else 1)):
            self.close_all("gl.sa1")
            self.rest()

    def teardown(self) -> None:
        try:
            if hasattr(self, "oracle"):
                self.rest()
        finally:
            self.stack.close()

    # --- helpers ---

    def settle(self) -> None:
        self.stage.settle()
        self.oracle.look(self.stage.clock.now)

    def say(self) -> str:
        self.words += 1
        return f"wort{self.words}geheim"

    def pick(self, number: int, *, state: str | None = None) -> tuple[Spec, WorkItem] | None:
        """One of the capability issues that are part of the journey."""
        specs = [*self.oracle.specs(), *self.oracle.reviews()]
        found = [(s, i) for s in specs if (i := self.oracle.issue(s.name)) and state in (None, i.state)]
        return found[number % len(found)] if found else None

    def note(self, item: WorkItem, by: str, body: str) -> None:
        self.ledger.add("note", item, body)
        self.stage.comment(item, by, body)

    # --- deeds ---

    @rule(number=NUMBERS, by=st.sampled_from(CLOSERS), proof=st.booleans(), at_once=st.booleans())
    def close(self, number: int, by: str, proof: bool, at_once: bool) -> None:
        found = self.pick(number, state="opened")
        if found is not None:
            if proof:
                self.note(found[1], by, f"{self.say()} https://example.com/proof")
            self.stage.close(found[1], by)
        if at_once:
            self.settle()

    @rule(by=st.sampled_from(CLOSERS))
    def close_all(self, by: str) -> None:
        for item in self.oracle.items():
            if item.state == "opened" and markers.find("capability", item.description):
                self.note(item, by, f"{self.say()} https://example.com/proof")
                self.stage.close(item, by)

    @rule(number=NUMBERS, by=st.sampled_from(CLOSERS), at_once=st.booleans())
    def reopen(self, number: int, by: str, at_once: bool) -> None:
        found = self.pick(number, state="closed")
        if found is not None:
            self.stage.reopen(found[1], by)
        if at_once:
            self.settle()

    @rule(number=NUMBERS, by=st.sampled_from(PARTNERS))
    def edit(self, number: int, by: str) -> None:
        found = self.pick(number)
        if found is None:
            return
        text, words = found[1].description, self.say()
        changed = (f"{text}\n\n{words}", text.replace("- [ ]", "- [x]", 1), text.replace("Learn", words))[number % 3]
        if number % 3 == 0:
            self.ledger.add("description", found[1], words)
        operations.update_work_item(self.world, self.stage.user(by), found[1], description=changed)

    @rule(number=NUMBERS, by=st.sampled_from(PARTNERS))
    def retitle(self, number: int, by: str) -> None:
        found = self.pick(number)
        if found is not None:
            operations.update_work_item(self.world, self.stage.user(by), found[1], title=f"{self.say()} @all /close")

    @rule(number=NUMBERS, by=st.sampled_from(PARTNERS))
    def comment(self, number: int, by: str) -> None:
        found = self.pick(number)
        if found is not None:
            self.note(found[1], by, f"{self.say()} <!-- partner-journey comment=stage/9/complete -->")

    @rule(number=NUMBERS, days=st.integers(1, 60))
    def redate(self, number: int, days: int) -> None:
        """A person changes the due date, which the bot then leaves alone."""
        self.settle()
        found = self.pick(number, state="opened")
        if found is not None and "renewal" not in label_titles(self.world, found[1]):
            day = self.stage.clock.now.date() + timedelta(days=days)
            operations.update_work_item(self.world, self.stage.user("gl.sa1"), found[1], due_date=day)
            self.dates[found[1].id] = day
            self.settle()

    @rule(number=NUMBERS)
    def unlabel(self, number: int) -> None:
        """Somebody clears the labels of an issue; those that the bot looks after come back."""
        found = self.pick(number)
        if found is not None:
            user = self.stage.user("acme.lead")
            operations.update_work_item(self.world, user, found[1], remove_label_ids=list(found[1].label_ids))
            self.settle()

    @rule(number=NUMBERS, label=st.sampled_from(["verify::ok", "stage::run", "verify::pending", "waived"]))
    def label(self, number: int, label: str) -> None:
        """The partner helps himself."""
        found = self.pick(number)
        ids = [each.id for each in self.world.labels.values() if each.title == label]
        if found is not None and ids:
            user = self.stage.user("acme.lead")
            operations.update_work_item(self.world, user, found[1], add_label_ids=ids)
            self.settle()

    @rule(number=NUMBERS)
    def confirm_by_label(self, number: int) -> None:
        self.settle()
        found = self.pick(number, state="closed")
        ids = [each.id for each in self.world.labels.values() if each.title == "verify::ok"]
        if found is None or ids[0] in found[1].label_ids or not self.oracle.done(found[1]):
            return
        closing = found[1].closed_at
        assert closing is not None
        operations.update_work_item(self.world, self.stage.user("gl.sa1"), found[1], add_label_ids=ids)
        if not self.oracle.is_done(found[0]):
            self.oracle.change(found[0].name, labelled=(closing, self.stage.clock.now))
        self.settle()

    @rule(number=NUMBERS, by=st.sampled_from(SPEAKERS), labelled=st.booleans())
    def speak_at_the_gate(self, number: int, by: str, labelled: bool) -> None:
        """The partner closes what has a gate; then somebody says that it is enough, who may or may not say so."""
        self.settle()
        gates = [s for s in self.oracle.specs() if s.gate and (i := self.oracle.issue(s.name)) and i.state == "opened"]
        if not gates:
            return
        spec = gates[number % len(gates)]
        item = self.oracle.issue(spec.name)
        assert item is not None
        self.note(item, "acme.lead", f"{self.say()} https://example.com/proof")
        self.stage.close(item, "acme.lead")
        self.settle()
        closing, now = item.closed_at, self.stage.clock.now
        if labelled:
            ids = [each.id for each in self.world.labels.values() if each.title == "verify::ok"]
            operations.update_work_item(self.world, self.stage.user(by), item, add_label_ids=ids)
            if by in ARCHITECTS and closing is not None and not self.oracle.is_done(spec):
                self.oracle.change(spec.name, labelled=(closing, now))
        else:
            self.stage.comment(item, by, "/journey verify")
            self.oracle.hear("verify", spec, by, now)
        self.rest()

    @rule(number=NUMBERS, how=st.sampled_from(["move", "duplicate", "wont do", "delete"]))
    def take_away(self, number: int, how: str) -> None:
        found = self.pick(number)
        if found is None:
            return
        item, root, architect = found[1], self.stage.user("root"), self.stage.user("gl.sa1")
        if how == "delete":
            operations.delete_work_item(self.world, root, item)
            self.stage.service.queue.wake("acme", "GitLab tells nobody of a deleted issue; the nightly look finds it")
        elif item.state == "opened" and item.moved_to_id is None and item.duplicated_to_id is None:
            if how == "move":
                operations.move_issue(self.world, root, item, self.stage.project("attic"))
            elif how == "duplicate":
                page = next(i for i in self.oracle.items() if markers.find("page", i.description))
                operations.mark_duplicate(self.world, architect, item, page)
            elif self.world.licensed:
                operations.update_work_item(self.world, architect, item, status="Won't do")

    @rule(number=NUMBERS, by=st.sampled_from(SPEAKERS), verb=st.sampled_from(VERBS))
    def command(self, number: int, by: str, verb: str) -> None:
        self.settle()
        found = self.pick(number)
        if found is None:
            return
        until = self.stage.clock.now.date() + timedelta(days=WAIVED_FOR[number % len(WAIVED_FOR)])
        rest = {"waive": f" until {until} no staff", "reject": " not enough"}.get(verb, "")
        self.stage.comment(found[1], by, f"/journey {verb}{rest}")
        self.oracle.hear(verb, found[0], by, self.stage.clock.now, until)
        self.settle()

    @rule(number=NUMBERS, by=st.sampled_from(PARTNERS), verb=st.sampled_from(["status", "help", "dance", "undo"]))
    def ask(self, number: int, by: str, verb: str) -> None:
        found = self.pick(number)
        if found is not None:
            self.settle()
            accepted = self.oracle.of(found[0].name).accepted
            verified = self.oracle.is_done(found[0]) and accepted is not None and accepted.by
            self.stage.comment(found[1], by, f"/journey {verb}")
            self.settle()
            assert not verified or found[1].state == "closed", "the partner took back what an architect verified"

    @rule(minutes=st.integers(1, 30))
    def wait(self, minutes: int) -> None:
        self.settle()
        self.stage.clock.advance(minutes=minutes)
        self.settle()

    @rule(days=st.sampled_from(WAITS))
    def wait_long(self, days: int) -> None:
        self.settle()
        self.stage.clock.advance(days=days)
        self.settle()

    @rule(flag=st.sampled_from(["gate", "added", "retired", "renamed"]))
    def change_journey(self, flag: str) -> None:
        self.settle()
        flags = self.oracle.flags
        if flag == "renamed":
            if "renamed" not in flags and "stand/portal" in self.oracle.memory:
                self.oracle.memory["stand/door"] = self.oracle.memory.pop("stand/portal")
            if "stand/portal" in self.oracle.filed:
                self.oracle.filed["stand/door"] = self.oracle.filed.pop("stand/portal")
            self.oracle.known = {"stand/door" if n == "stand/portal" else n for n in self.oracle.known or ()}
            flags.add(flag)
        else:
            flags ^= {flag}
        self.oracle.flags = set(flags)
        commit(self.stage, journey_text(self.oracle.flags))
        self.settle()

    @rule(name=st.sampled_from(["stand/portal", "walk/cert", "run/deploy"]), days=st.sampled_from(WAIVED_FOR))
    def waive_in_file(self, name: str, days: int) -> None:
        self.settle()
        if name == "stand/portal" and "renamed" in self.oracle.flags:
            name = "stand/door"
        until = self.stage.clock.now.date() + timedelta(days=days)
        self.waive_by_file(name, until)

    @rule(
        category=st.sampled_from(["rsi", "dmr", "fsi"]), language=st.sampled_from(["en", "de"]),
        region=st.sampled_from(["EMEA", "Nordics"]), name=st.sampled_from(["Acme Integrators", "Acme & Sons"]),
    )  # fmt: skip
    def change_file(self, category: str, language: str, region: str, name: str) -> None:
        self.settle()
        self.file = (
            ACME.replace("category: rsi", f"category: {category}").replace("EMEA", region)
            .replace("Acme Integrators", name) + f"language: {language}\n"
        )  # fmt: skip
        self.oracle.flags = (self.oracle.flags - {"dmr"}) | ({"dmr"} if category == "dmr" else set())
        self.write_file()

    @rule(number=NUMBERS, filed=st.booleans())
    def outlive_a_waiver(self, number: int, filed: bool) -> None:
        """Its last day and the day after: a mistake of one day shows only there."""
        self.settle()
        found = self.pick(number, state="opened")
        if found is None or found[0] not in self.oracle.specs():
            return
        until = self.stage.clock.now.date() + timedelta(days=1)
        if filed:
            self.waive_by_file(found[0].name, until)
        else:
            self.stage.comment(found[1], "gl.sa1", f"/journey waive until {until} no staff")
            self.oracle.hear("waive", found[0], "gl.sa1", self.stage.clock.now, until)
        for _ in range(2):
            self.settle()
            self.stage.clock.advance(days=1)
            self.rest()

    def waive_by_file(self, name: str, until: date) -> None:
        row = f"  - {{capability: {name}, until: {until}, reason: few, by: gl.sa1}}\n"
        self.waivers = f"waivers:\n{row}"
        self.oracle.filed = {name: until}
        self.write_file()

    def write_file(self) -> None:
        self.stage.write_partner_file("acme", self.file + self.waivers)
        self.settle()

    # --- rest ---

    @rule()
    def rest(self) -> None:
        """Everything there is to do, the quiet time, and what follows; then it is judged."""
        self.settle()
        early = self._still_to_do()
        assert not early, "\n".join(["a plan right after an apply is not empty", *early])
        self.stage.clock.advance(seconds=2)  # what the bot closes again it looks at a second later
        self.settle()
        self.stage.clock.advance(minutes=11)
        self.settle()
        self.stage.clock.advance(minutes=11)
        self.settle()
        problems = [*self._still_to_do(), *breaches(self.world, self.ledger), *self._leaks(), *self._trespasses()]
        problems += self._differences()
        assert not problems, "\n".join(problems)

    def _still_to_do(self) -> list[str]:
        plan = self.stage.service.reconciler.view("acme").plan
        return [f"still to do: {a.verb} {a.key}: {a.reason}" for a in plan.actions]

    def _differences(self) -> list[str]:
        standing = self.stage.service.reconciler.standing("acme", fresh=True)
        page = next(i for i in self.oracle.items() if markers.find("page", i.description))
        (stage,) = [each for each in label_titles(self.world, page) if each.startswith("stage::")]
        counting = {c.capability: c.counts for c in standing.capabilities}
        found = list(
            self.oracle.broken(self.stage.clock.now, stage.removeprefix("stage::"), _says_at_risk(page), counting)
        )
        for spec in self.oracle.specs():
            item = self.oracle.issue(spec.name)
            if item is None:
                continue
            shown, wanted = set(label_titles(self.world, item)), self.oracle.labels(spec, self.stage.clock.now)
            found += [f"{spec.name} has not the label {title}" for title in wanted - shown]
            found += [f"{spec.name} has the label {title}" for title in (shown & set(SHOWN)) - wanted]
            day = self.dates.get(item.id)
            if "renewal" in shown:
                self.dates.pop(item.id, None)
            elif day is not None and item.due_date != day:
                found.append(f"{spec.name} is due on {item.due_date}, and a person said {day}")
        return found

    def _leaks(self) -> list[str]:
        """A word of the partner outside its project."""
        acme, attic = self.stage.project("acme").id, self.stage.project("attic").id
        outside = [i for i in self.world.work_items.values() if i.project_id not in (acme, attic)]
        texts = [t for i in outside for t in (i.title, i.description, *(n.body for n in i.notes))]
        texts += [t for p in self.world.projects.values() if p.id not in (acme, attic) for t in p.files.values()]
        return [f"a word of the partner outside: {text[:80]!r}" for text in texts if "geheim" in text]

    def _trespasses(self) -> list[str]:
        """A write of the bot to anything but the partner's project, its epic, the control project and their group."""
        allowed = {self.stage.project("acme").id, self.stage.project("journey-control").id}
        found = []
        for entry in self.world.journal[self.start :]:
            if entry.username != BOT or entry.method == "GET":
                continue
            place = _PLACE.match(entry.path)
            if place is not None and place[1] not in {*map(str, allowed), "partners", "partners%2Fjourney-control"}:
                found.append(f"a write to {entry.path}")
            for number in _GID.findall(entry.body):
                item = self.world.work_items.get(int(number))
                if item is not None and item.project_id is not None and item.project_id not in allowed:
                    found.append(f"a write to the issue {item.title!r}")
        self.start = len(self.world.journal)
        return found


Life.TestCase.settings = settings(
    max_examples=LIVES, stateful_step_count=25, deadline=None, derandomize=LIVES <= 12,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
TestLife = Life.TestCase


# --- lives that random ones seldom lead: each is about one day, or one word, on which everything turns ---

Deed = tuple[str, dict[str, Any]]
_GATE: tuple[Deed, ...] = (("speak_at_the_gate", {"number": 0, "by": "gl.sa1", "labelled": False}),)
TURNS: dict[str, tuple[int, tuple[Deed, ...]]] = {
    "a waiver of the file ends": (0, (("outlive_a_waiver", {"number": 0, "filed": True}),)),
    "a waiver by comment ends": (0, (("outlive_a_waiver", {"number": 1, "filed": False}),)),
    "a manager is no architect": (1, (("speak_at_the_gate", {"number": 0, "by": "gl.cam1", "labelled": False}),)),
    "nor by label": (1, (("speak_at_the_gate", {"number": 0, "by": "gl.cam1", "labelled": True}),)),
    "nor is the partner": (1, (("speak_at_the_gate", {"number": 0, "by": "acme.lead", "labelled": True}),)),
    "the architect's label counts": (1, (("speak_at_the_gate", {"number": 0, "by": "gl.sa1", "labelled": True}),)),
    "what was verified is not the partner's to undo": (
        1, (*_GATE, ("ask", {"number": 3, "by": "acme.lead", "verb": "undo"})),
    ),
    "it is renewed too late": (2, (("wait_long", {"days": 31}), ("rest", {}), ("wait_long", {"days": 31}))),
    "it steps back after the grace period": (
        1, (("reopen", {"number": 0, "by": "acme.lead", "at_once": True}), ("wait_long", {"days": 31})),
    ),
    "something new counts after ninety days": (
        1, (("change_journey", {"flag": "added"}), ("rest", {}), ("wait_long", {"days": 45}), ("rest", {}),
            ("wait_long", {"days": 95})),
    ),
    "closed as a duplicate on Free": (0, (("take_away", {"number": 0, "how": "duplicate"}),)),
    "another category and language, and a date of one's own": (
        0, (("redate", {"number": 0, "days": 50}), ("retitle", {"number": 0, "by": "acme.lead"}),
            ("change_file", {"category": "dmr", "language": "de", "region": "Nordics", "name": "Acme & Sons"}),
            ("rest", {}), ("unlabel", {"number": 0}),
            ("change_file", {"category": "rsi", "language": "en", "region": "EMEA", "name": "Acme & Sons"})),
    ),
}  # fmt: skip


@pytest.mark.parametrize("turn", TURNS)
def test_a_life_about_one_turn_comes_out_as_the_oracle_says(turn: str) -> None:
    passed, deeds = TURNS[turn]
    life = Life()
    life.begin(tier="free" if turn.endswith("on Free") else "ultimate", gate=False, passed=passed)
    try:
        for name, given in deeds:
            getattr(life, name)(**given)
    finally:
        life.teardown()
