"""`template check` and `docs generate`: the journey's own files and the generated documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from app.commands.console import err, out
from app.journey_files import BUILT_IN, JOURNEY_DIR, journey_files

if TYPE_CHECKING:
    from app.journey.templates import Templates

template_app = typer.Typer(help="The journey's own files.", no_args_is_help=True)
docs_app = typer.Typer(help="Generated documents.", no_args_is_help=True)


@template_app.command("check")
def template_check(
    folder: Annotated[Path, typer.Argument(envvar=JOURNEY_DIR, help="folder with journey.yaml")] = BUILT_IN,
) -> None:
    """Check journey files; print all problems with file, line and fix, and what is not translated."""
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
        err.print(f"{len(error.problems)} problem{'s' if len(error.problems) > 1 else ''}.")
        raise typer.Exit(1) from None
    _print_untranslated(templates)
    _print_unlisted(templates)
    journey = templates.base()
    stages, capabilities = len(journey.stages), len(journey.capabilities)
    out.print(
        f"{journey.title}: {stages} stage{'s' * (stages != 1)}, "
        f"{capabilities} {'capability' if capabilities == 1 else 'capabilities'}, no problems."
    )


def _print_unlisted(templates: Templates) -> None:
    """No mistake: a text may be written before its turn. But a slip in a file's name looks the same."""
    from app.journey.languages import ENGLISH
    from app.journey.templates import entries_of

    listed = {entry.id for entry in entries_of(templates.file)} | {f"tracks/{name}" for name in templates.file.tracks}
    for name in sorted(templates.texts[ENGLISH].keys() - listed):
        out.print(f"capabilities/{name}.md is not used: journey.yaml does not list `{name}`.", soft_wrap=True)


def _print_untranslated(templates: Templates) -> None:
    """No mistake: what is missing stays English. But whoever translates wants to know."""
    from app.journey.languages import ENGLISH
    from app.messages import missing, unused

    for language in sorted({*templates.catalogues} - {ENGLISH}):
        catalogue = templates.catalogues[language]
        for texts, what in (
            (missing(catalogue), "is missing and stays English"),
            (unused(catalogue), "is not, or no longer, in the bot's words"),
        ):
            for text in texts:
                out.print(f"languages/{language}.yaml: {escape(text)!r} {what}.", soft_wrap=True)


@docs_app.command("generate")
def docs_generate(
    root: Annotated[Path, typer.Argument(help="root of the repository")] = BUILT_IN.parent,
) -> None:
    """Write the JSON Schemas and the README's settings table anew."""
    from app.documents import generate

    for path in generate(root):
        out.print(f"wrote {path}")
