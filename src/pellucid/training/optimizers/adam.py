"""The Adam optimizer; its equations are in :mod:`pellucid.equations.adam`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from pellucid.elementary import power
from pellucid.errors import ConfigurationError
from pellucid.training.optimizers.optimizer import SAFE, Optimizer, Step

__all__ = ["Adam"]


@dataclass(frozen=True)
class Adam(Optimizer):
    """Settings of Adam, bias-corrected, eps beside the square root.

    With g the gradient summed over the N images of a batch, and t the number of the update:

    - ``m = beta1 * m + (1 - beta1) * g / N``, ``m_hat = m / (1 - beta1**t)``
    - ``v = beta2 * v + (1 - beta2) * (g / N)**2``, ``v_hat = v / (1 - beta2**t)``
    - ``theta = theta - learning_rate * m_hat / (sqrt(v_hat) + eps)``

    theta, m and v are float32; each step is computed in float64 and rounded once. Training only.

    Parameters
    ----------
    learning_rate : float, default 0.01
        The size of a step, in units of the parameters.
    beta1, beta2 : float, default 0.9 and 0.999
        How much of the first and second moment is kept from one update to the next.
    eps : float, default 1e-10
        Keeps the division finite.

    Raises
    ------
    ConfigurationError
        A setting out of bounds.

    Notes
    -----
    Source: "Adam" in docs/equations.md; D. P. Kingma, J. Ba, "Adam: A Method for Stochastic
    Optimization", ICLR 2015, algorithm 1.

    Examples
    --------
    >>> Adam(learning_rate=0.03)
    Adam(learning_rate=0.03, beta1=0.9, beta2=0.999, eps=1e-10)
    """

    name: ClassVar[str] = "Adam"
    vectors: ClassVar[tuple[str, ...]] = ("m", "v")

    learning_rate: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-10

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("beta1", "beta2"):
            value = getattr(self, name)
            if not 0 <= value < 1:
                raise ConfigurationError(
                    f"{name} is {value!r}; it must be at least 0 and below 1, for example 0.9.",
                    argument=name,
                )
        if not 0 < self.eps < math.inf:
            raise ConfigurationError(
                f"eps is {self.eps!r}; it must be a finite number above 0, for example 1e-10.",
                argument="eps",
            )

    def take(self, step: Step) -> None:
        """Take a step, whatever comes of it.

        Parameters
        ----------
        step : Step
            Its parameters and moments are changed in place.
        """
        from pellucid.kernels.optimizers.adam import adam  # takes Numba: 0.2 s for settings

        adam(
            step.parameters, step.vectors["m"], step.vectors["v"], step.gradient,
            1.0 / step.batch_size, self._rate(step), self.beta1, self.beta2,
            1.0 / (1.0 - power(self.beta2, step.number)), self.eps,
        )  # fmt: skip

    def is_safe(self, step: Step) -> bool:
        """Return whether a step can't leave float32: were all moments as large as the largest.

        Parameters
        ----------
        step : Step
            The one to come.

        Returns
        -------
        bool
        """
        from pellucid.kernels.optimizers.largest import largest  # takes Numba, as above

        if self.beta2 == 0.0:  # which times a second moment that overflowed is NaN
            return False
        first = max(largest(step.vectors["m"]), largest(step.gradient) * (1.0 / step.batch_size))
        if first > SAFE**0.5:  # whose square may leave float32 in the second moment
            return False
        return bool(largest(step.parameters) + self._rate(step) * first / self.eps < SAFE)

    def advice(self) -> str:
        """Return what to do about a step that is not finite.

        Returns
        -------
        str
            The middle of a sentence.
        """
        return f"{super().advice()} or raise eps (now {self.eps:g})"

    def _rate(self, step: Step) -> float:
        """Return the learning rate over the first moment's correction."""
        return step.learning_rate / (1.0 - power(self.beta1, step.number))
