import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.layers.conv2d import channels_last
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import call

SIZES = st.tuples(st.integers(1, 40), st.integers(1, 5), st.integers(1, 7))


@given(SIZES, SEEDS)
def test_there_and_back(sizes, seed):
    channels, rows, columns = sizes
    depth = channels_last.depth(channels)
    random = np.random.default_rng(seed)
    x = random.normal(size=(channels, rows, columns, LANES)).astype(np.float32)
    gate = random.normal(size=x.shape).astype(np.float32)
    row = columns * depth
    image = rows * row + LANES
    parts = [x.ravel(), gate.ravel(), np.ones(LANES * image), np.zeros(x.size), np.zeros(LANES)]
    arena = np.concatenate([*parts, np.full(LANES, 7.0)]).astype(np.float32)
    x_at, gate_at, last, back, zero, waste = np.cumsum([0, *map(len, parts)]).tolist()

    def plain(name, at):
        steps = np.array(x.strides) // x.itemsize
        keys = ("channel", "row", "column")
        return {name: at, **{f"{name}_{k}": int(s) for k, s in zip(keys, steps[:3], strict=True)}}

    shape = {"channels": channels, "depth": depth, "rows": rows, "columns": columns}
    call(
        channels_last.to_channels_last(), arena, **shape, **plain("x", x_at), to=last, to_row=row,
        to_lane=image, zero=zero,
    )  # fmt: skip
    images = arena[last : last + LANES * image].reshape(LANES, image)
    found = images[:, : rows * row].reshape(LANES, rows, columns, depth)
    np.testing.assert_array_equal(found[..., :channels], x.transpose(3, 1, 2, 0))
    assert not found[..., channels:].any()
    call(
        channels_last.from_channels_last(), arena, **shape, **{"from": last}, from_row=row,
        from_lane=image, **plain("z", back), **plain("gate", gate_at), waste=waste,
    )  # fmt: skip
    returned = arena[back : back + x.size].reshape(x.shape)
    np.testing.assert_array_equal(returned, np.where(gate > 0, x, 0))


@given(st.integers(1, 300))
def test_a_pixel_holds_its_channels_in_whole_vectors(channels):
    depth = channels_last.depth(channels)
    assert depth >= channels
    assert depth % min(8, LANES) == 0
    assert depth == 8 or depth % LANES == 0
