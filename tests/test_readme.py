"""The README keeps its word: its Python runs, and its commands and files are there."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from pellucid import data
from pellucid.cli import main as cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands(program):
    """Return the words behind the program's name in every line of the sh blocks that runs it."""
    lines = [shlex.split(line, comments=True) for block in blocks("sh") for line in
             block.splitlines()]  # fmt: skip
    found = [words[1:] for words in lines if words and words[0] == program]
    assert found
    return found


def test_python_blocks_run_in_order(monkeypatch, tmp_path, capsys):
    """Every block sees the names of those before it; the small digits stand in for MNIST."""
    real = data.load
    monkeypatch.setattr(
        data, "load", lambda name, **settings: real("digits" if name == "mnist" else name)
    )
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    found = blocks("python")
    assert len(found) >= 3
    for block in found:
        exec(compile(block, "README.md", "exec"), names)
    accuracies = re.findall(r"^(?:0\.\d+|1\.0)$", capsys.readouterr().out, re.MULTILINE)
    assert len(accuracies) == 2
    assert float(accuracies[0]) > 0.97  # the estimator
    assert float(accuracies[1]) > 0.9


@pytest.mark.parametrize("words", commands("pellucid"), ids=" ".join)
def test_commands_can_be_parsed(words):
    command = typer.main.get_command(cli.app)
    rest = list(words)
    while hasattr(command, "commands"):
        assert rest[0] in command.commands
        command = command.commands[rest.pop(0)]
    # Parses and converts every argument; an unknown option or a missing value raises.
    context = command.make_context(" ".join(words), rest)
    assert not context.args


@pytest.mark.parametrize("words", commands("make"), ids=" ".join)
def test_make_has_the_targets(words):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in words:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def options_in_the_text():
    """Return every option that the text names, with the piece of code that it stands in."""
    _, *inside = re.split(r"`", re.sub(r"^```.*?^```$", "", README, flags=re.DOTALL | re.MULTILINE))
    codes = inside[::2]
    return [(code, option) for code in codes for option in re.findall(r"--[a-z][a-z0-9-]*", code)]


def test_options_in_the_text_exist():
    groups = [typer.main.get_command(cli.app)]
    known = {"--help"}
    for group in groups:
        for parameter in group.params:
            known.update(parameter.opts, parameter.secondary_opts)
        groups.extend(getattr(group, "commands", {}).values())
    named = {option for code, option in options_in_the_text() if not code.startswith("python -m")}
    assert named
    assert named <= known


def test_modules_in_the_text_exist_and_take_the_options():
    """Benchmarks import peers that are not installed here, so their source is looked through."""
    modules = re.findall(r"`python -m ([\w.]+)", README)
    assert modules
    for module in modules:
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file(), module
    for code, option in options_in_the_text():
        if found := re.match(r"python -m ([\w.]+)", code):
            source = (ROOT / found[1].replace(".", "/")).with_suffix(".py").read_text("utf-8")
            assert f'"{option}"' in source, code


def test_links_lead_somewhere():
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", README)
    local = [target for target in targets if "://" not in target]
    assert local
    assert [target for target in local if not (ROOT / target).exists()] == []
