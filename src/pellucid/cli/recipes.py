"""``pellucid recipes``: what there is to train and how, by name."""

from __future__ import annotations

from typing import Annotated

import typer

from pellucid.cli.options import command, option, say
from pellucid.recipes import Brief, named, recipe_to_toml
from pellucid.runs.reports import recipes_table, show_table

__all__ = ["recipes"]


@command
def recipes(
    name: Annotated[
        str | None,
        typer.Argument(help="A recipe to print.", metavar="NAME", show_default="a list of all"),
    ] = None,
    size: Annotated[tuple[int, int], option("Of the images it is for.", metavar="HEIGHT WIDTH")] = (
        32,
        32,
    ),
    classes: Annotated[int, option("How many classes.")] = 10,
    images: Annotated[int, option("How many images to train on.")] = 10_000,
    gray: Annotated[
        bool, typer.Option("--gray", help="Gray images, not color.", metavar="")
    ] = False,
    drawings: Annotated[
        bool, typer.Option("--drawings", help="Drawings on a plain ground.", metavar="")
    ] = False,
) -> None:
    """List the recipes, or print one as a file that 'pellucid train --recipe FILE' takes.

    Every entry of such a file is an option of 'pellucid train', and may be changed or left out.
    """
    if name is None:
        show_table(recipes_table())
        return
    brief = Brief(
        (1 if gray else 3, *size), classes, images, "drawings" if drawings else "photos",
    )  # fmt: skip
    recipe = named(name, brief)
    for reason in recipe.reasons:
        say(reason)
    typer.echo(recipe_to_toml(recipe), nl=False)
