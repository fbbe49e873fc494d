import typer

from pellucid.cli import options as cli_options
from pellucid.errors import PellucidError


def test_what_is_said_is_no_result_and_no_command_to_the_terminal(capsys):
    cli_options.say("read a\x1b]0;pwn\x07.png")
    out, err = capsys.readouterr()
    assert out == ""
    assert "\x1b" not in err
    assert err.startswith("read a")


def test_a_command_is_named_and_explained_as_its_function(capsys):
    @cli_options.command
    def greet(name: str = "you") -> None:
        """Greet."""
        raise PellucidError("Nobody is there.")

    assert (greet.name, greet.help) == ("greet", "Greet.")
    assert [parameter.name for parameter in greet.params] == ["name"]
    assert greet.main([], standalone_mode=False) == 1
    assert capsys.readouterr().err == "Error: Nobody is there.\n"


def test_options_say_their_group_and_flags_have_no_value():
    option = cli_options.option("Help.", "Data", metavar="X")
    flag = cli_options.flag("Help.", "--fast", "Speed")
    assert all(isinstance(made, typer.models.OptionInfo) for made in (option, flag))
    assert (option.rich_help_panel, option.metavar) == ("Data", "X")
    assert (flag.rich_help_panel, flag.metavar) == ("Speed", "")
