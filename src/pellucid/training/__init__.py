"""Training: the loop, the batches, the optimizer, and what happened.

The way of the data: images as stored -> batch (``batches``) -> sections, each on a worker
(:mod:`pellucid.execution`): randomize, forward, loss, backward, one flat gradient -> the gradients
summed in section order (``trainer``) -> Adam (``adam``) -> parameters.
"""

from pellucid.training.adam import Adam
from pellucid.training.history import History, Update
from pellucid.training.schedule import Schedule
from pellucid.training.trainer import Trainer

__all__ = ["Adam", "History", "Schedule", "Trainer", "Update"]
