"""The optimizers there are, by the names that checkpoints have for them."""

from __future__ import annotations

from typing import Any

from pellucid.training.described import from_dict
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
    return from_dict("optimizer", values, OPTIMIZERS, Adam.name)
