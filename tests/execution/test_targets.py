import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import BinaryCrossEntropy, Dense, Flatten, MeanSquaredError, Network
from pellucid.errors import DataError
from pellucid.execution.targets import check_targets, no_targets, score_of, taken
from tests.equations.numeric import SEEDS

LAYERS = [Flatten(), Dense(3)]
CLASSES = Network(LAYERS, (2, 2))
LABELS = Network(LAYERS, (2, 2), BinaryCrossEntropy())
NUMBERS = Network(LAYERS, (2, 2), MeanSquaredError())


def test_each_loss_takes_targets_of_its_own():
    classes = check_targets(CLASSES, [0.0, 2.0], 2)
    assert (classes.dtype, classes.tolist()) == (np.int64, [0, 2])
    shares = check_targets(LABELS, [[0, 1, 0.5]], 1)
    assert (shares.dtype, shares.tolist()) == (np.float32, [[0.0, 1.0, 0.5]])
    assert check_targets(NUMBERS, [[-7, 1e6, 0]], 1).tolist() == [[-7.0, 1e6, 0.0]]
    with pytest.raises(DataError, match=r"use labels\.argmax\(axis=1\)"):
        check_targets(CLASSES, np.eye(3), 3)
    with pytest.raises(DataError, match="must lie between 0 and 1"):
        check_targets(LABELS, [[0, 2, 0]], 1)


@pytest.mark.parametrize("network", [CLASSES, LABELS, NUMBERS])
def test_no_targets_are_such_as_the_kernel_reads(network):
    found = no_targets(network, 5)
    assert check_targets(network, found, 5).tolist() == found.tolist()
    assert taken(network, found) is found
    assert not found.any()


def test_what_is_taken_is_one_piece_of_the_right_kind():
    assert taken(CLASSES, np.array([1, 2], np.int32)).dtype == np.int64
    wide = np.arange(24.0).reshape(4, 6)[:, ::2]
    assert taken(NUMBERS, wide).flags.c_contiguous
    with pytest.raises(AssertionError):
        taken(NUMBERS, np.zeros(3, np.float32))


@given(SEEDS, st.integers(2, 50), st.integers(1, 4))
def test_r2_is_that_of_scikit_learn(seed, count, columns):
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the oracle")
    random = np.random.default_rng(seed)
    target = random.normal(size=(count, columns)).astype(np.float32)
    out = target + random.normal(size=target.shape)
    squares = (out - target.astype(float)) ** 2
    expected = metrics.r2_score(target, out, multioutput="variance_weighted")
    parts = [squares[: count // 2].sum(), squares[count // 2 :].sum()]
    assert score_of("numbers", parts, target) == pytest.approx(expected, rel=1e-9)


def test_r2_of_targets_that_are_all_the_same():
    assert score_of("numbers", [0.0], np.ones((4, 2))) == 1.0
    assert score_of("numbers", [0.1], np.ones((4, 2))) == 0.0
    assert score_of("numbers", [], np.ones((0, 2))) == 0.0


def test_shares_of_none():
    assert score_of("classes", [], np.zeros(0)) == 0.0
    assert score_of("labels", [2.0, 1.0], np.zeros((4, 2))) == 0.75
