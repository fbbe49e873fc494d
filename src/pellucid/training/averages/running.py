"""An average at work: what it is so far, in float64, and as what it predicts with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.training.averages.base import BaseAverage

__all__ = ["RunningAverage"]


class RunningAverage:
    """The average of the parameters so far.

    Parameters
    ----------
    mean : ndarray of shape (n,)
        Where it begins; it is copied.
    count : int, default 0
        How many updates are in it: none, where it is parameters themselves.

    Attributes
    ----------
    mean : ndarray of shape (n,), float64
        The average: what one update adds may be less than float32 can tell.
    rounded : ndarray of shape (n,), float32
        The same, to predict with.
    count : int
        How many updates are in it.
    statistics : ndarray of shape (m,), float32, or None
        The norms' statistics of ``rounded``, the last of it, if they are those of the average's own
        layers; None where they are averaged along, as in ``mean``.
    """

    statistics: NDArray[np.float32] | None = None

    def __init__(self, mean: NDArray[np.floating], count: int = 0) -> None:
        self.mean = np.array(mean, dtype=np.float64)
        self.rounded = self.mean.astype(np.float32)
        self.count = count

    def begin(self, parameters: NDArray[np.float32]) -> None:
        """Begin anew, with parameters themselves."""
        self._move(parameters, 1.0)
        self.count = 0

    def see(self, average: BaseAverage, parameters: NDArray[np.float32], share: float) -> None:
        """Take in the parameters after one more update.

        Parameters
        ----------
        average : BaseAverage
            How much they count.
        parameters : ndarray of shape (n,), float32
            What was learned.
        share : float
            What part of the call was done before this update.
        """
        if share < average.start:
            self.begin(parameters)
            return
        self.count += 1
        self._move(parameters, average.weight(self.count))

    def bring_up_to_date(self, statistics: NDArray[np.float32]) -> None:
        """Predict with these statistics of norms until there is one more update."""
        self.make_writable()
        self.statistics = statistics
        self.rounded[len(self.rounded) - len(statistics) :] = statistics

    def make_writable(self) -> None:
        """Copy what joblib has mapped from a file that may not be written."""
        if not self.mean.flags.writeable:
            self.mean = np.array(self.mean)
        if not self.rounded.flags.writeable:
            self.rounded = np.array(self.rounded)

    def _move(self, parameters: NDArray[np.float32], weight: float) -> None:
        from pellucid.kernels.optimizers.average import average  # takes Numba: 0.2 s for settings

        average(self.mean, self.rounded, parameters, weight)
        self.statistics = None
