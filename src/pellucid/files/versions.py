"""The versions of what a result was made with."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

__all__ = ["current_versions", "package_versions"]


def package_versions(*names: str) -> dict[str, str]:
    """Return the versions of packages, ``"unknown"`` for one that is not installed as such.

    Examples
    --------
    >>> package_versions("no-such-package")
    {'no-such-package': 'unknown'}
    """
    return {name: _version(name) for name in names}


def current_versions() -> dict[str, str]:
    """Return the versions of Pellucid, NumPy, Numba and Python, and the kind of machine.

    Examples
    --------
    >>> list(current_versions())
    ['pellucid', 'numpy', 'numba', 'python', 'machine']
    """
    machine = f"{platform.system()} {platform.machine()}"
    packages = package_versions("pellucid", "numpy", "numba")
    return packages | {"python": platform.python_version(), "machine": machine}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
