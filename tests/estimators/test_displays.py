import re
import subprocess
import sys

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import LinearSVC

from pellucid import (
    CNNClassifier,
    CNNRegressor,
    Dense,
    Flatten,
    HistoryDisplay,
    ImageReader,
    PredictionsDisplay,
    ReLU,
)
from pellucid.errors import DataError
from pellucid.estimators.displays import network_html
from tests.plots.figures import overlapping

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
        assert display.lines_[1].get_ydata().tolist() == classifier.validation_losses_
        assert display.lines_[1].axes is display.ax_
        assert display.lines_[2].get_ydata().tolist() == classifier.validation_scores_
        assert display.lines_[2].axes is display.score_ax_
        assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == [
            "training loss", "validation loss", "validation accuracy",
        ]  # fmt: skip

    def test_scores_are_at_their_passes(self):
        classifier = small(warm_start=True, early_stopping=True).fit(X, Y)
        classifier.set_params(early_stopping=False).fit(X, Y).partial_fit(X, Y)
        classifier.set_params(early_stopping=True).fit(X, Y)
        display = HistoryDisplay.from_estimator(classifier)
        assert display.lines_[0].get_xdata().tolist() == list(range(1, 11))
        for line in display.lines_[1:]:
            assert line.get_xdata().tolist() == [1, 2, 3, 8, 9, 10]
            assert np.isfinite(line.get_ydata()).all()

    def test_scores_of_other_passes_are_refused(self):
        with pytest.raises(DataError, match=re.escape("has shape (1,), but loss_curve (3,); give")):
            HistoryDisplay([3.0, 2.0, 1.0], [0.5]).plot()

    def test_the_legend_covers_nothing(self):
        display = HistoryDisplay([2.0, 1.0, 1.0], [0.1, 0.9, 0.5]).plot()
        display.figure_.canvas.draw()
        legend = display.ax_.get_legend().get_window_extent()
        assert legend.y0 >= display.ax_.get_window_extent().y1 - 1
        assert legend.y1 <= display.figure_.bbox.y1

    @pytest.mark.parametrize("wrap", [
        lambda c: make_pipeline(MinMaxScaler(), c),
        lambda c: GridSearchCV(c, {"learning_rate": [0.01]}, cv=2),
        lambda c: GridSearchCV(
            make_pipeline(MinMaxScaler(), c), {"cnnclassifier__learning_rate": [0.01]}, cv=2
        ),
        lambda c: make_pipeline(MinMaxScaler(), GridSearchCV(c, {"max_iter": [3]}, cv=2)),
    ])  # fmt: skip
    def test_looks_into_pipelines_and_searches(self, wrap):
        display = HistoryDisplay.from_estimator(wrap(small()).fit(X, Y))
        assert len(display.lines_[0].get_ydata()) == 3

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
    def test_shows_images_and_what_was_made_of_them(self, fitted):
        display = PredictionsDisplay.from_estimator(fitted, X, Y, count=10)
        np.testing.assert_allclose(display.images[:, 0], DIGITS.images[:100] / 16, rtol=1e-6)
        assert display.labels.tolist() == Y.tolist()
        assert (display.probabilities == fitted.predict_proba(X)).all()
        assert display.classes == list(range(10))
        tiles, predicted = display.ax_.child_axes, fitted.predict(X)
        wrong = min(10, int((predicted != Y).sum()))
        assert len(tiles) == 10 + wrong
        assert [tile.get_title() for tile in tiles[:10]] == [
            f"T.L: {truth}  P: {guess}" for truth, guess in zip(Y[:10], predicted[:10], strict=True)
        ]
        title = f"CNNClassifier, {fitted.score(X, Y):.2%} of 100 right"
        assert title in [text.get_text() for text in display.ax_.texts]
        assert display.figure_ is plt.gcf()
        assert overlapping(display.figure_) == ([], [])

    @pytest.mark.parametrize(
        ("inches", "tiles", "blocks"),
        [((4, 3), 3, 1), ((1, 1), 1, 1), ((8, 4), 12, 2), ((20, 30), 50, 2)],
    )
    def test_draws_into_given_axes_what_they_have_room_for(self, fitted, inches, tiles, blocks):
        figure = matplotlib.figure.Figure(figsize=inches)
        FigureCanvasAgg(figure)
        ax = figure.add_axes((0.05, 0.05, 0.9, 0.9))
        display = PredictionsDisplay(
            np.zeros((90, 8, 8)), np.arange(90) % 2, np.tile([0.9, 0.1], (90, 1)), ["a", "b"]
        )
        assert display.plot(ax).ax_ is ax
        assert display.figure_ is figure
        assert not plt.get_fignums()
        widths = [tile.get_window_extent().width for tile in ax.child_axes]
        assert len(widths) == tiles
        assert min(widths) >= 0.7 * figure.dpi  # large enough to be seen
        assert len([text for text in ax.texts if text.get_text().startswith("The ")]) == blocks
        if inches != (1, 1):
            assert overlapping(figure) == ([], [])

    @pytest.mark.parametrize("wrap", [
        lambda c: GridSearchCV(c, {"max_iter": [3]}, cv=2),
        lambda c: make_pipeline(MinMaxScaler(), c),
        lambda c: GridSearchCV(
            make_pipeline(MinMaxScaler(), c), {"cnnclassifier__max_iter": [3]}, cv=2
        ),
    ])  # fmt: skip
    def test_looks_into_pipelines_and_searches_for_the_shape(self, wrap):
        found = wrap(small(image_shape=(4, 16))).fit(X, Y)
        display = PredictionsDisplay.from_estimator(found, X, Y)
        np.testing.assert_allclose(display.images, X.reshape(-1, 1, 4, 16) / 16, rtol=1e-6)
        display = PredictionsDisplay.from_estimator(found, X, Y, image_shape=(16, 4))
        assert display.images.shape == (100, 1, 16, 4)

    def test_the_shape_behind_other_features_is_not_that_of_x(self):
        found = make_pipeline(PCA(36), small(image_shape=(4, 9))).fit(X, Y)
        assert PredictionsDisplay.from_estimator(found, X, Y).images.shape == (100, 1, 8, 8)

    def test_named_classes_bytes_and_colors(self):
        images = np.random.default_rng(0).integers(0, 256, (30, 6, 6, 3)).astype(np.uint8)
        y = np.array(["cat", "dog"])[np.arange(30) % 2]
        display = PredictionsDisplay.from_estimator(small().fit(images, y), images, y)
        assert display.images.dtype == np.uint8
        assert display.images.shape == (30, 3, 6, 6)
        assert display.classes == ["cat", "dog"]

    def test_pictures_are_drawn_as_they_are_seen(self):
        large = [
            np.kron(image, np.ones((2 + n % 2,) * 2)) / 16
            for n, image in enumerate(DIGITS.images[:100])
        ]
        alone = small(image_shape=(8, 8)).fit(large, Y)
        pipe = make_pipeline(ImageReader(8), small()).fit(large, Y)
        for estimator in (alone, pipe):
            drawn = PredictionsDisplay.from_estimator(estimator, large, Y)
            seen = [alone.preprocessing_.picture(picture) for picture in large]
            assert (drawn.images == np.stack(seen)).all()

    def test_other_classifiers(self):
        pipeline = make_pipeline(MinMaxScaler(), LogisticRegression()).fit(X, Y)
        display = PredictionsDisplay.from_estimator(pipeline, X, Y)
        np.testing.assert_allclose(display.images, (X / 16).reshape(-1, 1, 8, 8), rtol=1e-6)
        display = PredictionsDisplay.from_estimator(pipeline, X, Y, image_shape=(4, 16))
        assert display.images.shape == (100, 1, 4, 16)

    def test_refuses_what_does_not_fit(self, fitted):
        with pytest.raises(NotFittedError):
            PredictionsDisplay.from_estimator(CNNClassifier(), X, Y)
        with pytest.raises(DataError, match="LinearSVC has no predict_proba, which says how sure"):
            PredictionsDisplay.from_estimator(LinearSVC().fit(X, Y), X, Y)
        with pytest.raises(DataError, match="y holds the class 10"):
            PredictionsDisplay.from_estimator(fitted, X, Y + 1)
        with pytest.raises(DataError, match="X holds 100 images, but y 99 classes"):
            PredictionsDisplay.from_estimator(fitted, X, Y[:99])


def test_scikit_learns_own_displays_work(fitted):
    display = ConfusionMatrixDisplay.from_estimator(fitted, X, Y)
    assert display.confusion_matrix.trace() == round(100 * fitted.score(X, Y))


def test_the_table_of_the_network(fitted):
    text = network_html(fitted.network_)
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


def test_the_history_of_a_regressor_has_r2():
    regressor = CNNRegressor(max_iter=2, early_stopping=True, random_state=0)
    display = HistoryDisplay.from_estimator(regressor.fit(X, X.sum(axis=1)))
    assert display.ax_.get_ylabel() == "loss"
    assert display.score_ax_.get_ylabel() == "validation R2"
    names = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert names == ["training loss", "validation loss", "validation R2"]
    plt.close(display.figure_)
