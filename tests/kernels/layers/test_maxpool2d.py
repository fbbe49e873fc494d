import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, GlobalMaxPool2D, MaxPool2D, Network, ReLU
from pellucid.equations.maxpool2d import max_pool2d, max_pool2d_backward, max_pool2d_winners
from pellucid.execution.sections import Procedure, section_step, whole_section
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.layers import maxpool2d
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, call, problem

SIDES = st.tuples(st.integers(1, 4), st.integers(1, 4))


@given(SIDES, SIDES, SIDES, SIDES, st.booleans(), st.integers(1, 40), SEEDS)
def test_a_pool_agrees_with_its_equation(pool, stride, more, pads, has_relu, count, seed):
    # Sizes from the window's own; strides that overlap, meet and leave gaps.
    rows, columns = pool[0] + 3 * (more[0] - 1), pool[1] + 3 * (more[1] - 1)
    relu = [ReLU()] if has_relu else []
    pads = tuple(min(pad - 1, side // 2) for pad, side in zip(pads, pool, strict=True))
    layers = [Conv2D(3, (2, 3)), *relu, MaxPool2D(pool, stride, pads), Flatten(), Dense(4)]
    network = Network(layers, (1, rows + 1, columns + 2))
    assert_agrees(network, *problem(network, count, seed))


@given(SIDES, SIDES, SIDES, st.integers(0, 5), SEEDS)
def test_ties_go_to_the_first_and_never_beyond_the_image(pool, stride, pads, more, seed):
    random = np.random.default_rng(seed)
    shape = (2, pool[0] + more, pool[1] + 2 * more)
    pads = tuple(min(pad - 1, side // 2) for pad, side in zip(pads, pool, strict=True))
    # Below 0 too: what lies beyond the image is no 0, and -inf there would tie with these.
    x = random.choice([-np.inf, -2.0, -1.0], (LANES, *shape)).astype(np.float32)
    p, dx, dp = _run(x, pool, stride, random, pads)
    np.testing.assert_array_equal(p, max_pool2d(x, pool, stride, pads))
    expected = max_pool2d_backward(dp, x, pool, stride, pads)
    np.testing.assert_allclose(dx, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("place", range(6))
def test_nan_wins_over_all(place):
    x = np.zeros((LANES, 1, 2, 3), dtype=np.float32)
    x[:, 0, 1, 2] = np.inf
    x[3].flat[place] = np.nan
    p, _, _ = _run(x, (2, 3), (1, 1), np.random.default_rng(0))
    assert np.isnan(p[3]).all()
    assert (np.delete(p, 3, axis=0) == np.inf).all()


def _run(x, pool, stride, random, pads=(0, 0)):
    """Call both kernels on LANES images; return p, dx, and the dp that was drawn."""
    _, channels, rows, columns = x.shape
    _, _, out_rows, out_columns = max_pool2d_winners(np.nan_to_num(x), pool, stride, pads).shape
    size, out_size = x[0].size * LANES, channels * out_rows * out_columns * LANES
    dp = random.normal(size=(LANES, channels, out_rows, out_columns)).astype(np.float32)
    parts = [
        np.moveaxis(x, 0, -1).ravel(), np.zeros(out_size), np.zeros(out_size),
        np.moveaxis(dp, 0, -1).ravel(), np.zeros(size), np.ones(LANES),
    ]  # fmt: skip
    arena = np.concatenate(parts).astype(np.float32)
    x_at, p_at, place, dp_at, dx_at, ones = np.cumsum([0, *map(len, parts[:-1])]).tolist()

    def image(name, at):
        row = columns * LANES
        return {
            name: at, f"{name}_channel": rows * row, f"{name}_row": row, f"{name}_column": LANES,
            f"{name}_rows": rows, f"{name}_columns": columns,
        }  # fmt: skip

    def pooled(name, at):
        row = out_columns * LANES
        return {
            name: at, f"{name}_channel": out_rows * row, f"{name}_row": row,
            f"{name}_column": LANES,
        }  # fmt: skip

    shape = {
        "channels": channels, "rows": out_rows, "columns": out_columns, "pool_rows": pool[0],
        "pool_columns": pool[1], "place": place, "step_row": stride[0], "step_column": stride[1],
        "top": pads[0], "left": pads[1],
    }  # fmt: skip
    call(maxpool2d.forward(), arena, **shape, **image("x", x_at), **pooled("p", p_at))
    call(
        maxpool2d.backward(), arena, **shape, **image("dx", dx_at), **pooled("dp", dp_at),
        overlap=int(stride[0] < pool[0] or stride[1] < pool[1]), gate=ones, gate_channel=0,
        gate_row=0, gate_column=0,
    )  # fmt: skip

    def back(at, shape):
        return np.moveaxis(arena[at : at + np.prod(shape) * LANES].reshape(*shape, LANES), -1, 0)

    return back(p_at, dp.shape[1:]), back(dx_at, x.shape[1:]), dp


@pytest.mark.parametrize("pool", [MaxPool2D(2), MaxPool2D(3, 1, 1), GlobalMaxPool2D()])
def test_a_relu_after_it_is_one_before_it_to_the_bit(pool):
    """Whether all of the convolution's gradient is gone through, or survivors alone."""
    for filters, size in ((5, 5), (16, 3)):
        conv, end = Conv2D(filters, size, padding="same"), [Flatten(), Dense(3)]
        if isinstance(pool, GlobalMaxPool2D):
            end = [Dense(3)]
        networks = [
            Network([*layers, *end], (2, 12, 12))
            for layers in ([conv, pool, ReLU()], [conv, ReLU(), pool])
        ]
        parameters, images, labels = problem(networks[0], 37)
        found = [
            section_step(Procedure(network), parameters, images, whole_section(labels))
            for network in networks
        ]
        assert found[0].gradient.tobytes() == found[1].gradient.tobytes()
        assert found[0].loss == found[1].loss
        assert_agrees(networks[0], parameters, images, labels)
