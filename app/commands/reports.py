"""`picture` and `report`: what people look at outside GitLab."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from app.commands.console import bot_of_settings, each, err, out, save
from app.journey_files import BUILT_IN, JOURNEY_DIR, journey_files

if TYPE_CHECKING:
    from app.bot import Bot
    from app.gitlab.errors import GitLabError
    from app.journey.standing import Standing

ReportKind = Literal["md", "csv", "json"]


def picture(
    slug: Annotated[str | None, typer.Argument(metavar="[PARTNER]", help="slug of the partner")] = None,
    blank: Annotated[bool, typer.Option("--blank", help="the journey without a partner")] = False,
    folder: Annotated[Path, typer.Option(envvar=JOURNEY_DIR, help="with --blank: folder with journey.yaml")] = BUILT_IN,
    output: Annotated[Path | None, typer.Option(help="file to write; none: the terminal")] = None,
) -> None:
    """The journey as a map (SVG): every stage and capability, and where the partner is."""
    from app.gitlab.errors import Refused
    from app.journey.loading import load_templates
    from app.journey.picture import blank_picture, render_picture, spoken
    from app.journey.standing import standing_picture

    if (slug is None) != blank:
        raise Refused("It is not said whose picture.", "Name one partner, or say --blank for the journey alone.")
    if slug is None:
        shown = blank_picture(load_templates(journey_files(folder)).base())
    else:
        with bot_of_settings() as bot:
            view = bot.reconciler.view(slug)
            shown = standing_picture(view.journey, view.standing, as_of=bot.clock().date())
    text = render_picture(shown)
    if output is None:
        sys.stdout.write(text)
        return
    save(output, text)
    out.print(f"Wrote {output}: {spoken(shown)}", soft_wrap=True)


def digest(
    whose: Annotated[str | None, typer.Option("--for", metavar="SA", help="username; none: everybody's")] = None,
) -> None:
    """What the next weekly digest tells solution architects, as of now; nothing is posted."""
    from app.gitlab.errors import Refused
    from app.journey.digest import WEEK, by_architect, digest_time
    from app.journey.digest import digest as digest_of
    from app.journey.prose.digest import digest_text

    with bot_of_settings() as bot:
        found, errors = _all_standings(bot)
        when, now = digest_time(bot.settings.digest), bot.clock()
    since = when.last(now) if when else now - WEEK
    partners = by_architect(found)
    for sa in [name for name in partners if whose is None or name.casefold() == whose.casefold()]:
        told = digest_of(sa, partners[sa], since, now, now)
        sys.stdout.write(f"# {sa}\n\n{digest_text(told) if told else 'Nothing to say so far.'}\n\n")
    if whose is not None and whose.casefold() not in map(str.casefold, partners):
        raise Refused(
            f"No partner file names {whose} as solution architect.",
            f"Name one who is: {', '.join(partners)}." if partners else "Add a partner that has one.",
        )
    how = f"`partner-journey serve` posts it {bot.settings.digest} UTC." if when else "Set PARTNER_JOURNEY_DIGEST."
    err.print(f"Next: {how}")
    _tell_errors(errors, "the digest")


def report(
    kind: Annotated[ReportKind, typer.Option("--format", help="md, csv or json")] = "md",
    output: Annotated[Path | None, typer.Option(help="write to this file instead of the terminal")] = None,
) -> None:
    """The program's numbers, read from GitLab's own history: time to stage, waiting, verified share, funnel."""
    from app import printing
    from app.journey.numbers import numbers

    with bot_of_settings() as bot:
        standings, errors = _all_standings(bot)
        text = printing.report(numbers(standings, bot.clock()), kind)
    if output is None:
        sys.stdout.write(text)
    else:
        save(output, text)
        out.print(f"Wrote {output}.", soft_wrap=True)
    _tell_errors(errors, "the report")


def _all_standings(bot: Bot) -> tuple[list[Standing], dict[str, GitLabError]]:
    """Every partner read from GitLab now, and why some could not be."""
    from app.gitlab.errors import GitLabError

    standings: list[Standing] = []
    errors: dict[str, GitLabError] = {}
    for slug, result in each(bot.desired.slugs(), "Reading", bot.reconciler.standing):
        if isinstance(result, GitLabError):
            errors[slug] = result
        else:
            standings.append(result)
    return standings, errors


def _tell_errors(errors: Mapping[str, GitLabError], where: str) -> None:
    for slug, error in errors.items():
        err.print(f"[bold]{slug}[/] is not in {where}: {escape(str(error))}", soft_wrap=True)
    if errors:
        raise typer.Exit(1)
