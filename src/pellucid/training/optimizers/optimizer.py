"""What an optimizer is: settings, and a step from a gradient to other parameters."""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError
from pellucid.training.described import Described
from pellucid.training.optimizers.stretches import Stretches

__all__ = ["SAFE", "Optimizer", "Step", "check_weight_decay", "prepare_optimizer"]

SAFE = 1e38
"""What float32 holds, with room for rounding."""

_LARGEST = 1e30
"""One step of this size, from finite parameters, ends in finite float32 parameters."""


@dataclass(frozen=True, eq=False)
class Step:
    """A step to take, and what it changes in place: the parameters and the optimizer's vectors.

    Attributes
    ----------
    parameters : ndarray of shape (n,), float32
        What is learned.
    vectors : mapping of str to ndarray of shape (n,), float32
        What the optimizer keeps, by name.
    gradient : ndarray of shape (n,), float32
        Summed over the batch.
    batch_size : float
        How many images it is the sum of.
    number : int
        How many steps the vectors have seen with this one: 1 for the first.
    learning_rate : float
        That of this step: the optimizer's times the schedule's factor.
    stretches : Stretches or None
        Which of the parameters are weights, that decay; None for all.
    """

    parameters: NDArray[np.float32]
    vectors: Mapping[str, NDArray[np.float32]]
    gradient: NDArray[np.float32]
    batch_size: float
    number: int
    learning_rate: float
    stretches: Stretches | None = None

    def per_stretch(
        self, weights: float, others: float
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return where each stretch of parameters ends, and a number for each.

        Parameters
        ----------
        weights, others : float
            That of weights, and that of biases and norms.

        Returns
        -------
        ends : ndarray of shape (k,), int64
        values : ndarray of shape (k,), float64
        """
        if self.stretches is None:
            return np.array([self.parameters.size], dtype=np.int64), np.array([float(weights)])
        return self.stretches.ends, self.stretches.values(weights, others)


@dataclass(frozen=True)
class Optimizer(Described, ABC):
    """Settings, and the step that is taken by them; what a training has learned is not in here.

    A subclass is a frozen dataclass whose settings are numbers or True and False, and have
    defaults. It names itself and its vectors, and says how to ``take`` a step.

    Parameters
    ----------
    learning_rate : float, default 0.01
        The size of a step, in units of the parameters.

    Attributes
    ----------
    name : str
        What files know it by.
    vectors : tuple of str
        The vectors of float32 that it keeps, each with a number for every parameter.
    """

    vectors: ClassVar[tuple[str, ...]] = ()

    learning_rate: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.learning_rate <= _LARGEST:
            raise ConfigurationError(
                f"learning_rate is {self.learning_rate!r}; it must be above 0 and at most "
                f"{_LARGEST:g}, for example 0.01.",
                argument="learning_rate",
            )

    def begin(self, size: int) -> dict[str, NDArray[np.float32]]:
        """Return the vectors as they are before the first step: all 0.

        Parameters
        ----------
        size : int
            How many parameters there are.

        Returns
        -------
        dict of str to ndarray of shape (size,), float32
        """
        return {name: np.zeros(size, dtype=np.float32) for name in self.vectors}

    @abstractmethod
    def take(self, step: Step) -> None:
        """Take a step, whatever comes of it.

        Parameters
        ----------
        step : Step
            Its parameters and vectors are changed in place.
        """

    def is_safe(self, step: Step) -> bool:
        """Return whether a step can't leave float32, by a bound that few settings exceed.

        So parameters and vectors need not be copied before every update.

        Parameters
        ----------
        step : Step
            The one to come.

        Returns
        -------
        bool
            False where that is not known, as here.
        """
        return False

    def update(self, step: Step) -> int | None:
        """Take a step, unless it leads out of float32.

        Parameters
        ----------
        step : Step
            Its parameters and vectors are changed in place.

        Returns
        -------
        int or None
            The place of the first parameter that would not be finite, or of which what the
            optimizer keeps would not; then nothing is changed.
        """
        if self.is_safe(step):
            self.take(step)
            return None
        changed = (step.parameters, *step.vectors.values())
        before = [array.copy() for array in changed]
        self.take(step)
        bad = np.flatnonzero(~np.logical_and.reduce([np.isfinite(array) for array in changed]))
        if not bad.size:
            return None
        for array, old in zip(changed, before, strict=True):
            array[:] = old
        return int(bad[0])

    def advice(self) -> str:
        """Return what to do about a step that is not finite.

        Returns
        -------
        str
            The middle of a sentence.
        """
        return f"lower the learning rate (now {self.learning_rate:g})"


def check_weight_decay(value: float) -> None:
    """Refuse a weight decay that can't be.

    Examples
    --------
    >>> check_weight_decay(-0.1)
    Traceback (most recent call last):
    pellucid.errors.ConfigurationError: weight_decay is -0.1; it must be a finite number of at least
    0, for example 0.01.
    """
    if not 0 <= value < math.inf:
        raise ConfigurationError(
            f"weight_decay is {value!r}; it must be a finite number of at least 0, for example "
            "0.01.",
            argument="weight_decay",
        )


@functools.lru_cache(maxsize=64)
def prepare_optimizer(optimizer: Optimizer) -> None:
    """Compile the step of an optimizer, or load it from the cache; else the first does."""
    nothing = np.zeros(0, dtype=np.float32)
    step = Step(nothing, optimizer.begin(0), nothing, 1.0, 1, 1.0)
    optimizer.is_safe(step)
    optimizer.take(step)
