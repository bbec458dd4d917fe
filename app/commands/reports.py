"""`picture` and `report`: what people look at outside GitLab."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from app.commands.console import bot_of_settings, each, err, out, save
from app.journey_files import BUILT_IN, journey_files

ReportKind = Literal["md", "csv", "json"]


def picture(
    slug: Annotated[str | None, typer.Argument(metavar="[PARTNER]", help="slug of the partner")] = None,
    blank: Annotated[bool, typer.Option("--blank", help="the journey without a partner")] = False,
    folder: Annotated[Path, typer.Option(help="with --blank: folder with journey.yaml")] = BUILT_IN,
    output: Annotated[Path | None, typer.Option(help="file to write; none: the terminal")] = None,
) -> None:
    """The journey as a map (SVG): every stage and capability, and where the partner is."""
    from app.gitlab.errors import Refused
    from app.journey.loading import load_templates
    from app.journey.picture import blank_picture, render_picture, spoken
    from app.journey.standing import picture as standing_picture

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


def report(
    kind: Annotated[ReportKind, typer.Option("--format", help="md, csv or json")] = "md",
    output: Annotated[Path | None, typer.Option(help="write to this file instead of the terminal")] = None,
) -> None:
    """The program's numbers, read from GitLab's own history: time to stage, waiting, verified share, funnel."""
    from app import printing
    from app.gitlab.errors import GitLabError
    from app.journey.numbers import numbers
    from app.journey.standing import Standing

    with bot_of_settings() as bot:
        results = dict(each(bot.reconciler.slugs(), "Reading", bot.reconciler.standing))
        found = numbers([r for r in results.values() if isinstance(r, Standing)], bot.clock())
    text = printing.report(found, kind)
    if output is None:
        sys.stdout.write(text)
    else:
        save(output, text)
        out.print(f"wrote {output}")
    errors = {slug: result for slug, result in results.items() if isinstance(result, GitLabError)}
    for slug, error in errors.items():
        err.print(f"[bold]{slug}[/] is not in the report: {printing.escape(str(error))}", soft_wrap=True)
    if errors:
        raise typer.Exit(1)
