"""Rules: how an equation is applied to a layer of a network, forward and backward.

The equations of a layer are in the file of its name, which ends in its ``RULES``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import NetworkError
from pellucid.network.layers import COMPUTED, LAYERS, Layer
from pellucid.network.loss import LOSSES, Loss
from pellucid.network.twins import twin_of

__all__ = ["Array", "LossRules", "Rules", "loss_rules_of", "rules_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rules:
    """A layer's two rules.

    Attributes
    ----------
    forward : callable
        From the layer, the values it reads and its parameters to what it gives.
    backward : callable
        From the layer, the gradient of what it gave, the values it read, what it gave, and its
        parameters, to the gradients of the values it read, then those of its parameters; in place
        of that of a running statistic, the batch's own, times the images that it is of.
    in_training : Rules or None, default None
        Both in training, of a layer that does something else there.
    """

    forward: Callable[..., Array]
    backward: Callable[..., tuple[Array, ...]]
    in_training: Rules | None = None


@dataclass(frozen=True)
class LossRules:
    """A loss's three rules.

    Attributes
    ----------
    outputs : callable
        From the loss and the logits to what the network answers: probabilities, or numbers.
    loss : callable
        From the loss, the logits, the targets and the weights to each image's loss.
    backward : callable
        From the same to the gradient of the logits, each image's with its weight.
    """

    outputs: Callable[..., Array]
    loss: Callable[..., Array]
    backward: Callable[..., Array]


def loss_rules_of(loss: Loss) -> LossRules:
    """Return the rules of a loss.

    Raises
    ------
    NetworkError
        Only its owner knows how to compute it.
    """
    module = twin_of(loss, LOSSES, "pellucid.equations")
    if module is None:
        known = ", ".join(known.__name__ for known in LOSSES)
        raise NetworkError(f"There are no equations for {loss}; there are for {known}.")
    rules = module.RULES
    assert isinstance(rules, LossRules)
    return rules


def rules_of(layer: Layer, training: bool = False) -> Rules:
    """Return the rules of a layer, in inference or in training.

    Raises
    ------
    NetworkError
        Only its owner knows how to compute it.

    Examples
    --------
    >>> from pellucid import ReLU
    >>> rules_of(ReLU()).forward(ReLU(), np.array([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """
    module = twin_of(layer, COMPUTED, "pellucid.equations")
    if module is None:
        known = ", ".join(known.__name__ for known in COMPUTED if known in LAYERS)
        raise NetworkError(f"There are no equations for {layer}; there are for {known}.")
    rules = module.RULES
    assert isinstance(rules, Rules)
    return rules.in_training or rules if training else rules
