"""Every setting of a run is an option of ``train``, with its type, its default and its group."""

from typing import Annotated

import pytest
import typer

from pellucid.cli.options import option
from pellucid.cli.settings import PANELS, setting, takes_settings
from pellucid.cli.train import train
from pellucid.runs.options import DEFAULTS, OPTIONS
from tests.cli.console import invoke

PARAMETERS = {parameter.name: parameter for parameter in train.params}


@pytest.mark.parametrize("described", OPTIONS, ids=lambda described: described.name)
def test_a_setting_is_an_option(described):
    parameter = PARAMETERS[described.name]
    assert parameter.help == described.help
    assert parameter.default == DEFAULTS[described.name]
    assert parameter.opts == ["--" + described.name.replace("_", "-")]
    off = ["--no-whole-shift"] if parameter.name == "whole_shift" else []  # photos have it on
    assert parameter.secondary_opts == off
    assert setting(described.name).rich_help_panel == described.panel in PANELS


def test_a_command_gets_the_settings_beside_what_it_asks_for_itself():
    given = {}

    @takes_settings
    def function(name: Annotated[str, option("A name.")] = "mine", **options) -> None:
        given.update(options, name=name)

    app = typer.Typer(add_completion=False)
    app.command()(function)
    app(["--name", "other", "--images", "5", "--size", "3", "4"], standalone_mode=False)
    assert given == DEFAULTS | {"name": "other", "images": 5, "size": (3, 4)}


def test_options_stand_in_their_groups():
    _, out, _ = invoke("train", "--help", COLUMNS="160")
    groups = ("─ Data ─", "─ Checkpoints ─", "─ Training ─", "─ Randomizing ─")
    places = [out.index(group) for group in groups]
    assert places == sorted(places)
    assert places[0] < out.index("--skip-bad") < places[1] < out.index("--keep") < places[2]
    assert places[2] < out.index("--batch-size") < places[3] < out.index("--rotation")
