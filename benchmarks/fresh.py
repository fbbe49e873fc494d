"""Fresh processes, timed from before they start: what a person waits for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.processes import BLAS, MALLOC, RemoteError

__all__ = ["run_fresh"]

ROOT = Path(__file__).parents[1]


def run_fresh(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None, timeout: float = 300.0
) -> tuple[float, Any]:
    """Run ``python ARGUMENTS`` from the repository's root; return its seconds and its answer.

    The answer is the last line that it prints, read as JSON, or None. ``BENCH_START`` tells the
    process when it was started, in seconds since the epoch.

    Raises
    ------
    RemoteError
        It failed or took too long.
    """
    values = {k: v for k, v in os.environ.items() if k not in BLAS} | MALLOC
    values |= {"BENCH_START": repr(time.time())} | dict(environment or {})
    start = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, *arguments], env=values, cwd=ROOT, capture_output=True, text=True,
            timeout=timeout, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise RemoteError(f"{' '.join(arguments)[:80]} took longer than {timeout:.0f} s") from error
    seconds = time.perf_counter() - start
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise RemoteError(f"{' '.join(arguments)[:80]} failed: {lines[-1][:300]}")
    lines = done.stdout.strip().splitlines()
    return seconds, json.loads(lines[-1]) if lines else None
