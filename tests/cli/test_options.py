import typer
from rich.table import Table

from pellucid.cli import options as cli_options
from tests.command_line.console import invoke


def test_what_is_said_is_no_result_and_no_command_to_the_terminal(capsys):
    cli_options.say("read a\x1b]0;pwn\x07.png")
    out, err = capsys.readouterr()
    assert out == ""
    assert "\x1b" not in err
    assert err.startswith("read a")


def test_a_table_is_a_result(capsys):
    table = Table("name")
    table.add_row("seven")
    cli_options.show_table(table)
    out, err = capsys.readouterr()
    assert "seven" in out
    assert err == ""


def test_options_stand_in_their_groups():
    _, out, _ = invoke("train", "--help", COLUMNS="160")
    groups = ("─ Data ─", "─ Training ─", "─ Randomizing ─")
    places = [out.index(group) for group in groups]
    assert places[0] < out.index("--skip-bad") < places[1] < out.index("--batch-size") < places[2]
    assert places[2] < out.index("--rotation")
    kinds = (cli_options.source, cli_options.training, cli_options.range_of)
    found = [kind("Help.") for kind in kinds]
    assert all(isinstance(option, typer.models.OptionInfo) for option in found)
    assert [option.rich_help_panel for option in found] == ["Data", "Training", "Randomizing"]
