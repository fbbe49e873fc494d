"""Pellucid: a convolutional classifier for ordinary CPUs, every equation of which can be read."""

import sys
from typing import TYPE_CHECKING

from pellucid import data, equations, errors, export
from pellucid._lazy import lazy_names
from pellucid.network import presets
from pellucid.network.layers import LAYERS as _LAYERS
from pellucid.network.loss import LOSSES as _LOSSES

if TYPE_CHECKING:
    from pellucid._version import __version__ as __version__
    from pellucid.estimators.classifier import CNNClassifier
    from pellucid.estimators.converter import register_skl2onnx
    from pellucid.estimators.displays import HistoryDisplay, PredictionsDisplay
    from pellucid.estimators.reader import ImageReader
    from pellucid.estimators.regressor import CNNRegressor
    from pellucid.execution.executors import open_executor
    from pellucid.execution.inference import Evaluation, evaluate, image_gradients, predict_proba
    from pellucid.export.from_onnx import from_onnx
    from pellucid.export.from_torch import from_torch
    from pellucid.files.fingerprints import fingerprint
    from pellucid.files.model_file import Model, load_model, save_model
    from pellucid.images.augmentation import Augmentation
    from pellucid.images.preprocessing import Preprocessing
    from pellucid.network.layers import *  # noqa: F403
    from pellucid.network.loss import *  # noqa: F403
    from pellucid.network.network import Network
    from pellucid.studio.notebook import show
    from pellucid.studio.terms import Terms
    from pellucid.studio.trace import Trace, trace
    from pellucid.training import (
        SGD,
        Adam,
        AdamW,
        Checkpoints,
        CosineSchedule,
        EarlyStopping,
        ExponentialAverage,
        History,
        MeanAverage,
        OneCycleSchedule,
        Schedule,
        StepSchedule,
        Trainer,
    )

_LAYER_NAMES = [layer.__name__ for layer in _LAYERS]
_LOSS_NAMES = [loss.__name__ for loss in _LOSSES]

__all__ = [
    *_LAYER_NAMES,
    *_LOSS_NAMES,
    "Adam",
    "AdamW",
    "Augmentation",
    "CNNClassifier",
    "CNNRegressor",
    "Checkpoints",
    "CosineSchedule",
    "EarlyStopping",
    "Evaluation",
    "ExponentialAverage",
    "History",
    "HistoryDisplay",
    "ImageReader",
    "MeanAverage",
    "Model",
    "Network",
    "OneCycleSchedule",
    "PredictionsDisplay",
    "Preprocessing",
    "SGD",
    "Schedule",
    "StepSchedule",
    "Terms",
    "Trace",
    "Trainer",
    "data",
    "equations",
    "errors",
    "evaluate",
    "export",
    "fingerprint",
    "from_onnx",
    "from_torch",
    "image_gradients",
    "load_model",
    "open_executor",
    "predict_proba",
    "presets",
    "register_skl2onnx",
    "save_model",
    "show",
    "trace",
]
__all__.sort()

# This is the door: whoever asks for a name waits for what it needs, and for nothing else. Numba,
# scikit-learn, matplotlib and process pools each take longer to import than all that is here.
__getattr__ = lazy_names(
    __name__,
    {
        "pellucid._version": ("__version__",),
        "pellucid.estimators.classifier": ("CNNClassifier",),
        "pellucid.estimators.converter": ("register_skl2onnx",),
        "pellucid.estimators.displays": ("HistoryDisplay", "PredictionsDisplay"),
        "pellucid.estimators.reader": ("ImageReader",),
        "pellucid.estimators.regressor": ("CNNRegressor",),
        "pellucid.execution.executors": ("open_executor",),
        "pellucid.execution.inference": (
            "Evaluation", "evaluate", "image_gradients", "predict_proba",
        ),
        "pellucid.export.from_onnx": ("from_onnx",),
        "pellucid.export.from_torch": ("from_torch",),
        "pellucid.files.fingerprints": ("fingerprint",),
        "pellucid.files.model_file": ("Model", "load_model", "save_model"),
        "pellucid.images.augmentation": ("Augmentation",),
        "pellucid.images.preprocessing": ("Preprocessing",),
        "pellucid.network.layers": _LAYER_NAMES,
        "pellucid.network.loss": _LOSS_NAMES,
        "pellucid.network.network": ("Network",),
        "pellucid.studio.notebook": ("show",),
        "pellucid.studio.terms": ("Terms",),
        "pellucid.studio.trace": ("Trace", "trace"),
        "pellucid.training": (
            "SGD", "Adam", "AdamW", "Checkpoints", "CosineSchedule", "EarlyStopping",
            "ExponentialAverage", "History", "MeanAverage", "OneCycleSchedule", "Schedule",
            "StepSchedule", "Trainer",
        ),
    },
    {
        "AdaptiveAvgPool2d": "GlobalAveragePool2D()", "AdaptiveMaxPool2d": "GlobalMaxPool2D()",
        "AvgPool2d": "AveragePool2D(2)", "BCELoss": "BinaryCrossEntropy()",
        "BCEWithLogitsLoss": "BinaryCrossEntropy()", "Dropout2d": "Dropout(0.1, per_channel=True)",
        "GlobalAvgPool2D": "GlobalAveragePool2D()", "HuberLoss": "Huber()",
        "InstanceNorm2d": "GroupNorm(groups=channels)", "L1Loss": "MeanAbsoluteError()",
        "LayerNorm": "GroupNorm()", "Linear": "Dense(units)", "MSELoss": "MeanSquaredError()",
        "Sequential": "Network(layers, input_shape), or a list of layers",
        "SmoothL1Loss": "Huber()", "Softmax": "no layer for it: the loss has it",
    },
)  # fmt: skip

sys.modules["pellucid.presets"] = presets
"""A public module, whichever room it is in: ``from pellucid.presets import reference``."""


def __dir__() -> list[str]:
    return list(__all__)
