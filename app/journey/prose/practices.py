"""What status page and epic say of practices: where each is, what it does next, what its wins have brought up."""

from __future__ import annotations

from app.journey.catalogue import message
from app.journey.prose.parts import at_risk, earlier_open, table_head, work_list
from app.journey.prose.scene import Scene
from app.journey.text import code, plain


def practice_table(scene: Scene) -> str:
    """Every practice in one line: where it is, whether it has won, who carries it."""
    if not scene.practices:
        return ""
    say = scene.say
    columns = (message("Practice"), message("Stage"), message("Percent"), message("Joint win"), message("Lead"))
    rows = [f"### {say('Practices')}", "", table_head(scene, *columns, message("Champion"))]
    for run in scene.practices:
        practice, stage = run.practice, run.stage
        if practice is None:
            continue
        found = scene.progress.practices[practice.id]
        where, percent = (plain(stage.stage.title), f"{stage.percent} %") if stage else (say("complete"), "100 %")
        champion = code(practice.champion) if practice.champion else "-"
        won = say("verified") if found.won else say("waived") if found.unlocked else say("not yet")
        rows.append(f"| {practice.id} | {where} | {percent} | {won} | {code(practice.lead)} | {champion} |")
    won_by = sum(p.won for p in scene.progress.practices.values())
    rows += ["", say("Joint wins: {won} of {practices}.", won=won_by, practices=len(scene.practices))]
    if not all(p.unlocked for p in scene.progress.practices.values()):
        rows[-1] += " " + say("The later stages of a practice open once its joint win is verified.")
    return "\n".join(rows)


def practice_work(scene: Scene) -> str:
    """What each practice does next."""
    return "\n\n".join(part for run in scene.practices for part in _work_of(run))


def _work_of(run: Scene) -> list[str]:
    stage, practice = run.stage, run.practice
    if stage is None or practice is None:
        return []
    ready = [i for i in stage.required if not i.counts and not i.waiting]
    optional = [i for i in stage.items if not i.capability.required and not i.counts and not i.waiting]
    parts = [at_risk(run), work_list(run.say("Next in {practice}", practice=practice.id), ready, run) if ready else ""]
    heading = run.say("Optional in {practice}", practice=practice.id)
    parts += [work_list(heading, optional, run) if optional else "", earlier_open(run)]
    return [part for part in parts if part]


def company_work(scene: Scene) -> str:
    """What the wins of practices have brought up for the whole company, whatever stage it is in."""
    risen = [i for i in scene.progress.items if i.capability.after_wins and not i.dormant]
    ready = [i for i in risen if not i.counts and not i.waiting]
    return work_list(scene.say("Next for the company"), ready, scene) if ready else ""
