"""The page's code is read by TypeScript, as its comments tell types, and by a linter."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.studio.node import PAGE, TOOLS, needs_tools

pytestmark = needs_tools

CONFIG = Path(__file__).parent / "tools" / "eslint.config.js"


def said(tool, *arguments, cwd=None):
    """Return the status of a tool and what it says."""
    done = subprocess.run(
        ["node", str(TOOLS / tool), *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=cwd,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_types_in_the_comments_of_the_page_are_true(tmp_path):
    options = (
        "--checkJs --allowJs --noEmit --target es2022 --module nodenext "
        "--moduleResolution nodenext --lib dom,dom.iterable,es2023 --skipLibCheck --typeRoots"
    )
    # The last: a browser's types alone, whatever types of Node lie about.
    told = (*options.split(), tmp_path, *PAGE.glob("*.js"))
    assert said("typescript/bin/tsc", *told) == (0, "")


def test_the_linter_has_nothing_to_say(tmp_path):
    (tmp_path / "node_modules").symlink_to(TOOLS)
    shutil.copy(CONFIG, tmp_path)
    shutil.copytree(PAGE, tmp_path / "page")
    # That it would say something is seen by a file of its own.
    (tmp_path / "page" / "odd.js").write_text("const unused = 1;\n", "utf-8")
    _, text = said("eslint/bin/eslint.js", "page", "--format", "json", cwd=tmp_path)
    found = {Path(one["filePath"]).name: one["messages"] for one in json.loads(text)}
    assert [message["ruleId"] for message in found.pop("odd.js")] == ["no-unused-vars"]
    assert {name: messages for name, messages in found.items() if messages} == {}
