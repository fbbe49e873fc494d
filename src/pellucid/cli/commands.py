"""Commands by the names that people type out of habit, and models that stand in the wrong place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from typer.core import TyperGroup

from pellucid.console import printable
from pellucid.errors import ModelFileError
from pellucid.files.model_file import Model, load_model
from pellucid.runs.folder import MODEL, model_in

__all__ = ["AdvisingGroup", "model_before"]

_USE = {
    "train": "fit learn run start retrain finetune fine-tune",
    "train --resume": "resume continue",
    "evaluate": "test eval score validate val accuracy metrics",
    "predict": "infer inference classify recognize label detect pred guess tell",
    "export": "convert save deploy onnx compile",
    "summary": "info show describe inspect model network layers",
    "verify": "check reproduce replay",
    "studio": "live watch ui gui dashboard serve playground tensorboard",
    "recipes": "presets models zoo recipe",
    "bench": "benchmark speed perf",
    "data fetch": "download fetch get datasets dataset",
    "data list": "list ls",
    "--version": "version",
    "--help": "help",
}
_USE_OF_DATA = {"data fetch": "download get pull load", "data list": "ls show all info"}
_INSTEAD, _INSTEAD_OF_DATA = (
    {word: command for command, words in table.items() for word in words.split()}
    for table in (_USE, _USE_OF_DATA)
)


class AdvisingGroup(TyperGroup):
    """Commands that know what people type in place of their names."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that was typed; another name is answered by the command's own."""
        words = _INSTEAD_OF_DATA if self.name == "data" else _INSTEAD
        typed = args[0].lower()
        if typed in words and self.get_command(ctx, args[0]) is None:
            ctx.fail(f"No such command '{printable(args[0])}'; use 'pellucid {words[typed]}'.")
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what was typed; an option before the command is told where it belongs."""
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            # Click's NoSuchOption, which Typer has under other names from version to version.
            typed = getattr(error, "option_name", None)
            if typed is None or not hasattr(error, "possibilities"):
                raise
            error.possibilities = None
            error.message = (  # type: ignore[attr-defined]
                f"No such option: {printable(typed)}; options stand behind the command, as in "
                "'pellucid train --data mnist'."
            )
            raise


def model_before(place: Path, others: Sequence[Path]) -> Model:
    """Return the model at a place; where it is among the words behind it, say that it comes first.

    Raises
    ------
    ModelFileError
        There is none.
    """
    try:
        return load_model(model_in(place))
    except ModelFileError as error:
        found = next((other for other in others if _is_model(other)), None)
        if found is not None:
            error.add(f" The model comes first: pellucid predict {printable(str(found))} IMAGE.")
        raise


def _is_model(place: Path) -> bool:
    return place.name == MODEL or (place / MODEL).is_file()
