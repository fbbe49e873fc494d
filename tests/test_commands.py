"""Every command that a page or a script quotes is there, and takes the options it is quoted with.

No command does its work here: benchmarks are asked for their ``--help``, and the options of
``pellucid`` are looked up.
"""

import ast
import contextlib
import functools
import importlib
import io
import re
import sys
from pathlib import Path

import pytest
import typer

from pellucid.cli import main as cli

ROOT = Path(__file__).parents[1]
TEXTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").glob("*.md")),
    *sorted((ROOT / "examples").glob("*.py")),
    *sorted((ROOT / "benchmarks").rglob("*.py")),
]
OPTION = r"--[a-z][a-z0-9-]*"


def quoted(program):
    """Return every piece of code that runs a program: what stands behind its name, once each.

    Code is a span between backticks, which may go over two lines, or a line of a code block or of
    an indented block; a comment at its end does not count. Of a script the docstring is read.
    """
    found = {}
    for path in TEXTS:
        text = path.read_text("utf-8")
        if path.suffix == ".py":
            text = ast.get_docstring(ast.parse(text)) or ""
        fenced = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        rest = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        lines = "\n".join(fenced).splitlines() + re.findall(r"^    (\S.*)$", rest, re.MULTILINE)
        spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", rest)]
        for code in spans + [re.sub(r"\s+# .*", "", line) for line in lines]:
            for words in re.findall(rf"(?:^|[\s/]){program}(?![\w-])(.*)", code):
                found[words.strip()] = path.relative_to(ROOT).as_posix()
    return [pytest.param(words, id=f"{where}: {words}") for words, where in sorted(found.items())]


@functools.cache
def help_of(module):
    """Return what a benchmark answers to ``--help``."""
    main = importlib.import_module(module).main
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [module, "--help"])
        with pytest.raises(SystemExit) as ended:
            main()
    assert not ended.value.code
    return said.getvalue()


@pytest.mark.parametrize("words", quoted(r"python -m benchmarks"))
def test_benchmarks_exist_and_take_the_options(words):
    name, _, rest = words.partition(" ")
    module = f"benchmarks{name}" if name.startswith(".") else "benchmarks.command"
    if not name.startswith("."):
        rest = words
    assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file()
    for option in re.findall(OPTION, rest):
        assert option == "--help" or re.search(rf"{option}\b(?!-)", help_of(module)), option


def test_what_make_bench_is_given_are_options():
    found = {
        o for path in TEXTS for o in re.findall(r"BENCH=\S*?(--[^`#\n]*)", path.read_text("utf-8"))
    }
    assert found
    for option in re.findall(OPTION, " ".join(found)):
        assert re.search(rf"{option}\b(?!-)", help_of("benchmarks.command")), option


def test_scripts_are_started_as_modules():
    """A script of ``benchmarks`` that is started by its path does not find the others."""
    for path in TEXTS:
        assert not re.search(r"python benchmarks/", path.read_text("utf-8")), path


def scripts():
    files = sorted((ROOT / "benchmarks").glob("*.py"))
    starts = re.compile(r'"__main__":\n    .*\bmain\(')
    return [f.stem for f in files if starts.search(f.read_text("utf-8")) and f.stem[0] != "_"]


@pytest.mark.parametrize("name", scripts())
def test_scripts_are_listed_and_explain_themselves(name):
    if name in ("scaling", "soak"):
        pytest.importorskip("distributed", reason="Dask is not installed: pip install '.[cluster]'")
    page = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    assert re.search(rf"^\| `python -m benchmarks\.{name}\b", page, re.MULTILINE)
    assert "usage:" in help_of(f"benchmarks.{name}")


@pytest.mark.parametrize("words", quoted(r"pellucid(?= (?!import\b)[a-z])"))
def test_the_command_line_takes_the_options(words):
    command = typer.main.get_command(cli.app)
    rest = words.split()
    while hasattr(command, "commands"):
        assert rest[0] in command.commands
        command = command.commands[rest.pop(0)]
        if not rest:
            return
    known = {name for p in command.params for name in (*p.opts, *p.secondary_opts)} | {"--help"}
    assert set(re.findall(OPTION, " ".join(rest))) <= known
