"""Mixed images are those of the equation, with the shares that NumPy draws."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, Network
from pellucid.execution.mixup import mixed_images
from pellucid.images.augmentation import Augmentation
from pellucid.images.drawing import beta, image_key
from pellucid.kernels.execute import enter_op
from pellucid.kernels.mix import SHARE
from pellucid.kernels.plan import plan_for
from pellucid.kernels.program.arena import new_arena
from tests.equations.numeric import SEEDS


@given(
    count=st.integers(2, 20), channels=st.sampled_from([1, 2, 3]), rows=st.integers(4, 20),
    columns=st.integers(4, 20), seed=SEEDS, as_bytes=st.booleans(), photos=st.booleans(),
    alpha=st.sampled_from([0.05, 0.2, 1.0, 8.0]),
)  # fmt: skip
def test_they_are_those_of_the_augmentation(
    count, channels, rows, columns, seed, as_bytes, photos, alpha
):
    network = Network([Conv2D(2, 3), Flatten(), Dense(2)], (channels, rows, columns))
    plan = plan_for(network)
    how = Augmentation.photos(min(rows, columns)) if photos else Augmentation()
    how = dataclasses.replace(how, mixup=alpha)
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, channels, rows, columns), np.uint8)
    if not as_bytes:
        images = (images / 255).astype(np.float32)
    numbers = np.arange(count)
    identities = np.stack([np.full(count, 2), numbers + 7], axis=1)
    ranges = how.ranges()
    address = images.__array_interface__["data"][0]
    entering = enter_op(plan, address, not as_bytes, ranges, seed)
    found, shares = mixed_images(
        plan, new_arena(plan.size), entering, numbers, identities, alpha
    )  # fmt: skip
    drawn = [
        how.draw(seed=seed, pass_number=2, image=k + 7, shape=images.shape[1:]).share
        for k in range(count)
    ]
    np.testing.assert_allclose(shares, drawn, rtol=2**-23, atol=2**-25)
    expected = how.apply(images, seed=seed, pass_number=2, first=7)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.5, 1.0, 3.0, 20.0])
def test_shares_are_from_the_beta_distribution(alpha):
    stats = pytest.importorskip("scipy.stats")
    drawn = np.array([beta(image_key(1, 0, n), SHARE, alpha) for n in range(4000)])
    assert ((drawn >= 0) & (drawn <= 1)).all()
    if alpha >= 0.2:  # below, float64 rounds too many to 1
        assert stats.kstest(drawn, stats.beta(alpha, alpha).cdf).pvalue > 1e-3
    assert abs(drawn.mean() - 0.5) < 0.03
    assert np.var(drawn) == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)
