"""Training: the loop, the batches, the optimizer, and what happened.

The way of the data: images as stored -> batch (``batches``) -> sections, each on a worker
(:mod:`pellucid.execution`): randomize, forward, loss, backward, one flat gradient -> the gradients
summed in section order (``update``) -> the optimizer's step (``optimizers``) -> parameters, again
and again (``loop``). Where that stands (``state``) goes to a file now and then (``checkpoints``,
``checkpoint_file``), from which a later training goes on.
"""

from typing import TYPE_CHECKING

from pellucid._lazy import lazy_names

if TYPE_CHECKING:
    from pellucid.training.averages.exponential import ExponentialAverage
    from pellucid.training.averages.mean import MeanAverage
    from pellucid.training.checkpoint_file import Checkpoint, load_checkpoint
    from pellucid.training.checkpoints import Checkpoints
    from pellucid.training.history import History, Update
    from pellucid.training.optimizers.adam import Adam
    from pellucid.training.optimizers.adamw import AdamW
    from pellucid.training.optimizers.sgd import SGD
    from pellucid.training.schedules.cosine import CosineSchedule
    from pellucid.training.schedules.onecycle import OneCycleSchedule
    from pellucid.training.schedules.schedule import Schedule
    from pellucid.training.schedules.step import StepSchedule
    from pellucid.training.stopping import EarlyStopping
    from pellucid.training.trainer import Trainer

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Checkpoint",
    "Checkpoints",
    "CosineSchedule",
    "EarlyStopping",
    "ExponentialAverage",
    "History",
    "MeanAverage",
    "OneCycleSchedule",
    "Schedule",
    "StepSchedule",
    "Trainer",
    "Update",
    "load_checkpoint",
]

# The trainer takes Numba; who only describes a training, or looks at a history, need not wait.
__getattr__ = lazy_names(
    __name__,
    {
        "pellucid.training.averages.exponential": ("ExponentialAverage",),
        "pellucid.training.averages.mean": ("MeanAverage",),
        "pellucid.training.checkpoint_file": ("Checkpoint", "load_checkpoint"),
        "pellucid.training.checkpoints": ("Checkpoints",),
        "pellucid.training.history": ("History", "Update"),
        "pellucid.training.optimizers.adam": ("Adam",),
        "pellucid.training.optimizers.adamw": ("AdamW",),
        "pellucid.training.optimizers.sgd": ("SGD",),
        "pellucid.training.schedules.cosine": ("CosineSchedule",),
        "pellucid.training.schedules.onecycle": ("OneCycleSchedule",),
        "pellucid.training.schedules.schedule": ("Schedule",),
        "pellucid.training.schedules.step": ("StepSchedule",),
        "pellucid.training.stopping": ("EarlyStopping",),
        "pellucid.training.trainer": ("Trainer",),
    },
)


def __dir__() -> list[str]:
    return list(__all__)
