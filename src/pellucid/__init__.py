"""Pellucid: a convolutional classifier for ordinary CPUs, every equation of which can be read."""

import sys
from typing import TYPE_CHECKING

from pellucid import data, errors
from pellucid._lazy import lazy_names
from pellucid.execution.inference import Evaluation, evaluate, image_gradients, predict_proba
from pellucid.files.fingerprints import fingerprint
from pellucid.files.model_file import Model, load_model, save_model
from pellucid.images.augmentation import Augmentation
from pellucid.images.preprocessing import Preprocessing
from pellucid.network import presets
from pellucid.network.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sigmoid
from pellucid.network.network import Network
from pellucid.training import Adam, Checkpoints, History, Schedule, Trainer

if TYPE_CHECKING:
    from pellucid.estimators.classifier import CNNClassifier
    from pellucid.estimators.displays import HistoryDisplay, PredictionsDisplay
    from pellucid.execution.executors import open_executor

__all__ = [
    "Adam",
    "Augmentation",
    "CNNClassifier",
    "Checkpoints",
    "Conv2D",
    "Dense",
    "Evaluation",
    "Flatten",
    "History",
    "HistoryDisplay",
    "MaxPool2D",
    "Model",
    "Network",
    "PredictionsDisplay",
    "Preprocessing",
    "ReLU",
    "Schedule",
    "Sigmoid",
    "Trainer",
    "data",
    "errors",
    "evaluate",
    "fingerprint",
    "image_gradients",
    "load_model",
    "open_executor",
    "predict_proba",
    "presets",
    "save_model",
]

# scikit-learn, matplotlib and process pools take longer to import than all the rest.
__getattr__ = lazy_names(
    __name__,
    {
        "CNNClassifier": "pellucid.estimators.classifier",
        "HistoryDisplay": "pellucid.estimators.displays",
        "PredictionsDisplay": "pellucid.estimators.displays",
        "open_executor": "pellucid.execution.executors",
    },
)


sys.modules["pellucid.presets"] = presets
"""A public module, whichever room it is in: ``from pellucid.presets import reference``."""


def __dir__() -> list[str]:
    return list(__all__)
