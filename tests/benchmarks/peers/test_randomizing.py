"""Every peer's randomizing is ours: equal draws, equal images, by the equations."""

import math

import numpy as np
import pytest

from pellucid.equations.randomize import randomize
from pellucid.measuring.images import digit_batches

COUNT = 6


@pytest.fixture(scope="module")
def case():
    """Return images, draws in [0, 1) as the peers take them, and the moved images."""
    random = np.random.default_rng(0)
    images = digit_batches(1, COUNT)[0][0][:, None] / 255
    draws = random.random((5, COUNT)).astype(np.float32)
    nothing = np.zeros(images.shape[1:])
    # The peers turn clockwise by a positive angle; -45 to 45 degrees are the same either way.
    moved = [
        randomize(
            image, 0.9 + 0.2 * d[0], -90.0 * (d[1] - 0.5), 4 * (d[2] - 0.5), 4 * (d[3] - 0.5),
            nothing.astype(bool), nothing,
        )
        for image, d in zip(images, draws.T.astype(float), strict=True)
    ]  # fmt: skip
    return images.astype(np.float32), draws, np.array(moved)


def noised(moved, draws, uniform):
    """Return images with noise where a pixel's draw is below the image's chance."""
    chance = 0.3 * draws[4].reshape(-1, 1, 1, 1)
    return np.clip(moved + np.where(uniform < chance, uniform / chance - 0.5, 0), 0, 1)


def test_pytorch(case, monkeypatch):
    torch = pytest.importorskip("torch")
    from benchmarks.peers import torch_training

    images, draws, moved = case
    uniform = np.random.default_rng(1).random(images.shape).astype(np.float32)
    monkeypatch.setattr(torch_training.torch, "rand", lambda *_: torch.tensor(draws))
    monkeypatch.setattr(torch_training.torch, "rand_like", lambda _: torch.tensor(uniform))
    found = torch_training.randomize(torch.tensor(images)).numpy()
    np.testing.assert_allclose(found, noised(moved, draws, uniform), atol=2e-5)
    assert np.abs(found - images).mean() > 0.02


def test_jax(case, monkeypatch):
    jax = pytest.importorskip("jax")
    from benchmarks.peers import jax_training

    images, draws, moved = case
    uniform = np.random.default_rng(1).random((COUNT, 28, 28, 1)).astype(np.float32)
    given = iter([draws[..., None, None], uniform])
    monkeypatch.setattr(jax_training.jax.random, "uniform", lambda *_: next(given))
    found = jax_training.randomize(jax.random.key(0), images.transpose(0, 2, 3, 1))
    expected = noised(moved, draws, uniform.transpose(0, 3, 1, 2))
    np.testing.assert_allclose(np.asarray(found).transpose(0, 3, 1, 2), expected, atol=2e-5)


def test_numpy(case):
    from benchmarks.peers import numpy_training

    images, draws, moved = case

    class Given:
        """Hands out one image's draws in the order in which they are asked for."""

        def __init__(self, d):
            self.values = iter(
                [0.9 + 0.2 * d[0], 90 * (d[1] - 0.5), 4 * (d[2:4] - 0.5), 0.0, np.zeros(1)]
            )

        def uniform(self, *_):
            return next(self.values)

        def random(self, shape):
            return np.ones(shape)

    for image, d, expected in zip(images, draws.T.astype(float), moved, strict=True):
        found = numpy_training.randomize(image.astype(float), Given(d))
        np.testing.assert_allclose(found, expected, atol=1e-12)
        assert math.isfinite(found.sum())
