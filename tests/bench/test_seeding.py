"""A copied partner is what an onboarded one is: to GitLab's eyes, and to the bot's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from app.demo.local import LocalStage, local_stage
from benchmarks.seeding import DIGITS, seed, slug_of, write_files


def _shown(stage: LocalStage, number: int) -> dict[str, Any]:
    """What GitLab shows of a partner, without ids, its number, and the digests that hang on the number."""
    world, project = stage.world, stage.project(slug_of(number))
    milestones = {m.id: m.title for m in world.milestones.where("project_id", project.id)}
    items = stage.issues(slug_of(number))
    (epic,) = {i.parent_id for i in items}
    assert epic is not None
    shown = {
        "items": [
            (i.iid, i.title, i.description, i.state, i.confidential, i.label_ids, i.assignee_ids, i.due_date,
             milestones.get(i.milestone_id or 0), [(n.body, n.author_id) for n in i.notes if not n.system])
            for i in [world.work_items[epic], *items]
        ][1:],
        "epic": (world.work_items[epic].title, world.work_items[epic].description, world.work_items[epic].label_ids),
        "files": project.files,
        "members": sorted((m.user_id, m.access_level) for m in project.members),
        "badges": [(b.name, b.link_url, b.image_url) for b in project.badges],
        "milestones": sorted(milestones.values()),
        "boards": [(b.name, [x.label_id for x in b.lists]) for b in world.boards.where("project_id", project.id)],
        "hooks": [(h.url, h.flags, h.token, h.signing_token) for h in world.hooks.where("project_id", project.id)],
    }  # fmt: skip
    texts = {key: repr(value).replace(f"{number:0{DIGITS}}", "#") for key, value in shown.items()}
    return {key: re.sub("begin [0-9a-f]{12}", "begin", text) for key, text in texts.items()}


def _settle(stage: LocalStage) -> None:
    stage.settle()
    for _ in range(2):
        stage.clock.advance(minutes=20)
        stage.settle()


def test_copies_are_as_an_onboarding_leaves_them(tmp_path: Path) -> None:
    with local_stage(f"sqlite:///{tmp_path / 'seeding.sqlite'}") as stage:
        write_files(stage, [0, 1])
        _settle(stage)
        seed(stage, [2, 3])
        assert _shown(stage, 0) == _shown(stage, 1) == _shown(stage, 2)
        before = _shown(stage, 3)
        stage.settle()
        assert [r for r in stage.world.journal if r.operation == "apply" and slug_of(2) in r.body] == []
        assert _shown(stage, 3) == before
        assert not stage.service.reconciler.view(slug_of(3)).plan
        standings = [stage.service.reconciler.standing(slug_of(n)) for n in (0, 2)]
        assert standings[0].stages == standings[1].stages


def test_a_closing_at_a_copy_is_found_by_the_resync_like_any_other(tmp_path: Path) -> None:
    with local_stage(f"sqlite:///{tmp_path / 'seeding.sqlite'}") as stage:
        write_files(stage, [0])
        _settle(stage)
        seed(stage, [1])
        _settle(stage)
        stage.finish(stage.issues(slug_of(1), state="opened")[1], "acme.lead")
        stage.world.outgoing.clear()
        stage.clock.advance(minutes=11)
        stage.settle()
        assert sum(c.state == "done" for c in stage.service.reconciler.standing(slug_of(1)).capabilities) == 1
