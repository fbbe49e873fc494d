"""Names that a package offers and whose modules are imported when somebody first asks for one."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from pellucid.errors import did_you_mean

__all__ = ["lazy_names"]


def lazy_names(
    package: str,
    names: Mapping[str, Iterable[str]],
    elsewhere: Mapping[str, str] = MappingProxyType({}),
) -> Callable[[str], Any]:
    """Return a package's ``__getattr__``, which finds each name in the module it lives in.

    Parameters
    ----------
    package : str
        The package's own name.
    names : mapping
        The modules, and the names that each has.
    elsewhere : mapping, optional
        Names that other libraries have, and what does the same here.

    Examples
    --------
    >>> find = lazy_names("pellucid", {"pellucid.estimators.classifier": ["CNNClassifier"]})
    >>> find("CNNClassifier").__name__
    'CNNClassifier'
    """
    homes = {name: module for module, own in names.items() for name in own}

    def get(name: str) -> Any:
        if name not in homes:
            here = elsewhere.get(name)
            hint = f" Use {here}." if here else did_you_mean(name, homes)
            raise AttributeError(f"module {package!r} has no attribute {name!r}.{hint}")
        value = getattr(importlib.import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)  # asked for once
        return value

    return get
