"""What a process's results depend on beside its input: the code, the libraries, the processor."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from pellucid.errors import ExecutorError
from pellucid.kernels.compiling.target import target, told_apart

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
    """Versions and processor of a process.

    Attributes
    ----------
    software : tuple of (str, str)
        Packages and their versions, and a hash of Pellucid's code that sections run through.
    target : tuple of (str, str)
        What machine code is made for: :func:`pellucid.kernels.compiling.target.target`.
    """

    software: tuple[tuple[str, str], ...]
    target: tuple[tuple[str, str], ...]


@functools.cache
def environment() -> Environment:
    """Return this process's environment."""
    packages = [(name, version(name)) for name in ("pellucid", "numpy", "numba", "llvmlite")]
    software = (*packages, ("pellucid's code", code_digest(Path(str(files("pellucid"))))))
    return Environment(software, tuple(target().items()))


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


def check_worker(driver: Environment, worker: Environment, host: str) -> str:
    """Compare a worker with the driver; return what a person should know, or ``""``.

    Raises
    ------
    ExecutorError
        The worker runs other software, so its results may have other bits.

    Examples
    --------
    >>> driver = Environment((("numpy", "2.4.0"),), (("processor", "znver4"),))
    >>> worker = Environment((("numpy", "2.4.0"),), (("processor", "skylake"),))
    >>> check_worker(driver, worker, "host-b")[:79]
    'The worker on host-b computes otherwise (processor: skylake there, znver4 here)'
    >>> check_worker(driver, Environment((("numpy", "2.3.0"),), ()), "host-b")
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
    apart = told_apart(dict(worker.target), dict(driver.target))
    if not apart:
        return ""
    return (
        f"The worker on {host} computes otherwise ({apart}): the last bits of the result "
        "depend on which worker did what. Use machines of one kind, under one environment, for "
        "results that can be repeated to the bit."
    )
