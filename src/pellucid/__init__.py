"""Pellucid: a convolutional classifier for ordinary CPUs, every equation of which can be read."""

from typing import TYPE_CHECKING

from pellucid import data, errors, presets
from pellucid.augmentation import Augmentation
from pellucid.fingerprints import fingerprint
from pellucid.inference import Evaluation, evaluate, image_gradients, predict_proba
from pellucid.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sigmoid
from pellucid.lazy import lazy_names
from pellucid.model_file import Model, load_model, save_model
from pellucid.network import Network
from pellucid.preprocessing import Preprocessing
from pellucid.training import Adam, Checkpoints, History, Schedule, Trainer

if TYPE_CHECKING:
    from pellucid.displays import HistoryDisplay, PredictionsDisplay
    from pellucid.estimator import CNNClassifier
    from pellucid.execution.by_name import open_executor

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
        "CNNClassifier": "pellucid.estimator",
        "HistoryDisplay": "pellucid.displays",
        "PredictionsDisplay": "pellucid.displays",
        "open_executor": "pellucid.execution.by_name",
    },
)


def __dir__() -> list[str]:
    return list(__all__)
