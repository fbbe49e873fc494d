"""Every loss's examples, targets and twin in PyTorch, from the file that tests its description.

``tests/network/loss/test_NAME.py`` has ``EXAMPLES``, losses; ``LEAST``, the fewest outputs that
they take; ``drawn_targets(random, count, outputs)``; and ``torch_loss(torch, loss, logits,
targets)``, which gives the loss of each image.
"""

from __future__ import annotations

import importlib
from types import ModuleType

import numpy as np

from pellucid.network.loss import LOSSES, Loss

_MODULES = {
    kind: importlib.import_module(f"tests.network.loss.test_{kind.__name__.lower()}")
    for kind in LOSSES
}


def module_of(kind: type[Loss]) -> ModuleType:
    """Return the module that tests a kind of loss."""
    return _MODULES[kind]


def examples() -> list[Loss]:
    """Return all losses' examples."""
    return [loss for kind in LOSSES for loss in module_of(kind).EXAMPLES]


def drawn_targets(loss: Loss, random: np.random.Generator, count: int, outputs: int) -> np.ndarray:
    """Return targets for images, as the equations take them."""
    targets: np.ndarray = module_of(type(loss)).drawn_targets(random, count, outputs)
    return targets


def torch_losses(torch, loss, logits, targets):
    """Return the loss of each image, by PyTorch."""
    return module_of(type(loss)).torch_loss(torch, loss, logits, torch.tensor(targets))
