"""The AdamW optimizer; its equations are in :mod:`pellucid.equations.adamw`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.elementary import power
from pellucid.training.optimizers.adam import Adam
from pellucid.training.optimizers.optimizer import Step, check_weight_decay

__all__ = ["AdamW"]


@dataclass(frozen=True)
class AdamW(Adam):
    """Settings of Adam with weights that decay, apart from their gradient.

    Before each step of :class:`pellucid.Adam`, with its bias correction,

    - ``theta = theta - learning_rate * weight_decay * theta``

    for filters and weights: arrays of two dimensions or more. Biases, and the factors and offsets
    of norms, don't decay. The learning rate is that of the update, so a schedule lowers the decay
    with it. Each step is computed in float64 and rounded once. Training only.

    Parameters
    ----------
    learning_rate : float, default 0.01
        The size of a step, in units of the parameters.
    beta1, beta2 : float, default 0.9 and 0.999
        How much of the first and second moment is kept from one update to the next.
    eps : float, default 1e-10
        Keeps the division finite.
    weight_decay : float, default 0.01
        What share of itself, times the learning rate, a weight loses with every update.

    Raises
    ------
    ConfigurationError
        A setting out of bounds.

    Notes
    -----
    Source: "AdamW" in docs/equations.md; I. Loshchilov, F. Hutter, "Decoupled Weight Decay
    Regularization", ICLR 2019, algorithm 2. As ``torch.optim.AdamW``, where biases and norms are a
    group of their own without decay.

    Examples
    --------
    >>> AdamW(0.003, weight_decay=0.05)
    AdamW(learning_rate=0.003, beta1=0.9, beta2=0.999, eps=1e-10, weight_decay=0.05)
    """

    name: ClassVar[str] = "AdamW"

    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        check_weight_decay(self.weight_decay)

    def take(self, step: Step) -> None:
        """Take a step, whatever comes of it.

        Parameters
        ----------
        step : Step
            Its parameters and moments are changed in place.
        """
        from pellucid.kernels.optimizers.adamw import adamw  # takes Numba: 0.2 s for settings

        ends, kept = step.per_stretch(self._kept(step), 1.0)
        adamw(
            step.parameters, step.vectors["m"], step.vectors["v"], step.gradient, ends, kept,
            1.0 / step.batch_size, self._rate(step), self.beta1, self.beta2,
            1.0 / (1.0 - power(self.beta2, step.number)), self.eps,
        )  # fmt: skip

    def is_safe(self, step: Step) -> bool:
        """Return whether a step can't leave float32: as Adam's, where weights only shrink.

        Parameters
        ----------
        step : Step
            The one to come.

        Returns
        -------
        bool
        """
        return abs(self._kept(step)) <= 1.0 and super().is_safe(step)

    def _kept(self, step: Step) -> float:
        """Return what a weight is multiplied by."""
        return 1.0 - step.learning_rate * self.weight_decay
