"""When training ends before all its images are drawn: once it has stopped getting better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from pellucid.arguments import whole
from pellucid.training.history import goodness

__all__ = ["EarlyStopping", "Standing"]


class Standing(NamedTuple):
    """What a call's measurements say of it so far.

    Attributes
    ----------
    best : int
        The update after which the accuracy was best, the first of equals; 0 before any.
    fall : int or None
        The update after which the learning rate falls; None while there is patience left.
    end : int or None
        The last update, if it falls.
    """

    best: int = 0
    fall: int | None = None
    end: int | None = None

    def factor(self, number: int) -> float:
        """Return what the learning rate of an update is multiplied by, beside the schedule's.

        Examples
        --------
        >>> [Standing(2, 4, 6).factor(number) for number in (4, 5, 6)]
        [1.0, 0.6666666666666667, 0.33333333333333337]
        """
        if self.fall is None or self.end is None or number <= self.fall:
            return 1.0
        return 1.0 - (number - self.fall) / (self.end - self.fall + 1)


@dataclass(frozen=True)
class EarlyStopping:
    r"""End training once the accuracy on ``validation_data`` no longer rises, and keep the best.

    Measured are the updates :math:`m_1 < m_2 < \dots`, with accuracies :math:`a_1, a_2, \dots`; of
    two that are equal the one with the lower loss is better, for a few images have few accuracies.
    Patience is out at the first :math:`m_k` before which, for ``patience`` measurements, none was
    above the best so far, that of :math:`m_b`. The learning rate then falls, in equal steps and to
    nearly 0, over as many updates as were waited for, :math:`m_k - m_b`, and training ends: small
    steps at the end are worth more than the patience. The parameters that predict are at last those
    after the update that was best of all, and the average of them, if one is kept.

    Everything follows from what the history holds, so a training that was killed and resumed ends
    at the same update, with the same bits.

    Parameters
    ----------
    patience : int, default 5
        Measurements without improvement to wait for.

    Raises
    ------
    ConfigurationError
        ``patience`` is no whole number of at least 1.

    Examples
    --------
    >>> EarlyStopping(2).standing([(10, 0.5, 1.0), (20, 0.7, 0.8), (30, 0.6, 0.7), (40, 0.7, 0.9)])
    Standing(best=20, fall=40, end=60)
    """

    patience: int = 5

    def __post_init__(self) -> None:
        whole("patience", self.patience, least=1)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-ready values."""
        return asdict(self)

    def standing(self, measured: Sequence[tuple[int, float, float]]) -> Standing:
        """Return where a call stands.

        Parameters
        ----------
        measured : sequence of (int, float, float)
            The numbers of updates, and accuracy (R^2 where targets are numbers) and loss after
            them.

        Returns
        -------
        Standing
            ``best``, the update that was best, ``fall``, that after which the learning rate falls,
            and ``end``, the last one; None for both while there is patience left.
        """
        best, waited, fall, end = 0, 0, None, None
        highest = goodness(float("-inf"), float("inf"))
        for number, accuracy, loss in measured:
            waited += 1
            if (found := goodness(accuracy, loss)) > highest:
                best, highest, waited = number, found, 0
            if waited >= self.patience and fall is None:
                fall, end = number, 2 * number - best
        return Standing(best, fall, end)
