"""What people, time and crashes do to a partner's world, as small steps that Hypothesis strings together.

A `Step` is a name and a number; the number chooses among what is there (which issue, which label, how many days).
Steps that make no sense in a world, such as closing an issue that was deleted, leave it as it is.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from build import (
    NOW,
    PARTNER_FILE,
    SMALL,
    SPEAKING_TEMPLATES,
    World,
    capability_text,
    nothing,
    partner,
    speaking_files,
    waiver,
)
from hypothesis import strategies as st

from app.journey import markers
from app.journey.loading import load_templates
from app.journey.observed import Issue, Note, Place

Step = tuple[str, int]
FOREIGN_LABELS = ("priority::high", "bug", "stage", "team::blue")
USER_TEXT = "Evidence: https://example.com/proof\n\n- [x] my own list"
_CHANGED_TEMPLATES = load_templates(speaking_files(
    stand__pitch=capability_text("Pitch it", step="Another step"), walk__demo=capability_text("Title of walk/demo")
))  # fmt: skip
_MOVED_ON = load_templates({
    **speaking_files(stand__story=capability_text("Tell a story"), stand__news=capability_text("Read the news")),
    "journey.yaml": SMALL.replace("stand/pitch, days", "stand/story, was: [stand/pitch], days")
    .replace("stand/pitch", "stand/story").replace("was: [stand/story]", "was: [stand/pitch]")
    .replace("      - {id: stand/extra, required: false}\n", "      - {id: stand/extra}\n      - {id: stand/news}\n"),
})  # fmt: skip
"""One capability has a new id, one is new, and one is not optional any more."""
_TEMPLATES = (_CHANGED_TEMPLATES, SPEAKING_TEMPLATES, _MOVED_ON)


def _capability(world: World, number: int) -> Issue | None:
    issues = [i for i in world.project.issues if i.by_bot and markers.find("capability", i.description)]
    return issues[number % len(issues)] if issues else None


def _on_issue(change: Callable[[World, Issue, int], World]) -> Callable[[World, int], World]:
    """A step on one of the bot's issues; the status issue is one of them now and then."""

    def step(world: World, number: int) -> World:
        issues = [i for i in world.project.issues if i.by_bot]
        return change(world, issues[number % len(issues)], number) if issues else world

    return step


