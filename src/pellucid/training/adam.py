"""The Adam optimizer; its equations are in :mod:`pellucid.equations.adam`."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import is_number
from pellucid.errors import ConfigurationError

__all__ = ["Adam", "AdamState", "prepare_adam"]

_LARGEST = 1e30
"""One step of this size, from finite parameters, ends in finite float32 parameters."""
_SAFE = 1e38
"""What float32 holds, with room for rounding."""


@dataclass(frozen=True)
class Adam:
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

    learning_rate: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-10

    def __post_init__(self) -> None:
        for name in ("learning_rate", "beta1", "beta2", "eps"):
            value = getattr(self, name)
            if not is_number(value):
                raise ConfigurationError(
                    f"{name} is {value!r}; it must be a number.", argument=name
                )
        if not 0 < self.learning_rate <= _LARGEST:
            raise ConfigurationError(
                f"learning_rate is {self.learning_rate!r}; it must be above 0 and at most "
                f"{_LARGEST:g}, for example 0.01.",
                argument="learning_rate",
            )
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


class AdamState:
    """The moments of Adam, and how many updates made them.

    Parameters
    ----------
    size : int
        How many parameters there are.

    Attributes
    ----------
    m, v : ndarray of shape (size,), float32
        First and second moment.
    t : int
        Updates so far.
    """

    def __init__(self, size: int) -> None:
        self.m = np.zeros(size, dtype=np.float32)
        self.v = np.zeros(size, dtype=np.float32)
        self.t = 0

    def update(
        self,
        settings: Adam,
        theta: NDArray[np.float32],
        gradient: NDArray[np.float32],
        batch_size: float,
        learning_rate: float | None = None,
    ) -> int | None:
        """Update ``theta`` in place with a gradient that is summed over ``batch_size`` images.

        ``learning_rate`` is that of this update, where it is not that of the settings.

        Returns
        -------
        int or None
            The place of the first parameter that would not be finite; then nothing is changed.
        """
        rate = settings.learning_rate if learning_rate is None else learning_rate
        scale, step = 1.0 / batch_size, rate / (1.0 - settings.beta1 ** (self.t + 1))
        if self._is_safe(settings, theta, gradient, scale, step):
            self._step(settings, theta, gradient, scale, step)
            return None
        before = theta.copy(), self.m.copy(), self.v.copy()
        self._step(settings, theta, gradient, scale, step)
        bad = np.flatnonzero(~np.isfinite(theta))
        if not bad.size:
            return None
        theta[:], self.m[:], self.v[:] = before
        self.t -= 1
        return int(bad[0])

    def _is_safe(
        self,
        settings: Adam,
        theta: NDArray[np.float32],
        gradient: NDArray[np.float32],
        scale: float,
        step: float,
    ) -> bool:
        """Return whether the next step can't leave float32, by a bound that few settings exceed.

        So parameters and moments need not be copied before every update.
        """
        from pellucid.kernels.adam import largest

        if settings.beta2 == 0.0:  # which times a second moment that overflowed is NaN
            return False
        first = max(largest(self.m), largest(gradient) * scale)
        return bool(largest(theta) + step * first / settings.eps < _SAFE)

    def _step(
        self,
        settings: Adam,
        theta: NDArray[np.float32],
        gradient: NDArray[np.float32],
        scale: float,
        step: float,
    ) -> None:
        from pellucid.kernels.adam import adam

        self.t += 1
        correction = 1.0 / (1.0 - settings.beta2**self.t)
        adam(
            theta, self.m, self.v, gradient, scale, step, settings.beta1, settings.beta2,
            correction, settings.eps,
        )  # fmt: skip


@functools.cache
def prepare_adam() -> None:
    """Compile the update, or load it from the cache; else the first one does."""
    nothing = np.zeros(0, dtype=np.float32)
    AdamState(0).update(Adam(), nothing, nothing, 1)
