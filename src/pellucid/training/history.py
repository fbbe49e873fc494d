"""What happened during training, one entry an update."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field

__all__ = ["History", "Update"]


@dataclass(frozen=True)
class Update:
    """One update.

    Attributes
    ----------
    update : int
        Its number, from 1.
    images : int
        How many images the batch had.
    loss : float
        Mean cross-entropy of the batch before the update, in nats an image.
    accuracy : float
        The share of the batch, as randomized, that the network had right before the update.
    seconds : float
        Time since training began.
    """

    update: int
    images: int
    loss: float
    accuracy: float
    seconds: float


@dataclass
class History:
    """Every update of a training, and whether it was stopped early.

    Examples
    --------
    >>> history = History()
    >>> history.append(Update(1, 1024, 2.5, 0.125, 0.5))
    >>> print(history.to_csv())
    update,images,loss,accuracy,seconds
    1,1024,2.5,0.125,0.5
    >>> history.losses
    [2.5]
    """

    updates: list[Update] = field(default_factory=list)
    interrupted: bool = False

    def append(self, update: Update) -> None:
        """Add an update."""
        self.updates.append(update)

    def __len__(self) -> int:
        return len(self.updates)

    @property
    def losses(self) -> list[float]:
        """The loss of every update."""
        return [update.loss for update in self.updates]

    @property
    def mean_loss(self) -> float:
        """The mean loss of all images."""
        return sum(u.loss * u.images for u in self.updates) / max(1, self.images)

    @property
    def images(self) -> int:
        """How many images were seen."""
        return sum(update.images for update in self.updates)

    @property
    def seconds(self) -> float:
        """How long training took."""
        return self.updates[-1].seconds if self.updates else 0.0

    def to_csv(self) -> str:
        """Return the history as CSV with a header; numbers keep all their digits."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["update", "images", "loss", "accuracy", "seconds"])
        for u in self.updates:
            writer.writerow([u.update, u.images, repr(u.loss), repr(u.accuracy), repr(u.seconds)])
        return text.getvalue()
