"""`template check` and `docs generate`: the journey's own files and the generated documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from app.commands.console import err, out
from app.journey_files import BUILT_IN, journey_files

template_app = typer.Typer(help="The journey's own files.", no_args_is_help=True)
docs_app = typer.Typer(help="Generated documents.", no_args_is_help=True)


@template_app.command("check")
def template_check(
    folder: Annotated[Path, typer.Argument(help="folder with journey.yaml")] = BUILT_IN,
) -> None:
    """Check journey files; print all problems with file, line and fix."""
    from app.journey.loading import TemplateError, load_templates

    if not folder.is_dir():
        err.print(f"[bold red]Error:[/] {folder} is no folder. Give the folder that holds journey.yaml.")
        raise typer.Exit(1)
    try:
        templates = load_templates(journey_files(folder))
    except TemplateError as error:
        for problem in error.problems:
            err.print(f"[bold]{problem.file}:{problem.line}:[/] {escape(problem.what)}", soft_wrap=True)
            err.print(f"    {escape(problem.fix)}", soft_wrap=True)
        err.print(f"{len(error.problems)} problems.")
        raise typer.Exit(1) from None
    journey = templates.base()
    out.print(f"{journey.title}: {len(journey.stages)} stages, {len(journey.capabilities)} capabilities, no problems.")


@docs_app.command("generate")
def docs_generate(
    root: Annotated[Path, typer.Argument(help="root of the repository")] = BUILT_IN.parent,
) -> None:
    """Write the JSON Schemas and the README's settings table anew."""
    from app.documents import generate

    for path in generate(root):
        out.print(f"wrote {path}")