def _close(world: World, number: int) -> World:
    issue = _capability(world, number)
    how = ({}, {}, {}, {"moved": True}, {"duplicate": True}, {"canceled": True})[number // 7 % 6]
    if issue is None or issue.state == "closed":
        return world
    return world.change(issue, state="closed", closed_at=world.now, **how)


def _close_stage(world: World, _number: int) -> World:
    for issue in world.project.issues:
        if issue.by_bot and issue.state == "open" and markers.find("capability", issue.description):
            world = world.change(issue, state="closed", closed_at=world.now)
    return world


def _reopen(world: World, number: int) -> World:
    closed = [i for i in world.project.issues if i.state == "closed" and i.by_bot]
    if not closed:
        return world
    issue = closed[number % len(closed)]
    return world.change(issue, state="open", closed_at=None, moved=False, duplicate=False, canceled=False)


def _wrong_stage(world: World, issue: Issue, number: int) -> World:
    """Somebody drags the card to another list of the board."""
    stage = ("stand", "walk", "run", "complete")[number % 4]
    kept = {label for label in issue.labels if not label.startswith("stage::")}
    return world.change(issue, labels=frozenset({*kept, f"stage::{stage}"}))


def _double(world: World, issue: Issue, _number: int) -> World:
    """A create that GitLab did although the answer got lost, made again."""
    iid = max(i.iid for i in world.project.issues) + 1
    return world.add_issue(replace(issue, id=f"{issue.id}-again-{iid}", iid=iid, state="open", closed_at=None))


def _partners_issue(world: World, number: int) -> World:
    """A partner's own issue, whose text pretends to be the bot's."""
    iid = max((i.iid for i in world.project.issues), default=0) + 1
    name = ("capability=stand/portal", "capability=run/deploy", "page=status")[number % 3]
    text = f"<!-- partner-journey {name} -->\nDone!"
    issue = Issue(
        f"foreign-{iid}", iid, "Title of stand/portal", text, "closed" if number % 2 else "open", world.now, world.now,
        f"{world.project.url}/-/issues/{iid}", False, frozenset({"bug"}), closed_at=world.now if number % 2 else None,
    )  # fmt: skip
    return world.add_issue(issue)


def _note(world: World, number: int) -> World:
    """A comment of a partner that pretends to be an announcement."""
    stage = ("stand", "walk", "run", "complete")[number % 4]
    note = Note(
        f"foreign-{number}-{world.now}", f"<!-- partner-journey comment=stage/{number}/{stage} -->", world.now, False
    )
    return world.change_project(status_notes=(*world.project.status_notes, note))


def _lose_epic(world: World, _number: int) -> World:
    orphans = tuple(replace(i, parent=None) for i in world.project.issues)
    return replace(world.change_project(issues=orphans), observed=replace(
        world.observed, project=replace(world.project, issues=orphans), portfolio_item=None
    ))  # fmt: skip


def _lose_label(world: World, number: int) -> World:
    gone = sorted(world.observed.labels)[number % len(world.observed.labels)]
    issues = tuple(replace(i, labels=i.labels - {gone}) for i in world.project.issues)
    boards = tuple(replace(b, lists=b.lists - {gone}) for b in world.project.boards)
    board = world.observed.portfolio_board
    world = world.change_project(issues=issues, boards=boards).change_epic(labels=world.epic.labels - {gone})
    return replace(world, observed=replace(
        world.observed, labels={t: i for t, i in world.observed.labels.items() if t != gone},
        portfolio_board=replace(board, lists=board.lists - {gone}) if board else None,
    ))  # fmt: skip


def _lose_milestone(world: World, number: int) -> World:
    milestones = world.project.milestones
    gone = number % len(milestones) if milestones else 0
    return world.change_project(milestones=milestones[:gone] + milestones[gone + 1 :])


def _flip_milestone(world: World, number: int) -> World:
    flipped = tuple(
        replace(m, state="closed" if m.state == "active" else "active") if index == number % 3 else m
        for index, m in enumerate(world.project.milestones)
    )
    return world.change_project(milestones=flipped)


def _waive(world: World, number: int) -> World:
    name = ("stand/portal", "stand/pitch", "walk/demo", "run/deploy")[number % 4]
    until = (world.now.date().replace(day=28), world.now.date().replace(year=2028))[number // 4 % 2]
    others = tuple(w for w in world.partner.waivers if w.capability != name)
    return world.having(waivers=(*others, waiver(name, until)))


def _waive_stage(world: World, _number: int) -> World:
    until = world.now.date().replace(year=2028)
    return world.having(waivers=(waiver("stand/portal", until), waiver("stand/pitch", until)))


def _broken_record(world: World, number: int) -> World:
    """Somebody edits the bot's record in the epic, or wipes the whole text."""
    text = world.epic.description
    broken = ("", "mine now", text.replace('"changes"', '"chances"'), text.replace("partner-journey state", "gone"))
    return world.change_epic(description=broken[number % 4])


def _stamp(world: World, issue: Issue, number: int) -> World:
    text = issue.description
    kinds = (
        text + "\n" + USER_TEXT,
        text.replace("- [ ]", "- [x]", 1),
        USER_TEXT + "\n\n" + text,
        text.replace("<!-- partner-journey end -->", ""),
        text.replace("Learn", "Forget").replace("Do it", "Do nothing"),
        text.partition("-->\n")[2],
    )
    return world.change(issue, description=kinds[number % len(kinds)])


_IN_PROJECT: dict[str, Callable[[World, int], World]] = {
    "close": _close,
    "close all": _close_stage,
    "reopen": _reopen,
    "edit text": _on_issue(_stamp),
    "rename": _on_issue(lambda w, i, n: w.change(i, title=f"Renamed {n}")),
    "label": _on_issue(lambda w, i, n: w.change(i, labels=i.labels | {FOREIGN_LABELS[n % 4]})),
    "unlabel": _on_issue(lambda w, i, _n: w.change(i, labels=frozenset())),
    "drag": _on_issue(_wrong_stage),
    "open up": _on_issue(lambda w, i, _n: w.change(i, confidential=False)),
    "detach": _on_issue(lambda w, i, _n: w.change(i, parent=None)),
    "delete issue": _on_issue(lambda w, i, _n: w.change_project(
        issues=tuple(x for x in w.project.issues if x.id != i.id))),
    "double": _on_issue(_double),
    "partner's issue": _partners_issue,
    "partner's comment": _note,
    "lose milestone": _lose_milestone,
    "flip milestone": _flip_milestone,
    "lose board": lambda w, _n: w.change_project(boards=()),
    "lose hook": lambda w, _n: w.change_project(hook=None),
    "lose member": lambda w, _n: w.change_project(members={}),
    "lose project": lambda w, _n: replace(w, observed=replace(w.observed, project=None)),
    "edit file": lambda w, _n: w.change_project(files=dict.fromkeys(w.project.files, "0" * 40)),
}  # fmt: skip
_IN_EPIC: dict[str, Callable[[World, int], World]] = {
    "break record": _broken_record,
    "lose epic": _lose_epic,
    "lose label": _lose_label,
    "rename epic": lambda w, n: w.change_epic(title=f"Renamed {n}"),
    "label epic": lambda w, n: w.change_epic(labels=w.epic.labels | {FOREIGN_LABELS[n % 4]}),
    "drag epic": lambda w, n: w.change_epic(labels=frozenset({"stage::run", "category::gsi"} if n % 2 else ())),
    "close epic": lambda w, _n: w.change_epic(state="closed"),
    "open up epic": lambda w, _n: w.change_epic(confidential=False),
    "edit epic": lambda w, _n: w.change_epic(description=USER_TEXT + "\n\n" + w.epic.description + "\n" + USER_TEXT),
}
_ANYWHERE: dict[str, Callable[[World, int], World]] = {
    "run": lambda w, _n: w.run(),
    "crash": lambda w, n: w.run(n % (len(w.plan().actions) + 1)),
    "minutes": lambda w, n: w.later(minutes=n % 20),
    "days": lambda w, n: w.later(days=n % 45),
    "waive": _waive,
    "waive stage": _waive_stage,
    "end waivers": lambda w, _n: w.having(waivers=()),
    "new name": lambda w, n: w.having(name=f"Acme {n}"),
    "new language": lambda w, n: w.having(language=("de", "en")[n % 2]),
    "new category": lambda w, n: w.having(category=("gsi", "rsi")[n % 2]),
    "track": lambda w, n: w.having(tracks=("psp",) if n % 2 else ()),
    "new templates": lambda w, n: replace(w, templates=_TEMPLATES[n % 3]),
    "move service": lambda w, n: replace(w, observed=replace(
        w.observed, place=replace(w.observed.place, hook_url=f"https://new{n}.example.com/hook"))),
}  # fmt: skip
NAMES = (
    "run", "close", "close all", *_IN_PROJECT, *_IN_EPIC, *_ANYWHERE, "run", "run", "close all", "minutes", "days"
)  # fmt: skip
LOSSES = ("lose project", "delete issue", "lose epic", "break record", "edit text", "edit epic")
"""Steps that may take the bot's memory of what it announced, or its comments, away."""


def take(world: World, step: Step) -> World:
    name, number = step
    if name in _ANYWHERE:
        return _ANYWHERE[name](world, number)
    if world.observed.project is None:
        return world
    if name in _IN_EPIC:
        return world if world.observed.portfolio_item is None else _IN_EPIC[name](world, number)
    return _IN_PROJECT[name](world, number)


def play(place: Place, steps: list[Step]) -> World:
    """A partner's life: onboarding and then the steps."""
    world = World(SPEAKING_TEMPLATES, partner(PARTNER_FILE), nothing(place), NOW, allow_removals=True)
    for step in steps:
        world = take(world, step)
    return world


def shuffled(world: World, seed: int) -> World:
    """The same world, told in another order: issues, comments, milestones, boards and labels."""
    rng = random.Random(seed)

    def mix(values: tuple) -> tuple:  # type: ignore[type-arg]
        return tuple(rng.sample(values, len(values)))

    observed = replace(world.observed, labels=dict(mix(tuple(world.observed.labels.items()))))
    if observed.project is not None:
        p = observed.project
        observed = replace(observed, project=replace(
            p, issues=mix(p.issues), status_notes=mix(p.status_notes), milestones=mix(p.milestones),
            boards=mix(p.boards), files=dict(mix(tuple(p.files.items()))), members=dict(mix(tuple(p.members.items()))),
        ))  # fmt: skip
    if observed.portfolio_item is not None:
        item = observed.portfolio_item
        observed = replace(observed, portfolio_item=replace(item, notes=mix(item.notes)))
    return replace(world, observed=observed)


STEPS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 400)), max_size=25)
LIVES = STEPS.map(lambda steps: [("run", 0), *steps])
