"""Names and one-line descriptions of the things that the bot makes in GitLab."""

from __future__ import annotations

import re

from app.journey.catalogue import Catalogue, message
from app.journey.model import Capability, Journey, Partner, Stage
from app.journey.text import plain, title


def project_name(partner: Partner) -> str:
    """GitLab takes letters, digits, emoji, `_`, `.`, `+`, `-` and spaces: https://docs.gitlab.com/user/reserved_names/"""
    name = re.sub(r"[^\w.+\- \u00a9-\U0001f9ff]+", " ", title(partner.name).replace("\u2060", ""))
    return re.sub(r" +", " ", name).strip(" .+-") or partner.slug


def other_project_name(partner: Partner) -> str:
    """For a partner whose name another project of the group has already."""
    return f"{project_name(partner)} - {partner.slug}"


def project_description(journey: Journey, partner: Partner) -> str:
    say = journey.catalogue
    return say(
        "{name} on the {journey}. Start with the issue labelled journey::status.",
        name=plain(partner.name), journey=plain(journey.title),
    )  # fmt: skip


def portfolio_title(partner: Partner) -> str:
    return title(partner.name) or partner.slug


def issue_title(capability: Capability) -> str:
    return title(capability.title)


STATUS_TITLE = message("Where we are: your partner journey")


BOARD = "Journey"


PORTFOLIO_BOARD = "Partner portfolio"


def milestone_description(stage: Stage, say: Catalogue) -> str:
    count = say.count(len(stage.required), "{number} required capability.", "{number} required capabilities.")
    closes = say("The bot closes this milestone when all of them are done.")
    return f"{plain(say.of_journey(stage.goal))} {count} {closes}"


def template_name(capability: str) -> str:
    """File name of the issue template of a capability, by its id, as GitLab's template list shows it.

    Practices share one.
    """
    stage, name = capability.partition("@")[0].split("/")
    return f"{stage.capitalize()} - {name.replace('-', ' ').capitalize()}"
