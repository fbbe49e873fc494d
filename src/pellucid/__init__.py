"""Pellucid: a convolutional classifier for ordinary CPUs, every equation of which can be read."""

from pellucid import data, errors, presets
from pellucid.augmentation import Augmentation
from pellucid.inference import Evaluation, evaluate, image_gradients, predict_proba
from pellucid.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sigmoid
from pellucid.model_file import Model, load_model, save_model
from pellucid.network import Network
from pellucid.preprocessing import Preprocessing
from pellucid.training import Adam, History, Schedule, Trainer

__all__ = [
    "Adam",
    "Augmentation",
    "Conv2D",
    "Dense",
    "Evaluation",
    "Flatten",
    "History",
    "MaxPool2D",
    "Model",
    "Network",
    "Preprocessing",
    "ReLU",
    "Schedule",
    "Sigmoid",
    "Trainer",
    "data",
    "errors",
    "evaluate",
    "image_gradients",
    "load_model",
    "predict_proba",
    "presets",
    "save_model",
]


def __dir__() -> list[str]:
    return list(__all__)
