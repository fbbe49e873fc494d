import numpy as np

from pellucid.equations._columns import both, mean_loss, spread


def test_the_mean_is_over_outputs_and_weighted_by_image():
    each = np.array([[1.0, 3.0], [5.0, 7.0]])
    assert mean_loss(each, None).tolist() == [2.0, 6.0]
    assert mean_loss(each, [1, 0.5]).tolist() == [2.0, 3.0]
    assert spread(each, None).tolist() == [[0.5, 1.5], [2.5, 3.5]]
    assert spread(each, [2, 0]).tolist() == [[1.0, 3.0], [0.0, 0.0]]


def test_whole_numbers_become_float64():
    out, target = both([[1, 2]], np.array([[True, False]]))
    assert (out.dtype, target.dtype) == (np.float64, np.float64)
