"""Frozen descriptions of losses: what the outputs of a network are held to.

A loss knows what a network must end in. Its mathematics is in the file of the same name in
:mod:`pellucid.equations`, its compiled form in :mod:`pellucid.kernels.loss`.

**This is where a loss is registered**: with its import and its place in ``LOSSES`` it is known in
model files, to the equations and to the planner.
"""

from pellucid.network.loss.binarycrossentropy import BinaryCrossEntropy as BinaryCrossEntropy
from pellucid.network.loss.crossentropy import CrossEntropy as CrossEntropy
from pellucid.network.loss.huber import Huber as Huber
from pellucid.network.loss.loss import Loss as Loss
from pellucid.network.loss.loss import TargetKind as TargetKind
from pellucid.network.loss.meanabsoluteerror import MeanAbsoluteError as MeanAbsoluteError
from pellucid.network.loss.meansquarederror import MeanSquaredError as MeanSquaredError

LOSSES: tuple[type[Loss], ...] = (
    CrossEntropy,
    BinaryCrossEntropy,
    MeanSquaredError,
    MeanAbsoluteError,
    Huber,
)
"""Every loss that a network may have."""
