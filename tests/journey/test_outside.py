"""What people outside GitLab are told: titles instead of numbers, nobody called, and what to do next at the end."""

from __future__ import annotations

from datetime import date

from build import PARTNER_FILE, World, onboarded

from app.journey import prose
from app.journey.actions import Notify
from app.journey.catalogue import IN_ENGLISH
from app.journey.progress import measure
from app.journey.prose import Scene
from app.journey.prose.outside import trouble_notice
from app.journey.record import Announced, Record

FIRST = ("stand/portal", "stand/pitch")
HOSTILE = "'/close @all <!-- x --> [y](http://evil.example)'"


def notices(world: World) -> list[Notify]:
    return [action for action in world.plan().actions if isinstance(action, Notify)]


def first_done(world: World) -> World:
    return world.close(*FIRST).later(minutes=10)


def test_a_stage_change_names_what_was_achieved_what_comes_and_who_does_it() -> None:
    (told,) = notices(first_done(onboarded()))
    assert (told.kind, told.title) == ("stage-change", "Acme Integrators has reached 02 - Walk")
    assert told.text.startswith("Achieved since 1\u00a0Sep\u00a02026: 01 - Stand.\n\n### 02 - Walk\n\n- ")
    assert told.text.endswith("Next: `acme.lead` assigns these issues, `gl.sa1` agrees on the first working session.")
    assert not set("@#\u27e6") & set(told.text.replace("###", ""))


def test_the_last_stage_and_a_step_back_say_what_to_do_as_well() -> None:
    world = first_done(onboarded()).run()
    back = world.reopen("stand/pitch").run().later(days=30)
    (told,) = notices(back)
    assert told.kind == "step-back"
    assert told.text.startswith("These were open again for longer than the grace period:\n\n- ")
    assert "Next: `acme.lead`" in told.text
    for name in ("walk/demo", "run/deploy"):
        world = world.run().close(name).later(minutes=10)
    (told,) = notices(world)
    assert told.kind == "complete"
    assert told.text.endswith("`gl.sa1` plans the yearly review.")


def test_a_stage_at_risk_is_told_under_one_key_until_it_is_written_down() -> None:
    world = first_done(onboarded()).run().reopen("stand/pitch")
    keys = [[told.key for told in notices(moment)] for moment in (world, world.later(days=1))]
    assert keys == [["notification acme/at-risk/1/1"]] * 2
    assert notices(world.run()) == notices(world.run().later(days=3)) == []


def test_an_expiry_names_the_day_and_who_renews() -> None:
    world = onboarded()
    progress = measure(world.journey, world.partner, world.observed, world.now)
    said = Announced(world.journey.stages[0].id, world.now.date())
    place, record = world.observed.place, Record(said)
    scene = Scene(
        world.journey, world.partner, place, progress, said, lambda _name: "#1", record, world.now, IN_ENGLISH
    )
    notice = prose.expiry_notice(scene, progress.items[0], date(2026, 10, 1))
    assert notice.title.startswith("Acme Integrators: ")
    assert notice.title.endswith("expires on 1\u00a0Oct\u00a02026")
    assert notice.text.startswith("Next: `")


def test_what_must_be_renewed_is_told_once_when_its_issue_is_opened_again() -> None:
    world = first_done(onboarded()).run().close("walk/demo").later(minutes=10).run().quiet().run()
    due = world.later(days=336)
    assert [(told.kind, told.key) for told in notices(due)] == [
        ("expiry", "notification acme/expiry/walk/demo/2027-09-01")
    ]
    renewing = due.run()
    assert renewing.issue("walk/demo").state == "open"
    assert notices(renewing) == notices(renewing.later(days=2)) == []


def test_a_hostile_name_is_made_harmless() -> None:
    world = onboarded(text=PARTNER_FILE.replace("Acme Integrators", HOSTILE))
    for told in (*notices(first_done(world)), *notices(first_done(world).run().later(days=1).reopen("stand/pitch"))):
        assert "@all" not in told.title
        assert "<!--" not in told.title
        assert "](http:" not in told.title
        assert not told.title.startswith("/")


def test_many_troubles_are_one_message_with_ten_lines_and_the_ways_out() -> None:
    notice = trouble_notice("webhooks", [(f"webhook {n}", "It is off.", f"Do {n % 4}.") for n in range(13)])
    assert notice.title == "Partner Journey: 13 troubles with webhooks"
    assert notice.text.count("\n- ") == 10
    assert "- and 3 more" in notice.text
    assert notice.text.endswith("Next: Do 0.\n\nOr: Do 1.\n\nOr: Do 2.")
