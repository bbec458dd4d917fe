"""A new partner costs the same whether there are few others or many."""

from __future__ import annotations

from pathlib import Path

from stagehand import BOT, onboard, requests_since

from app.demo.local import ACME, GLOBEX, LocalStage, local_stage
from app.journey import markers
from app.sandbox import operations


def _epics_of_others(stage: LocalStage, count: int) -> None:
    group = stage.world.group_by_path("partners")
    assert group is not None
    for number in range(count):
        text = markers.mark("partner", f"other-{number}")
        operations.create_work_item(
            stage.world, stage.user(BOT), type="EPIC", group=group, title=f"Other {number}", description=text
        )


def test_many_epics_are_read_once_and_not_for_each_new_partner(stage: LocalStage) -> None:
    _epics_of_others(stage, 250)
    costs = []
    for slug, text in (("acme", ACME), ("globex", GLOBEX)):
        start = len(stage.world.journal)
        onboard(stage, slug, text)
        costs.append(requests_since(stage, start).count("POST portfolio"))
    first, second = costs
    assert first >= 3  # a hundred on each page
    assert second == 1


def test_what_another_process_has_made_meanwhile_is_found(stage: LocalStage, tmp_path: Path) -> None:
    onboard(stage, "acme", ACME)
    url = f"sqlite:///{tmp_path / 'other.sqlite'}"
    with local_stage(url, world=stage.world, clock=stage.clock) as other:
        other.write_partner_file("globex", GLOBEX)
        other.service.loop.run("globex", "the other process is quicker")
    stage.service.loop.run("globex", "a push")
    titles = [i.title for i in stage.world.work_items.values() if i.type == "EPIC"]
    assert sorted(titles) == ["Acme Integrators", "Globex Consulting"]
