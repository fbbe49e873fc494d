"""An average in which older parameters count less and less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.errors import ConfigurationError
from pellucid.training.averages.base import BaseAverage

__all__ = ["ExponentialAverage"]


@dataclass(frozen=True)
class ExponentialAverage(BaseAverage):
    """The exponential moving average of the parameters, which predicts in place of the last ones.

    With theta the parameters after each update, and a those after the first that counts,

    - ``a = decay * a + (1 - decay) * theta``

    It reaches back over about ``1 / (1 - decay)`` updates. Training goes on with theta, and is not
    changed by the average.

    Parameters
    ----------
    start : float, default 0
        The share of a call's updates after which the average begins; until then it is the
        parameters themselves. At 0 it goes on over calls that go on from one another.
    decay : float, default 0.99
        How much of the average is kept from one update to the next.

    Raises
    ------
    ConfigurationError
        A setting out of bounds.

    Notes
    -----
    As ``torch.optim.swa_utils.get_ema_multi_avg_fn``, in float64: the first counts as much as all
    before it would, so let it not be that of a network which knows nothing yet if updates are few.
    Source: "Averages" in docs/equations.md; B. Polyak, A. Juditsky, "Acceleration of stochastic
    approximation by averaging", 1992.

    Examples
    --------
    >>> average = ExponentialAverage(decay=0.75)
    >>> [average.weight(number) for number in (1, 2, 3)]
    [1.0, 0.25, 0.25]
    """

    name: ClassVar[str] = "ExponentialAverage"

    decay: float = 0.99

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.decay < 1:
            raise ConfigurationError(
                f"decay is {self.decay!r}; it must be at least 0 and below 1, for example 0.99.",
                argument="decay",
            )

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
        return 1.0 if number == 1 else 1.0 - self.decay
