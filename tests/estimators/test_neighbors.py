import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from pellucid.estimators.neighbors import warn_of_rows
from tests.estimators.small import small

DIGITS = load_digits()
RANDOM = np.random.default_rng(0)
TIMES = np.linspace(0, 1, 1024)
NOISE = RANDOM.normal(size=(300, 1024))


def smooth(*shape):
    """Return noise whose neighbors are alike along the last two axes."""
    noise = RANDOM.normal(size=shape)
    for axis in (-2, -1):
        noise = sum(np.roll(noise, k, axis) for k in range(4))
    return noise


PHOTOS = smooth(200, 1, 16, 16) + 0.3 * smooth(200, 3, 16, 16)
PLANES = PHOTOS.reshape(200, -1)
LAST = PHOTOS.transpose(0, 2, 3, 1).reshape(200, -1)
PHASES = RANDOM.random((300, 1))
SIGNALS = {
    "walk": np.cumsum(NOISE, axis=1),
    "slow": np.sin(6.28 * (4 * TIMES + PHASES)) + 0.05 * NOISE,
    "fast": np.sin(6.28 * (12 * TIMES + PHASES)) + 0.1 * NOISE,
}


@pytest.mark.parametrize(
    ("rows", "wanted", "shape", "message"),
    [
        *(
            (signal, None, (1, 32, 32), r"If a row is a signal, set image_shape=\(1, 1024\)")
            for signal in SIGNALS.values()
        ),
        (PCA(49).fit_transform(DIGITS.data), None, (1, 7, 7), "neighboring values are not alike"),
        (
            DIGITS.data[:, RANDOM.permutation(64)],
            None,
            (1, 8, 8),
            r"set image_shape=\(1, 64\), and put a StandardScaler",
        ),
        (np.c_[range(1797), DIGITS.data], None, (1, 1, 65), r"without the first .* X\[:, 1:\]"),
        (np.c_[DIGITS.data, DIGITS.target], None, (1, 1, 65), r"without the last .* X\[:, :-1\]"),
        (PLANES, None, (1, 1, 768), r"give X.reshape\(-1, 3, 16, 16\).transpose\(0, 2, 3, 1\)"),
        (PLANES, (16, 16, 3), (3, 16, 16), "as CIFAR's do: give X.reshape"),
        (LAST, None, (1, 1, 768), r"set image_shape=\(16, 16, 3\); if not, set"),
        (load_wine().data, None, (1, 1, 13), r"make_pipeline\(StandardScaler\(\)"),
        (load_breast_cancer().data, None, (1, 1, 30), "very different scales"),
    ],
)  # fmt: skip
def test_rows_that_are_something_else_are_told_once(rows, wanted, shape, message):
    with pytest.warns(UserWarning, match=message) as caught:
        warn_of_rows(rows, None, wanted, shape)
    assert len(caught) == 1


@pytest.mark.parametrize(
    ("rows", "wanted", "shape"),
    [
        (DIGITS.data, None, (1, 8, 8)),
        (DIGITS.data[:50], None, (1, 8, 8)),
        (DIGITS.data[DIGITS.target == 1], None, (1, 8, 8)),
        (StandardScaler().fit_transform(DIGITS.data), None, (1, 8, 8)),
        (PHOTOS[:, 0].reshape(200, -1), None, (1, 16, 16)),
        (LAST, (16, 16, 3), (3, 16, 16)),
        (SIGNALS["walk"], (1, 1024), (1, 1, 1024)),
        (NOISE[:, :768], None, (1, 1, 768)),
        (NOISE[:20], None, (1, 32, 32)),  # too few to tell
        (np.zeros((60, 64)), None, (1, 8, 8)),
        (np.full((60, 64), 1e300), None, (1, 8, 8)),
        (load_iris().data, None, (1, 1, 4)),
        (StandardScaler().fit_transform(load_wine().data), None, (1, 1, 13)),
    ],
)
def test_nothing_is_told_of_what_is_right(rows, wanted, shape):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_rows(rows, None, wanted, shape)


@pytest.mark.parametrize("form", ["pixel{}", "p_{}_x", "{}"])
def test_columns_sorted_as_text_are_told(form):
    frame = pd.DataFrame(DIGITS.data[:60], columns=[form.format(number) for number in range(64)])
    frame = frame[sorted(frame.columns)]
    with pytest.warns(UserWarning, match=r"sorted as text, .*19.* before "):
        small().fit(frame, DIGITS.target[:60])


def test_other_columns_are_not():
    for names in ([f"pixel{n}" for n in range(64)], [f"r{n // 8}c{n % 8}" for n in range(64)]):
        small().fit(pd.DataFrame(DIGITS.data[:60], columns=names), DIGITS.target[:60])
