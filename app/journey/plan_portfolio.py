"""The portfolio item (epic or tracker issue), the announcement of a stage change, and the record of it.

The record is the commit point: until it is written, the next run does the same again and finds everything there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.journey import labels, markers, prose
from app.journey.actions import (
    Action,
    CreatePortfolioItem,
    NoticeKind,
    Notify,
    PostComment,
    RemoveComment,
    Talk,
    UpdatePortfolioItem,
)
from app.journey.observed import Note, Observed, PortfolioItem
from app.journey.plan_issues import early_scene
from app.journey.prose import Scene, StageChange
from app.journey.record import Record


def _portfolio_labels(scene: Scene) -> tuple[str, ...]:
    category = labels.category_label(scene.partner.category)
    return (labels.PARTNER, labels.stage_label(scene.announced.stage), category)


def _portfolio_scene(scene: Scene) -> Scene:
    """In the portfolio an issue is named by its project as well: `partners/acme#4`, and all is in English."""
    path = scene.place.project_path(scene.partner.slug)
    return replace(scene.for_our_side, reference=lambda name: f"{path}{scene.reference(name)}")


def plan_portfolio_item(scene: Scene, observed: Observed, *, before: Record) -> Iterator[Action]:
    """A new one records what was announced before: a crash must not lose an announcement that this plan makes."""
    if observed.portfolio_item is None:
        scene = replace(
            early_scene(scene.for_our_side),
            announced=before.announced,
            record=replace(scene.record, practices=before.practices),
        )
        text, title = prose.portfolio_description(scene), prose.portfolio_title(scene.partner)
        yield CreatePortfolioItem(
            title, text, _portfolio_labels(scene), "SAs see the partner here", confidential=scene.place.confidential
        )


def plan_commit_point(scene: Scene, observed: Observed, *, before: Record) -> Iterator[Action]:
    """The record of what has been announced, in one write with text and labels."""
    outer, item = _portfolio_scene(scene), observed.portfolio_item
    if item is None:
        text = prose.portfolio_description(outer)
        new, old = set(_portfolio_labels(scene)), set(_portfolio_labels(replace(scene, announced=before.announced)))
        yield UpdatePortfolioItem(
            None, "its issues have numbers now", description=text,
            add_labels=tuple(sorted(new - old)), remove_labels=tuple(sorted(old - new)),
        )  # fmt: skip
        return
    text = _description(outer, item, before)
    title = prose.portfolio_title(scene.partner)
    wanted = set(_portfolio_labels(scene))
    foreign = {x for x in item.labels if x.startswith((labels.STAGE_PREFIX, "category::"))} - wanted
    update = UpdatePortfolioItem(
        item.id, "the partner's progress has changed",
        title=title if title != item.title else None,
        description=text if not markers.same_text(text, item.description) else None,
        add_labels=tuple(sorted(wanted - item.labels)), remove_labels=tuple(sorted(foreign)),
        state="open" if item.state == "closed" else None,
        hide=observed.place.confidential and not item.confidential,
    )  # fmt: skip
    if update != UpdatePortfolioItem(update.id, update.reason):
        yield update


def _description(outer: Scene, item: PortfolioItem, before: Record) -> str:
    """How far comments were heard is no news of its own: it is written only together with something else."""
    unheard, body = replace(outer, record=replace(outer.record, heard=before.heard)), prose.portfolio_body(outer)
    if markers.same_text(prose.portfolio_description(unheard, item.description, body=body), item.description):
        return item.description
    return prose.portfolio_description(outer, item.description, body=body)


def plan_stand_in(observed: Observed) -> Iterator[Action]:
    """After the record has been taken over: two pictures of one partner would mislead."""
    if observed.stand_in is not None:
        yield UpdatePortfolioItem(observed.stand_in.id, "there are epics again", state="closed")


def plan_announcement(scene: Scene, observed: Observed, change: StageChange | None) -> Iterator[Action]:
    """One comment for the partner and one for the SAs, each found again by its mark, and the word to the outside."""
    if change is None:
        return
    outer = _portfolio_scene(scene)
    project = observed.project
    told_partner = {n.told for n in (project.status_notes if project else ())}
    item = observed.portfolio_item
    told_us = {n.told for n in (item.notes if item else ())}
    if change.mark not in told_partner:
        body = prose.stage_change_comment(scene, change, for_partner=True)
        yield PostComment("status", change.mark, body, "the stage has changed")
    if change.mark not in told_us:
        body = prose.stage_change_comment(outer, change, for_partner=False)
        yield PostComment("portfolio", change.mark, body, "the stage has changed")
    yield from plan_notice(scene, change)


def plan_notice(scene: Scene, change: StageChange | None) -> Iterator[Action]:
    """The word to the outside, which is sent once however often it is planned."""
    if change is None:
        return
    notice = prose.stage_change_notice(scene.for_our_side, change)
    complete = scene.stage is None and scene.practice is None
    kind: NoticeKind = "complete" if complete else "step-back" if change.kind == "step-back" else "stage-change"
    yield _word(kind, scene, change.mark, notice)


def plan_risk(scene: Scene, before: Record) -> Iterator[Action]:
    """The word to the outside that a reached stage may be lost. In GitLab the pages say so, and nobody is called."""
    told = before.of_practice(scene.practice, scene.now.date()) if scene.practice else before.announced
    if scene.announced.at_risk_since is None or told.at_risk_since is not None:
        return
    notice = prose.at_risk_notice(scene.for_our_side)
    # How often, not when: a run that is repeated after a crash, perhaps past midnight, must find the same mark.
    run = f"{scene.practice.id}/" if scene.practice else ""
    mark = f"at-risk/{run}{scene.announced.changes}/{scene.announced.risks}"
    yield _word("at-risk", scene, mark, notice)


def plan_expiries(scene: Scene) -> Iterator[Action]:
    """The word to the outside that something must be renewed, when the bot opens its issue again."""
    for item in scene.progress.items:
        until = item.judgement.valid_until
        if item.reopening and until is not None and item.issue is not None and labels.RENEWAL not in item.issue.labels:
            notice = prose.expiry_notice(scene.for_our_side, item, until)
            mark = f"expiry/{item.capability.id}/{until.isoformat()}"
            yield _word("expiry", scene, mark, notice)


def _word(kind: NoticeKind, scene: Scene, mark: str, notice: prose.Notice) -> Notify:
    return Notify(
        kind, scene.partner.slug, mark, notice.title, notice.text, scene.project_url,
        "outside channels hear of it once",
    )  # fmt: skip


def plan_doubled_comments(observed: Observed) -> Iterator[Action]:
    """Of two comments with one mark the older stays: GitLab showed it late to the run that posted the second."""
    if observed.project is not None:
        yield from _doubled("status", observed.project.status_notes)
        for notes in observed.project.comments.values():
            yield from _doubled("capability", notes)
    if observed.portfolio_item is not None:
        yield from _doubled("portfolio", observed.portfolio_item.notes)


def _doubled(where: Talk, notes: Iterable[Note]) -> Iterator[Action]:
    seen = set[str]()
    for note in sorted(notes, key=lambda each: each.created_at):
        mark = note.told
        if mark in seen:
            yield RemoveComment(where, note.id, mark, "it was posted twice")
        elif mark is not None:
            seen.add(mark)
