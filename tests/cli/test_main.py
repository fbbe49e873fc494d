"""The command line as a whole; the commands are in the files of their names."""

import itertools
import subprocess
import sys
from importlib.metadata import version

import pytest
import typer

from pellucid.cli import main as cli
from tests.cli.console import invoke

COMMANDS = [
    [], ["train"], ["verify"], ["evaluate"], ["predict"], ["export"], ["import"], ["summary"],
    ["bench"], ["data"],
    ["data", "list"], ["data", "fetch"],
]  # fmt: skip


def test_version():
    assert invoke("--version") == (0, f"pellucid {version('pellucid')}\n", "")


def test_nothing_asked_for_is_a_usage_error_that_helps():
    code, out, err = invoke()
    assert code == 2
    assert "evaluate" in out + err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_mentions_every_option_and_says_what_it_does(words):
    command = typer.main.get_command(cli.app)
    for word in words:
        command = command.commands[word]
    code, out, err = invoke(*words, "--help", COLUMNS="160")
    assert (code, err) == (0, "")
    for parameter in command.params:
        for option in (*parameter.opts, *parameter.secondary_opts):
            if option.startswith("-"):
                assert option in out
        if parameter.name not in ("help", "install_completion", "show_completion"):
            assert parameter.help[0].isupper()
            assert parameter.help.endswith(".")
    assert invoke(*words, "-h", COLUMNS="160") == (code, out, err)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("columns", [60, 80])
def test_help_fits_the_terminal_and_breaks_lines_only_there(words, columns):
    _, out, _ = invoke(*words, "--help", COLUMNS=str(columns))
    assert max(map(len, out.splitlines())) <= columns
    prose = [line for line in out.splitlines() if line[:1] == " "]
    for line, following in itertools.pairwise(prose):
        if line.strip() and following.strip() and "Usage:" not in line:
            first = following.split()[0]
            assert len(line.rstrip()) + 1 + len(first) > columns - 2, line


@pytest.mark.parametrize(
    "arguments",
    [
        ["--bogus"], ["trian"], ["train", "--images", "many"], ["train", "--scale", "1"],
        ["train", "extra"], ["train", "--out"], ["evaluate"], ["predict", "model"],
        ["data", "bogus"], ["data", "list", "extra"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_usage_errors(arguments):
    code, out, err = invoke(*arguments)
    assert (code, out) == (2, "")
    assert "─ Error ─" in err
    assert "Traceback" not in err


def test_a_command_that_is_almost_right():
    assert "Did you mean 'train'?" in invoke("trian")[2]


@pytest.mark.parametrize("words", [[*command, "--help"] for command in COMMANDS] + [["summary"]])
def test_what_computes_nothing_does_not_wait_for_what_does(words):
    code = (
        "import sys\nfrom pellucid.cli.main import app\n"
        f"app({words!r}, standalone_mode=False)\n"
        "heavy = {'numba', 'sklearn', 'scipy', 'matplotlib', 'pooch'} & set(sys.modules)\n"
        "print(*heavy, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []


def test_a_command_imports_its_own_file_alone():
    code = (
        "import sys\nfrom pellucid.cli.main import app\napp(['summary'], standalone_mode=False)\n"
        "print(*(n for n in sys.modules if n.startswith('pellucid.cli.')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {f"pellucid.cli.{name}" for name in cli.COMMANDS if name != "summary"} & set(
        done.stderr.split()
    )
    assert "pellucid.cli.summary" in done.stderr.split()
