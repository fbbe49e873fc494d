"""The settings of a run as options of a command: each is an entry of ``runs.options.OPTIONS``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from inspect import Parameter
from typing import Annotated, Any

from pellucid.cli.options import flag, option
from pellucid.runs.options import DEFAULTS, OPTIONS, TYPES

__all__ = ["PANELS", "Threads", "setting", "takes_settings", "told_as_train"]

PANELS = ("Data", None, "Checkpoints", "Training", "Randomizing")
"""The groups of a command's options, in their order; None holds those that have no group."""


_DESCRIBED = {described.name: described for described in OPTIONS}


def setting(name: str) -> Any:
    """Return the option for a setting of a run."""
    described = _DESCRIBED[name]
    help, panel = described.help, described.panel
    if TYPES[name] is bool:
        return flag(help, _spelled(name), panel)  # off, until it is turned on
    if TYPES[name] == bool | None:
        names = f"{_spelled(name)}/--no-{name.replace('_', '-')}"
        return flag(help, names, panel, show_default=described.default)
    more: dict[str, Any] = {"metavar": described.values, "show_default": described.default}
    return option(help, panel, **{key: value for key, value in more.items() if value is not None})


def _spelled(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def told_as_train(name: str) -> Any:
    """Return the option for a setting that is by default what a model's training was told."""
    described = _DESCRIBED[name]
    more = {"metavar": described.values} if described.values else {}
    return option(described.help, described.panel, show_default="as train was told", **more)


def takes_settings(
    function: Callable[..., None], names: Iterable[str] | None = None
) -> Callable[..., None]:
    """Give a command, in place of its ``**options``, an option for every setting of a run.

    Or for those that ``names`` has.
    """
    wanted = set(_DESCRIBED) if names is None else set(names)
    own = [
        parameter.replace(kind=Parameter.KEYWORD_ONLY)
        for parameter in inspect.signature(function, eval_str=True).parameters.values()
        if parameter.kind is not Parameter.VAR_KEYWORD
    ]
    settings = [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=DEFAULTS[name],
            annotation=Annotated[TYPES[name], setting(name)],
        )
        for name in _DESCRIBED
        if name in wanted
    ]
    parameters = sorted([*own, *settings], key=lambda parameter: PANELS.index(_panel(parameter)))
    vars(function)["__signature__"] = inspect.Signature(parameters)
    return function


def _panel(parameter: Parameter) -> str | None:
    """Return the group of a parameter; what is no option has none."""
    declared = getattr(parameter.annotation, "__metadata__", (None,))[0]
    panel: str | None = getattr(declared, "rich_help_panel", None)
    return panel


Threads = Annotated[int | None, option("Threads.", show_default=_DESCRIBED["workers"].default)]
"""How many threads a command may use that uses no executor."""
