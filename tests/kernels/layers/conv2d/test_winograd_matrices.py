import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pellucid.kernels.layers.conv2d.winograd_matrices import OUTPUTS, WIDTHS, matrices

widths = pytest.mark.parametrize("width", WIDTHS)


@widths
def test_they_correlate(width):
    """Applied to every unit filter and input they give the correlation, to float64's rounding."""
    a, g, b = (np.array(matrix) for matrix in (matrices(width).a, matrices(width).g,
                                               matrices(width).b))  # fmt: skip
    points = OUTPUTS + width - 1
    found = np.einsum("op,pj,pi->oji", a, g, b)
    expected = np.zeros((OUTPUTS, width, points))
    for output in range(OUTPUTS):
        for tap in range(width):
            expected[output, tap, output + tap] = 1.0
    np.testing.assert_allclose(found, expected, atol=1e-14)


@widths
def test_the_two_that_images_go_through_are_exact_in_float32(width):
    for matrix in (matrices(width).a, matrices(width).b):
        values = np.array(matrix)
        np.testing.assert_array_equal(values.astype(np.float32), values)


@widths
def test_the_rows_of_a_pair_differ_in_every_second_sign(width):
    """What code for a pair relies on: one sum of even and one of odd terms serves both."""
    b, a = np.array(matrices(width).b), np.array(matrices(width).a)
    signs = np.array([1.0, -1.0])
    for plus in range(1, len(b) - 1, 2):
        np.testing.assert_array_equal(b[plus + 1], b[plus] * np.resize(signs, b.shape[1]))
        np.testing.assert_array_equal(a[:, plus + 1], a[:, plus] * np.resize(signs, OUTPUTS))


@given(st.sampled_from(WIDTHS), st.data())
def test_rounding_to_float32_costs_half_a_digit(width, data):
    """Against a sum in float64: what is lost stays far below the kernels' promise."""
    unit = st.floats(-1, 1, width=32)
    x = data.draw(arrays(np.float32, OUTPUTS + width - 1, elements=unit))
    f = data.draw(arrays(np.float32, width, elements=unit))
    kept = matrices(width)
    with np.errstate(under="ignore"):  # of values near 0, which the sum does not feel
        u = (np.array(kept.g) @ f).astype(np.float32)
        v = np.array(kept.b, np.float32) @ x
        found = np.array(kept.a, np.float32) @ (u * v)
    expected = np.correlate(x.astype(np.float64), f.astype(np.float64), "valid")
    assert np.abs(found - expected).max() < 3e-6 * width
