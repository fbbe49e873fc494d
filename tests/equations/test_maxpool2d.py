import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.maxpool2d import max_pool2d, max_pool2d_backward, max_pool2d_winners
from pellucid.errors import NetworkError
from tests.equations.numeric import SEEDS, STRIDES, numeric_gradient, relative_error, spread_values


@st.composite
def cases(draw, ties=False):
    """A pooling of any small shape: x, pool_size, stride and a gradient dp."""
    pool_size = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    height, width = draw(st.integers(pool_size[0], 9)), draw(st.integers(pool_size[1], 9))
    shape = draw(st.integers(1, 2)), draw(st.integers(1, 3)), height, width
    stride = draw(STRIDES)
    random = np.random.default_rng(draw(SEEDS))
    x = random.integers(0, 3, shape) * 1.0 if ties else spread_values(random, shape)
    return x, pool_size, stride, random.normal(size=max_pool2d(x, pool_size, stride).shape)


@given(cases(ties=True))
def test_values_and_winners_are_the_equation_written_out(case):
    x, (ph, pw), (sy, sx), _ = case
    rows, columns = (x.shape[2] - ph) // sy + 1, (x.shape[3] - pw) // sx + 1

    values, winners = max_pool2d(x, (ph, pw), (sy, sx)), max_pool2d_winners(x, (ph, pw), (sy, sx))

    assert values.shape == winners.shape == (*x.shape[:2], rows, columns)
    for n, c, y, column in np.ndindex(values.shape):
        window = [x[n, c, y * sy + i, column * sx + j].item() for i in range(ph) for j in range(pw)]
        assert values[n, c, y, column] == max(window)
        assert winners[n, c, y, column] == window.index(max(window))


@given(cases())
def test_backward_is_the_central_difference(case):
    x, pool_size, stride, dp = case

    dx = max_pool2d_backward(dp, x, pool_size, stride)

    expected = numeric_gradient(lambda x: (dp * max_pool2d(x, pool_size, stride)).sum(), x)
    assert relative_error(dx, expected) < 1e-6


@given(cases(ties=True))
def test_forward_and_backward_agree_with_torch_also_on_ties(case):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    x, pool_size, stride, dp = case
    tensor = torch.tensor(x, requires_grad=True)
    expected = torch.nn.functional.max_pool2d(tensor, pool_size, stride)
    expected.backward(torch.tensor(dp))

    np.testing.assert_array_equal(max_pool2d(x, pool_size, stride), expected.detach().numpy())
    dx = max_pool2d_backward(dp, x, pool_size, stride)
    assert relative_error(dx, tensor.grad.numpy()) < 1e-12


def test_only_the_first_of_equal_values_gets_the_gradient():
    x = np.array([[[[0.0, 4.0], [4.0, 4.0]]]])
    dx = max_pool2d_backward([[[[1.0]]]], x, (2, 2), (2, 2))
    np.testing.assert_array_equal(dx, [[[[0.0, 1.0], [0.0, 0.0]]]])


def test_a_winner_of_two_windows_gets_both_gradients():
    dx = max_pool2d_backward([[[[10.0, 20.0]]]], [[[[0.0, 9.0, 1.0]]]], (1, 2), (1, 1))
    np.testing.assert_array_equal(dx, [[[[0.0, 30.0, 0.0]]]])


def test_the_seeds_window_of_3_x_3():
    x = np.arange(36.0).reshape(1, 1, 6, 6)
    np.testing.assert_array_equal(max_pool2d(x, (3, 3), (3, 3))[0, 0], [[14, 17], [32, 35]])
    np.testing.assert_array_equal(max_pool2d(x, (3, 3), (2, 2))[0, 0], [[14, 16], [26, 28]])


def test_a_nan_is_the_maximum_of_its_window():
    x = np.array([[[[1.0, np.nan, 3.0, 2.0]]]])
    np.testing.assert_array_equal(max_pool2d(x, (1, 2), (1, 2)), [[[[np.nan, 3.0]]]])
    np.testing.assert_array_equal(max_pool2d_winners(x, (1, 2), (1, 2)), [[[[1, 0]]]])


def test_works_in_float64():
    x = np.zeros((1, 1, 2, 2), dtype=np.uint8)
    assert max_pool2d(x, (2, 2), (2, 2)).dtype == np.float64
    assert max_pool2d_backward([[[[1]]]], x, (2, 2), (2, 2)).dtype == np.float64


def test_a_window_larger_than_the_image_is_refused():
    x, dp = np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 1, 1))
    message = "A window of 3 x 2 pixels is larger than the image, 2 x 2"
    for call in (max_pool2d, max_pool2d_winners):
        with pytest.raises(NetworkError, match=message):
            call(x, (3, 2), (1, 1))
    with pytest.raises(NetworkError, match=message):
        max_pool2d_backward(dp, x, (3, 2), (1, 1))
