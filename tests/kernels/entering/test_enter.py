import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Augmentation
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.entering import enter
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import call

SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 40))


def entered(kernel, images, index, **more):
    """Return one image as a kernel brings it into an arena."""
    channels, rows, columns = images.shape[1:]
    pitch = -(-columns // LANES) * LANES
    size = channels * rows * pitch
    frame = channels * (rows + 3) * (columns + 3)
    arena = np.full(size + frame + 2 * LANES * LANES, 9.0, dtype=np.float32)
    values = {"ranges": 0, "seed": 0, "pass_number": 0, "number": 0, **more}
    call(
        kernel, arena, images=images.ctypes.data, is_float=int(images.dtype == np.float32),
        index=index, to=0, pitch=pitch, channels=channels, rows=rows, columns=columns, framed=size,
        **values,
    )  # fmt: skip
    return arena[:size].reshape(channels, rows, pitch)[..., :columns]


@given(SHAPES, st.booleans(), st.integers(0, 2), SEEDS)
def test_an_image_enters_as_it_is(shape, as_bytes, index, seed):
    images = np.random.default_rng(seed).integers(0, 256, (3, *shape), dtype=np.uint8)
    if not as_bytes:
        images = (images / 255).astype(np.float32)
    expected = images[index] / 255 if as_bytes else images[index]
    np.testing.assert_allclose(entered(enter.read(), images, index), expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("as_bytes", [True, False])
def test_an_image_enters_randomized(as_bytes):
    images = np.random.default_rng(0).integers(0, 256, (3, 2, 9, 20), dtype=np.uint8)
    if not as_bytes:
        images = (images / 255).astype(np.float32)
    augmentation = Augmentation()
    ranges = augmentation.ranges()
    found = entered(
        enter.randomize(), images, 2, ranges=ranges.ctypes.data, seed=5, pass_number=7, number=11
    )
    expected = augmentation.apply(images[2:], seed=5, pass_number=7, first=11)[0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_gradients_leave_to_their_images():
    shape = (2, 3, 4)
    dx = np.random.default_rng(0).normal(size=(*shape, LANES)).astype(np.float32)
    images = np.zeros((7, *shape), dtype=np.float32)
    call(
        enter.leave(), dx.ravel(), images=images.ctypes.data, start=2, count=4, channels=2, rows=3,
        columns=4, dx=0, dx_channel=12 * LANES, dx_row=4 * LANES,
    )  # fmt: skip
    np.testing.assert_array_equal(images[2:6], dx.transpose(3, 0, 1, 2)[:4])
    assert not images[:2].any()
    assert not images[6:].any()


def test_who_does_not_randomize_does_not_compile_it():
    code = (
        "import numpy as np\n"
        "from pellucid import Dense, Flatten, Network, Trainer\n"
        "from pellucid.kernels.compiling.compile import _kernels\n"
        "Trainer(Network([Flatten(), Dense(2)], (3, 3))).step(np.zeros((2, 3, 3)), [0, 1])\n"
        "print(*[kernel.__qualname__ for kernel in _kernels.values()])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "enter_read_image" in done.stdout
    assert "randomize" not in done.stdout
