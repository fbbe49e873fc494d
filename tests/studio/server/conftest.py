"""A studio that trains a tiny network, as a process of its own, for all tests here."""

import numpy as np
import pytest

from tests.studio.server.asking import served
from tests.training.examples import bright_corners

NETWORK = "Conv2D(4, 3), ReLU, MaxPool2D(2), Flatten, Dense(4)"
UPDATES = 40


@pytest.fixture(scope="package")
def data(tmp_path_factory):
    """Return a file of images with a bright corner, and which one it is."""
    images, labels = bright_corners(300)
    path = tmp_path_factory.mktemp("data") / "corners.npz"
    images = np.pad(images[:, 0], ((0, 0), (3, 3), (3, 2)))
    np.savez(path, x_train=images[:200], y_train=labels[:200], x_test=images[200:],
             y_test=labels[200:])  # fmt: skip
    return path


@pytest.fixture(scope="package")
def command(data):
    """Return how a studio of it is started."""
    told = f"--recipe reference --images {50 * UPDATES} --batch-size 50 --workers 1"
    more = "--randomize digits --learning-rate 0.02 --no-browser --port 0"
    words = [*told.split(), *more.split(), "--network", NETWORK]
    return ["pellucid", "studio", "--data", data, *words]


@pytest.fixture(scope="package")
def running(command):
    """Return the address of a studio that does an update every 20 s, and so nearly waits."""
    with served(*command, "--pace", "0.05") as (_, address):
        yield address
