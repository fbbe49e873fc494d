"""An optimizer that is not Adam, as somebody might write one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pellucid.training.optimizers.optimizer import Optimizer, Step


@dataclass(frozen=True)
class Momentum(Optimizer):
    """``u = beta u + g / N``, ``theta = theta - learning_rate u``."""

    name: ClassVar[str] = "Momentum"
    vectors: ClassVar[tuple[str, ...]] = ("u",)

    learning_rate: float = 0.01
    beta: float = 0.9

    def take(self, step: Step) -> None:
        u = step.vectors["u"]
        with np.errstate(all="ignore"):
            u[:] = self.beta * u + step.gradient / np.float32(step.batch_size)
            step.parameters[:] -= step.learning_rate * u
