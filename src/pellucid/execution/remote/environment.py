"""What a process's results depend on beside its input: the code and the libraries.

Not the processor: sections have the same bits on all of them.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from pellucid.errors import ExecutorError

__all__ = ["Environment", "check_worker", "code_digest", "environment"]

CODE = (
    "elementary.py",
    "network/**/*.py",
    "images/**/*.py",
    "kernels/**/*.py",
    "execution/**/*.py",
)
"""What decides the bits of a section, by pattern below the package's own folder."""


@dataclass(frozen=True)
class Environment:
    """Versions that a process runs.

    Attributes
    ----------
    software : tuple of (str, str)
        Packages and their versions, and a hash of Pellucid's code that sections run through.
    """

    software: tuple[tuple[str, str], ...]


@functools.cache
def environment() -> Environment:
    """Return this process's environment."""
    packages = [(name, version(name)) for name in ("pellucid", "numpy", "numba", "llvmlite")]
    return Environment((*packages, ("pellucid's code", code_digest(Path(str(files("pellucid")))))))


def code_digest(package: Path, patterns: tuple[str, ...] = CODE) -> str:
    """Return a hash of the files that decide a section's bits, by their paths and texts.

    Raises
    ------
    ExecutorError
        A pattern matches no file: what it stood for has moved, and nobody would compare it.
    """
    digest = hashlib.sha256()
    for pattern in patterns:
        found = sorted(package.glob(pattern))
        if not found:
            raise ExecutorError(
                f"No file of {package} matches {pattern!r}, so workers can't be told whether they "
                "have the same code; install Pellucid again, with its source files."
            )
        for file in found:
            name = file.relative_to(package).as_posix()
            digest.update(name.encode() + b"\0" + file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]


def check_worker(driver: Environment, worker: Environment, host: str) -> None:
    """Compare a worker with the driver.

    Raises
    ------
    ExecutorError
        The worker runs other software, so its results may have other bits.

    Examples
    --------
    >>> driver = Environment((("numpy", "2.4.0"),))
    >>> check_worker(driver, Environment((("numpy", "2.3.0"),)), "host-b")
    Traceback (most recent call last):
    pellucid.errors.ExecutorError: The worker on host-b has numpy 2.3.0, the driver has 2.4.0;
    install the same versions on all machines, or the result would depend on which of them did what.
    """
    theirs = dict(worker.software)
    for name, ours in driver.software:
        if theirs.get(name) != ours:
            raise ExecutorError(
                f"The worker on {host} has {name} {theirs.get(name, 'missing')}, the driver has "
                f"{ours}; install the same versions on all machines, or the result would depend "
                "on which of them did what."
            )
