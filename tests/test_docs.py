"""The guide keeps its word: its Python runs and prints what it says, its links lead somewhere.

A ``print(...)  # text`` in a block of Python promises that line of output.
"""

import importlib
import re
import shlex
import signal
import textwrap
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import typer

import pellucid
from pellucid import data, equations, errors, export, plots, training
from pellucid.cli import errors as cli_errors
from pellucid.cli import main as cli
from pellucid.network import presets
from pellucid.recipes.sizes import passes_for
from tests.caches import use_own_cache

ROOT = Path(__file__).parents[1]
MODULES = (pellucid, data, equations, export, plots, presets, training, errors)
PAGES = [
    *sorted((ROOT / "docs" / "guide").glob("*.md")),
    ROOT / "docs" / "data.md",
    ROOT / "docs" / "durability.md",
    ROOT / "docs" / "equations.md",
]
COMMANDS = [*PAGES, ROOT / "docs" / "command_line.md"]
LINKED = [
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "examples" / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "README.md",
]


def blocks(text, language):
    """Return the blocks of code of a page, those inside a list too."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for _, block in found]


def headings(page):
    """Return the anchors that GitHub gives to the headings of a page."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_pages_are_there():
    names = {page.name for page in PAGES if page.parent.name == "guide"}
    expected = {"choosing_a_network.md", "data.md", "weights.md", "saving.md", "trainer.md"}
    assert names >= {"index.md", *expected}
    index = (ROOT / "docs" / "guide" / "index.md").read_text("utf-8")
    assert all(f"]({name})" in index for name in names - {"index.md"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT / "docs").as_posix())
def test_python_blocks_run_in_order(page, monkeypatch, tmp_path, capsys):
    """Every block sees the names of those before it, and keeps its word with less training too."""
    monkeypatch.chdir(tmp_path)
    recipes = importlib.import_module("pellucid.recipes.named")
    monkeypatch.setattr(recipes, "passes_for", lambda images: passes_for(images) // 3)
    use_own_cache(tmp_path, monkeypatch)
    found = blocks(page.read_text("utf-8"), "python")
    assert found
    plt.switch_backend("agg")
    names: dict[str, object] = {"__name__": "__main__"}
    for block in found:
        # As in a user's session, where NumPy does not raise on underflow.
        with np.errstate(all="warn", under="ignore"):
            exec(compile(block, page.name, "exec"), names)
        said = capsys.readouterr().out.splitlines()
        promised = re.findall(r"^ *print\(.*\)  # (.+)$", block, re.MULTILINE)
        assert [line for line in promised if line not in said] == [], said
    plt.close("all")


def name_of(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", LINKED, ids=name_of)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    for target in targets:
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        other = (page.parent / name).resolve() if name else page
        assert other.exists(), target
        assert not anchor or anchor in headings(other), target


@pytest.mark.parametrize("page", COMMANDS, ids=name_of)
def test_commands_can_be_parsed(page):
    text = page.read_text("utf-8")
    for line in [line for block in blocks(text, "sh") for line in block.splitlines()]:
        program, *rest = shlex.split(line.partition(" || ")[0], comments=True)
        assert program == "pellucid", line
        command = typer.main.get_command(cli.app)
        while hasattr(command, "commands"):
            assert rest[0] in command.commands, line
            command = command.commands[rest.pop(0)]
        assert not command.make_context(line, rest).args


def listed(page):
    """Return the names that the API page lists, by module."""
    found = {}
    for part in page.split("\n## ")[1:]:
        heading, _, rest = part.partition("\n")
        rows = re.findall(r"^\| (`.*?) \|", rest, re.MULTILINE)
        found[heading] = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    return found


def test_the_api_page_lists_exactly_the_public_names():
    names = listed((ROOT / "docs" / "api.md").read_text("utf-8"))
    modules = {name: importlib.import_module(name) for name in names}
    assert {*modules.values()} == {*MODULES}
    for name, module in modules.items():
        assert sorted(names[name]) == sorted(module.__all__), name


def test_the_exit_codes_are_those_of_the_command_line():
    page = (ROOT / "docs" / "command_line.md").read_text("utf-8")
    codes = set(map(int, re.findall(r"^\| (\d+) \|", page, re.MULTILINE)))
    hung_up = 128 + signal.SIGHUP
    assert codes == {0, 1, 2, hung_up, cli_errors.STOPPED, cli_errors.TERMINATED}


def test_the_page_of_the_command_line_names_every_command():
    page = (ROOT / "docs" / "command_line.md").read_text("utf-8")
    groups = [("pellucid", typer.main.get_command(cli.app))]
    for name, group in groups:
        for command, found in group.commands.items():
            if hasattr(found, "commands"):
                groups.append((f"{name} {command}", found))
            else:
                assert f"`{name} {command}" in page, command
