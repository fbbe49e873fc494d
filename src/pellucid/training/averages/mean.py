"""The plain mean of the parameters over the last updates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.training.averages.base import BaseAverage

__all__ = ["MeanAverage"]


@dataclass(frozen=True)
class MeanAverage(BaseAverage):
    """The mean of the parameters over the last updates, which predicts in place of the last ones.

    With theta the parameters after the k-th update that counts,

    - ``a = a + (theta - a) / k``

    Training goes on with theta, and is not changed by the average. It suits a learning rate that
    stays level at the end.

    Parameters
    ----------
    start : float, default 0.75
        The share of a call's updates after which the average begins; until then it is the
        parameters themselves.

    Raises
    ------
    ConfigurationError
        A share below 0, or not below 1.

    Notes
    -----
    As ``torch.optim.swa_utils.AveragedModel``, in float64. Source: "Averages" in docs/equations.md;
    P. Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", UAI
    2018, with every update in place of every pass.

    Examples
    --------
    >>> [MeanAverage().weight(number) for number in (1, 2, 4)]
    [1.0, 0.5, 0.25]
    """

    name: ClassVar[str] = "MeanAverage"

    start: float = 0.75

    def weight(self, number: int) -> float:
        """Return how far the average moves toward the parameters after one more update.

        Parameters
        ----------
        number : int
            Which one in the average it is, from 1.

        Returns
        -------
        float
            Above 0; 1 for the first.
        """
        return 1.0 / number
