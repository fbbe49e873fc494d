"""The SGD optimizer; its equations are in :mod:`pellucid.equations.sgd`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.errors import ConfigurationError
from pellucid.training.optimizers.optimizer import SAFE, Optimizer, Step, check_weight_decay

__all__ = ["SGD"]


@dataclass(frozen=True)
class SGD(Optimizer):
    """Settings of stochastic gradient descent, with momentum if it is asked for.

    With g the gradient summed over the N images of a batch:

    - ``d = g / N + weight_decay * theta``
    - ``u = momentum * u + d``
    - ``theta = theta - learning_rate * u``, or with ``nesterov``
      ``theta = theta - learning_rate * (d + momentum * u)``

    Filters and weights decay, arrays of two dimensions or more; biases, and the factors and offsets
    of norms, do not. theta and u are float32; each step is computed in float64 and rounded once.
    Training only.

    Parameters
    ----------
    learning_rate : float, default 0.01
        What the running sum of gradients is multiplied by. With a momentum of 0.9 steps become ten
        times as long as without.
    momentum : float, default 0
        How much of the running sum is kept from one update to the next.
    nesterov : bool, default False
        Whether the step looks ahead, as Nesterov's does.
    weight_decay : float, default 0
        How much of itself is added to a weight's gradient.

    Raises
    ------
    ConfigurationError
        A setting out of bounds, or ``nesterov`` without momentum.

    Notes
    -----
    As in PyTorch, without dampening; there biases decay too, unless they are a group of their own.
    Source: "SGD" in docs/equations.md; I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the
    importance of initialization and momentum in deep learning", 2013.

    Examples
    --------
    >>> SGD(0.05, momentum=0.9, nesterov=True)
    SGD(learning_rate=0.05, momentum=0.9, nesterov=True, weight_decay=0.0)
    """

    name: ClassVar[str] = "SGD"
    vectors: ClassVar[tuple[str, ...]] = ("u",)

    learning_rate: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.momentum < 1:
            raise ConfigurationError(
                f"momentum is {self.momentum!r}; it must be at least 0 and below 1, for example "
                "0.9.",
                argument="momentum",
            )
        if self.nesterov and self.momentum == 0:
            raise ConfigurationError(
                "nesterov is True, but momentum is 0; give a momentum, for example 0.9.",
                argument="nesterov",
            )
        check_weight_decay(self.weight_decay)

    def take(self, step: Step) -> None:
        """Take a step, whatever comes of it.

        Parameters
        ----------
        step : Step
            Its parameters and running sum are changed in place.
        """
        # Takes Numba: 0.2 s for settings.
        from pellucid.kernels.optimizers.sgd import sgd, sgd_decaying

        vectors = step.parameters, step.vectors["u"], step.gradient
        numbers = 1.0 / step.batch_size, step.learning_rate, self.momentum, self.nesterov
        if self.weight_decay:
            sgd_decaying(*vectors, *step.per_stretch(self.weight_decay, 0.0), *numbers)
        else:
            sgd(*vectors, *numbers)

    def is_safe(self, step: Step) -> bool:
        """Return whether a step can't leave float32: were all sums as large as the largest.

        Parameters
        ----------
        step : Step
            The one to come.

        Returns
        -------
        bool
        """
        from pellucid.kernels.optimizers.largest import largest  # takes Numba, as above

        most = largest(step.parameters)
        slope = largest(step.gradient) / step.batch_size + self.weight_decay * most
        # The sum, and what is taken ahead of it, are twice this at most, as momentum is below 1.
        ahead = 2.0 * (largest(step.vectors["u"]) + slope)
        return bool(most + max(step.learning_rate, 1.0) * ahead < SAFE)
