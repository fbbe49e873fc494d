import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.clip import clip as clip_equation
from pellucid.kernels.optimizers.clip import clip
from tests.equations.numeric import SEEDS


@given(st.integers(0, 100), st.floats(1e-3, 1e3), SEEDS)
def test_it_agrees_with_the_equation(size, most, seed):
    random = np.random.default_rng(seed)
    g = (random.normal(size=size) * 10.0 ** random.integers(-3, 4)).astype(np.float32)
    expected = clip_equation(g, batch_size=1, clip_norm=most)
    norm = clip(found := g.copy(), most)
    assert math.isclose(norm, math.sqrt(math.fsum(np.float64(g) ** 2)), rel_tol=1e-14)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=0)
    if norm <= most:
        assert found.tobytes() == g.tobytes()


def test_the_largest_gradients_have_a_norm():
    g = np.full(1001, 3e38, np.float32)
    assert math.isclose(clip(g, 1.0), 3e38 * math.sqrt(1001), rel_tol=1e-6)
    assert math.isclose(float(np.linalg.norm(g)), 1.0, rel_tol=1e-6)
