import subprocess
import sys

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from pellucid import CNNClassifier, Dense, Flatten, HistoryDisplay, PredictionsDisplay, ReLU, plots
from pellucid.displays import network_html
from pellucid.errors import DataError

DIGITS = load_digits()
X, Y = DIGITS.data[:100], DIGITS.target[:100]


def small(**settings):
    layers = [Flatten(), Dense(8), ReLU()]
    return CNNClassifier(**({"network": layers, "max_iter": 3, "random_state": 0} | settings))


@pytest.fixture(scope="module")
def fitted():
    return small().fit(X, Y)


@pytest.fixture(autouse=True)
def _figures_are_closed():
    matplotlib.use("agg")
    yield
    plt.close("all")


class TestHistory:
    def test_shows_the_loss(self, fitted):
        display = HistoryDisplay.from_estimator(fitted)
        (line,) = display.lines_
        assert line.get_xdata().tolist() == [1, 2, 3]
        assert line.get_ydata().tolist() == fitted.loss_curve_
        assert display.score_ax_ is None
        assert display.figure_ is plt.gcf()
        assert display.ax_ in display.figure_.axes
        assert display.loss_curve == fitted.loss_curve_

    def test_shows_the_validation_scores(self):
        classifier = small(early_stopping=True).fit(X, Y)
        display = HistoryDisplay.from_estimator(classifier)
        assert display.lines_[1].get_ydata().tolist() == classifier.validation_scores_
        assert display.lines_[1].axes is display.score_ax_
        assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == [
            "training loss", "validation accuracy",
        ]  # fmt: skip

    def test_scores_of_a_warm_start_are_at_its_passes(self):
        display = HistoryDisplay([3.0, 2.0, 1.0], [0.5]).plot()
        assert display.lines_[1].get_xdata().tolist() == [3]

    def test_draws_into_given_axes_without_pyplot(self, fitted):
        figure = matplotlib.figure.Figure()
        ax = figure.subplots()
        display = HistoryDisplay.from_estimator(fitted, ax=ax)
        assert display.ax_ is ax
        assert display.figure_ is figure
        assert not plt.get_fignums()

    def test_takes_other_estimators_with_a_loss_curve(self):
        other = MLPClassifier((8,), early_stopping=True, max_iter=300, random_state=0).fit(X, Y)
        display = HistoryDisplay.from_estimator(other)
        assert len(display.lines_[1].get_ydata()) == other.n_iter_

    def test_refuses_what_has_none(self):
        with pytest.raises(NotFittedError):
            HistoryDisplay.from_estimator(CNNClassifier())
        other = LogisticRegression().fit(X / 16, Y > 4)
        with pytest.raises(DataError, match="LogisticRegression has no history"):
            HistoryDisplay.from_estimator(other)


class TestPredictions:
    def test_shows_images_and_what_was_made_of_them(self, fitted, monkeypatch):
        given = []
        real = plots.predictions
        monkeypatch.setattr(
            plots, "predictions", lambda *a, **k: given.append((a, k)) or real(*a, **k)
        )
        display = PredictionsDisplay.from_estimator(fitted, X, Y, count=10)
        (images, labels, probabilities, classes), named = given[0]
        np.testing.assert_allclose(images[:, 0], DIGITS.images[:100] / 16, rtol=1e-6)
        assert labels.tolist() == Y.tolist()
        assert (probabilities == fitted.predict_proba(X)).all()
        assert classes == list(range(10))
        assert named["count"] == 10
        assert named["title"] == f"CNNClassifier, {fitted.score(X, Y):.2%} of 100 right"
        picture = display.ax_.images[0].get_array()
        inches = display.figure_.get_size_inches() * display.figure_.dpi
        assert abs(picture.shape[1] - inches[0]) <= 1  # not enlarged, not reduced
        assert 0 < (picture[..., :3] < 128).mean() < 0.9
        assert display.figure_ is plt.gcf()

    def test_draws_into_given_axes_without_pyplot(self, fitted):
        ax = matplotlib.figure.Figure().subplots()
        assert PredictionsDisplay.from_estimator(fitted, X, Y, ax=ax, title="Mine").ax_ is ax
        assert not plt.get_fignums()

    def test_named_classes_bytes_and_colors(self):
        images = np.random.default_rng(0).integers(0, 256, (30, 6, 6, 3)).astype(np.uint8)
        y = np.array(["cat", "dog"])[np.arange(30) % 2]
        display = PredictionsDisplay.from_estimator(small().fit(images, y), images, y)
        assert display.images.dtype == np.uint8
        assert display.images.shape == (30, 3, 6, 6)
        assert display.classes == ["cat", "dog"]

    def test_other_classifiers(self):
        pipeline = make_pipeline(MinMaxScaler(), LogisticRegression()).fit(X, Y)
        display = PredictionsDisplay.from_estimator(pipeline, X, Y)
        np.testing.assert_allclose(display.images, (X / 16).reshape(-1, 1, 8, 8), rtol=1e-6)
        display = PredictionsDisplay.from_estimator(pipeline, X, Y, image_shape=(4, 16))
        assert display.images.shape == (100, 1, 4, 16)

    def test_refuses_what_does_not_fit(self, fitted):
        with pytest.raises(NotFittedError):
            PredictionsDisplay.from_estimator(CNNClassifier(), X, Y)
        with pytest.raises(DataError, match="y holds the class 10"):
            PredictionsDisplay.from_estimator(fitted, X, Y + 1)
        with pytest.raises(DataError, match="X holds 100 images, but y 99 classes"):
            PredictionsDisplay.from_estimator(fitted, X, Y[:99])


def test_scikit_learns_own_displays_work(fitted):
    display = ConfusionMatrixDisplay.from_estimator(fitted, X, Y)
    assert display.confusion_matrix.trace() == round(100 * fitted.score(X, Y))


def test_the_table_of_the_network(fitted):
    assert network_html(CNNClassifier()) == ""
    text = network_html(fitted)
    assert text.startswith("<details><summary>Network of 610 parameters</summary><pre>layer")
    assert text.endswith("</pre></details>")


def test_neither_matplotlib_nor_scikit_learn_comes_with_the_package():
    code = (
        "import sys, pellucid; assert 'HistoryDisplay' in dir(pellucid); "
        "assert not {'matplotlib', 'sklearn'} & set(sys.modules); "
        "pellucid.CNNClassifier, pellucid.PredictionsDisplay; "
        "assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
