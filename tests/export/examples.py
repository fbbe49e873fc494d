"""Models to export: of every layer, of random networks, and of what estimators learn."""

import functools

import numpy as np
from sklearn.datasets import load_digits

from pellucid import (
    BatchNorm2D,
    CNNClassifier,
    CNNRegressor,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GroupNorm,
    MaxPool2D,
    Model,
    Network,
    Preprocessing,
    ReLU,
    Residual,
)
from tests.layers import examples, has_norm, made_possible, with_an_end
from tests.random_networks import random_network, random_parameters

X, Y = load_digits(return_X_y=True)


def model_of(network, parameters, **preprocessing):
    names = tuple(f"class {k}" for k in range(network.classes))
    return Model(network, parameters, Preprocessing(network.input_shape, **preprocessing), names)


def parameters_of(network, seed=0):
    """Return parameters with which no value is very large, and no class certain."""
    random = np.random.default_rng(seed)
    vector = network.initial_parameters(seed) + random.normal(0, 0.05, network.size)
    return made_possible(network, vector.astype(np.float32))


def layer_models():
    """Return a model of each example of each layer."""
    models = []
    for layer, shape in examples():
        flat = len(shape) == 1
        before = [Flatten(), Dense(shape[0])] if flat else []
        network = with_an_end([*before, layer], (2, 3, 4) if flat else shape)
        models.append(model_of(network, parameters_of(network)))
    return models


def random_model(seed):
    """Return a model of a random network that float32 computes well, or None."""
    random = np.random.default_rng(77_000 + seed)
    network = random_network(random)
    # A norm over values that are all but alike makes digits of rounding.
    if has_norm(network) and any(np.prod(shape[1:]) < 4 for shape in network.shapes):
        return None
    return model_of(network, random_parameters(network, random))


@functools.cache
def classifier():
    return CNNClassifier(random_state=0, max_iter=3).fit(X[:1200], Y[:1200])


@functools.cache
def labeler():
    return CNNClassifier(random_state=0, max_iter=3).fit(X, np.stack([Y % 2, Y > 4], axis=1))


@functools.cache
def regressor(columns=1):
    ink = X.reshape(-1, columns, 64 // columns).sum(axis=2)
    return CNNRegressor(random_state=0, max_iter=3).fit(X, ink[:, 0] if columns == 1 else ink)


@functools.cache
def photographer():
    """Return a classifier of color images with an odd range, classes that are words."""
    random = np.random.default_rng(0)
    images = random.normal(size=(200, 9, 7, 3))
    names = np.array(["cat", "dog", "none of it"])[np.arange(200) % 3]
    layers = [
        Conv2D(6, 3, padding="same"), BatchNorm2D(), ReLU(), MaxPool2D(2),
        Residual([Conv2D(6, 3, padding="same"), GroupNorm(2), ReLU(), Dropout()]),
        Flatten(), Dense(8), ReLU(),
    ]  # fmt: skip
    fitted = CNNClassifier(layers, random_state=0, max_iter=2, augmentation=None)
    return fitted.fit(images, names), images


@functools.cache
def small_model():
    network = Network([Conv2D(2, 3), ReLU(), Flatten(), Dense(3)], (6, 5))
    return model_of(network, parameters_of(network), polarity="light-on-dark", fit="resize")
