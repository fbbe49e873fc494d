"""Runs the page's modules in Node, outside of a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pellucid

PAGE = Path(pellucid.__file__).parent / "studio" / "page"

# Where `make` installs the tools of tests/studio/tools.
TOOLS = Path(sys.prefix) / "node" / "node_modules"

needs_tools = pytest.mark.skipif(
    not (TOOLS / "axe-core").is_dir() or shutil.which("node") is None,
    reason="the tools of tests/studio/tools are not installed",
)

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")

_BEGINNING = """
import { readFileSync } from "node:fs";
const given = JSON.parse(readFileSync(0, "utf8"));
const plain = (_, value) => ArrayBuffer.isView(value) ? Array.from(value) : value;
const say = (value) => process.stdout.write(JSON.stringify(value, plain));
"""


def run_in_node(script: str, given: Any) -> Any:
    """Return what a script says by ``say(value)`` of ``given``; it imports from ``./``."""
    text = (_BEGINNING + script).replace('from "./', f'from "{PAGE.as_uri()}/')
    done = subprocess.run(
        ["node", "--input-type=module", "-e", text],
        input=json.dumps(given), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
