import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.conv2d import conv2d, conv2d_backward
from pellucid.errors import NetworkError
from tests.equations.numeric import SEEDS, STRIDES, numeric_gradient, relative_error

SIDES = st.tuples(st.integers(0, 2), st.integers(0, 2))


@st.composite
def cases(draw, strides=STRIDES):
    """A convolution of any small shape: x, f, b, stride, pads and a gradient dz."""
    n, c, k = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kh, kw = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    pads = draw(SIDES), draw(SIDES)
    height = draw(st.integers(max(1, kh - sum(pads[0])), 7))
    width = draw(st.integers(max(1, kw - sum(pads[1])), 7))
    stride = draw(strides)
    random = np.random.default_rng(draw(SEEDS))
    x, f = random.normal(size=(n, c, height, width)), random.normal(size=(k, c, kh, kw))
    b = random.normal(size=k)
    dz = random.normal(size=conv2d(x, f, b, stride, pads).shape)
    return x, f, b, stride, pads, dz


@given(cases())
def test_forward_is_the_equation_written_out(case):
    x, f, b, (sy, sx), ((top, bottom), (left, right)), _ = case
    (n, _, height, width), (filters, _, kh, kw) = x.shape, f.shape
    padded = np.zeros((n, x.shape[1], top + height + bottom, left + width + right))
    padded[:, :, top : top + height, left : left + width] = x

    z = conv2d(x, f, b, (sy, sx), ((top, bottom), (left, right)))

    rows = (padded.shape[2] - kh) // sy + 1
    columns = (padded.shape[3] - kw) // sx + 1
    assert z.shape == (n, filters, rows, columns)
    for index in np.ndindex(z.shape):
        image, k, y, x_ = index
        window = padded[image, :, y * sy : y * sy + kh, x_ * sx : x_ * sx + kw]
        assert z[index] == pytest.approx(b[k] + (f[k] * window).sum(), rel=1e-12, abs=1e-12)


def test_the_filter_is_not_flipped():
    assert conv2d([[[[1.0, 0.0]]]], [[[[3.0, 7.0]]]], [0.0]).item() == 3.0


def test_a_nan_in_the_image_stays_visible():
    x = np.zeros((1, 1, 4, 4))
    x[0, 0, 0, 0] = np.nan
    assert np.isnan(conv2d(x, np.ones((1, 1, 3, 3)), [0.0])[0, 0, 0, 0])


@given(cases())
def test_backward_is_the_central_difference(case):
    x, f, b, stride, pads, dz = case

    dx, df, db = conv2d_backward(dz, x, f, stride, pads)

    def loss(x, f, b):
        return (dz * conv2d(x, f, b, stride, pads)).sum()

    assert relative_error(dx, numeric_gradient(lambda x: loss(x, f, b), x)) < 1e-6
    assert relative_error(df, numeric_gradient(lambda f: loss(x, f, b), f)) < 1e-6
    assert relative_error(db, numeric_gradient(lambda b: loss(x, f, b), b)) < 1e-6


@given(cases())
def test_backward_is_the_adjoint(case):
    x, f, b, stride, pads, dz = case
    dx, df, _ = conv2d_backward(dz, x, f, stride, pads)
    product = (conv2d(x, f, np.zeros_like(b), stride, pads) * dz).sum()
    size = 1.0 + np.abs(dz).sum()
    assert abs(product - (x * dx).sum()) < 1e-12 * size * np.abs(x).sum()
    assert abs(product - (f * df).sum()) < 1e-12 * size * np.abs(x).sum()


@given(cases(strides=st.just((1, 1))))
def test_with_stride_1_the_image_gets_the_full_correlation_with_the_flipped_filter(case):
    x, f, _, stride, pads, dz = case
    kh, kw = f.shape[2:]
    flipped = f[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    everywhere = ((kh - 1, kh - 1), (kw - 1, kw - 1))

    dx, _, _ = conv2d_backward(dz, x, f, stride, pads)

    full = conv2d(dz, flipped, np.zeros(x.shape[1]), (1, 1), everywhere)
    (top, _), (left, _) = pads
    expected = full[:, :, top : top + x.shape[2], left : left + x.shape[3]]
    np.testing.assert_allclose(dx, expected, rtol=1e-12, atol=1e-12)


@given(cases())
def test_forward_and_backward_agree_with_torch(case):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    x, f, b, stride, pads, dz = case
    tensors = [torch.tensor(value, requires_grad=True) for value in (x, f, b)]
    padded = torch.nn.functional.pad(tensors[0], (*pads[1], *pads[0]))
    expected = torch.nn.functional.conv2d(padded, tensors[1], tensors[2], stride=stride)
    expected.backward(torch.tensor(dz))

    z = conv2d(x, f, b, stride, pads)

    assert relative_error(z, expected.detach().numpy()) < 1e-12
    for found, tensor in zip(conv2d_backward(dz, x, f, stride, pads), tensors, strict=True):
        assert relative_error(found, tensor.grad.numpy()) < 1e-12


def test_works_in_float64_whatever_comes_in():
    x, f, b = np.full((1, 1, 2, 2), 3, dtype=np.uint8), np.full((1, 1, 2, 2), 200), [1]
    z = conv2d(x, f.astype(np.uint8), b)
    assert z.dtype == np.float64
    assert z.item() == 2401.0
    gradients = conv2d_backward(z.astype(np.float32), x, f.astype(np.uint8))
    assert [g.dtype for g in gradients] == [np.float64] * 3


def test_a_filter_larger_than_the_image_is_refused():
    with pytest.raises(NetworkError, match="A window of 3 x 3 pixels is larger than the image"):
        conv2d(np.zeros((1, 1, 2, 5)), np.zeros((1, 1, 3, 3)), [0.0])
    with pytest.raises(NetworkError, match="A window of 3 x 3 pixels is larger than the image"):
        conv2d_backward(np.zeros((1, 1, 1, 1)), np.zeros((1, 1, 5, 2)), np.zeros((1, 1, 3, 3)))
