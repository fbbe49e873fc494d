"""The optimizers there are, by the names that checkpoints have for them."""

from __future__ import annotations

import dataclasses
from typing import Any

from pellucid.errors import ConfigurationError, did_you_mean
from pellucid.training.optimizers.adam import Adam
from pellucid.training.optimizers.adamw import AdamW
from pellucid.training.optimizers.optimizer import Optimizer
from pellucid.training.optimizers.sgd import SGD

__all__ = ["OPTIMIZERS", "optimizer_from_dict"]

OPTIMIZERS: dict[str, type[Optimizer]] = {kind.name: kind for kind in (Adam, AdamW, SGD)}
"""Every optimizer, by its name."""


def optimizer_from_dict(values: dict[str, Any]) -> Optimizer:
    """Return the optimizer that ``Optimizer.to_dict`` described.

    Values without a name are Adam's: they were written while it was the only one.

    Raises
    ------
    ConfigurationError
        An unknown optimizer, settings it does not have, or one out of bounds.

    Examples
    --------
    >>> optimizer_from_dict({"name": "Adam", "learning_rate": 0.03})
    Adam(learning_rate=0.03, beta1=0.9, beta2=0.999, eps=1e-10)
    """
    if not isinstance(values, dict):
        raise ConfigurationError(f"An optimizer is described by a dictionary, not {values!r}.")
    settings = dict(values)
    name = settings.pop("name", Adam.name)
    if not isinstance(name, str) or name not in OPTIMIZERS:
        hint = did_you_mean(str(name), OPTIMIZERS)
        raise ConfigurationError(
            f"Unknown optimizer {name!r}; known: {', '.join(OPTIMIZERS)}.{hint}"
        )
    known = [field.name for field in dataclasses.fields(OPTIMIZERS[name])]
    for key in settings:
        if key not in known:
            raise ConfigurationError(
                f"{name} has no setting {key!r}.{did_you_mean(str(key), known)}"
            )
    return OPTIMIZERS[name](**settings)
