"""Pictures of a fitted classifier, in the way of scikit-learn's displays.

matplotlib is imported by ``plot``, not with this module; ``matplotlib.pyplot`` is used only where
no axes are given, as scikit-learn does it, so that notebooks and ``pyplot.show`` find the figure.
Where pyplot can't be used, in a thread or with a backend that does not work, the figure is
nobody's, and the display shows itself at the end of a cell.
"""

from __future__ import annotations

import html
import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import DataError
from pellucid.estimators.classes import class_indices
from pellucid.estimators.pictures import images_of, pictures_in
from pellucid.estimators.rows import Images, image_shape_of, rows_of
from pellucid.images.pixel_range import pixel_range_of
from pellucid.network.network import Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["HistoryDisplay", "PredictionsDisplay", "network_html"]


class _Display:
    """What both pictures have in common."""

    figure_: Figure

    def _repr_png_(self) -> bytes | None:
        """Return the picture for the end of a notebook's cell, where nobody else shows it."""
        from pellucid.plots._matplotlib import is_in_session

        figure = getattr(self, "figure_", None)
        if figure is None or is_in_session(figure):
            return None
        content = io.BytesIO()
        figure.savefig(content, format="png")
        return content.getvalue()


class HistoryDisplay(_Display):
    """The loss of every pass over the data and, where there is one, that of the validation.

    Parameters
    ----------
    loss_curve : array-like of shape (passes,)
        The mean loss of every pass, in nats an image.
    validation_scores : array-like of shape (passes,), optional
        The accuracy on the images held back after every pass, NaN where none was measured.
    validation_losses : array-like of shape (passes,), optional
        The mean loss on them, likewise.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        Where it was drawn.
    ax_ : matplotlib.axes.Axes
        The axes of the loss.
    score_ax_ : matplotlib.axes.Axes or None
        The axes of the accuracy, with their scale on the right.
    lines_ : list of matplotlib.lines.Line2D
        The loss, that on the images held back, and the accuracy.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> display = HistoryDisplay([1.2, 0.4, 0.3], [0.8, 0.9, 0.9]).plot()
    >>> display.ax_.get_xlabel(), display.score_ax_.get_ylabel()
    ('pass over the training data', 'validation accuracy')
    >>> plt.close(display.figure_)
    """

    figure_: Figure
    ax_: Axes
    score_ax_: Axes | None
    lines_: list[Line2D]

    def __init__(
        self,
        loss_curve: ArrayLike,
        validation_scores: ArrayLike | None = None,
        validation_losses: ArrayLike | None = None,
    ) -> None:
        self.loss_curve = loss_curve
        self.validation_scores = validation_scores
        self.validation_losses = validation_losses

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> HistoryDisplay:
        """Draw the history of a fitted estimator.

        Parameters
        ----------
        estimator : object
            A fitted :class:`pellucid.CNNClassifier` or :class:`pellucid.CNNRegressor`, or another
            estimator with ``loss_curve_``; a pipeline that ends in one, or a search over either.
        ax : matplotlib.axes.Axes, optional
            Where to draw; the default is a new figure of pyplot.

        Returns
        -------
        HistoryDisplay

        Raises
        ------
        NotFittedError
            The estimator is not fitted.
        DataError
            It has no history.
        """
        from sklearn.base import is_regressor
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(estimator)
        last = _last_step(estimator)
        losses = getattr(last, "loss_curve_", None)
        if losses is None or not len(losses):
            raise DataError(
                f"{type(last).__name__} has no history: there is nothing in loss_curve_."
            )
        scores = getattr(last, "validation_scores_", None)
        display = cls(losses, scores, getattr(last, "validation_losses_", None)).plot(ax)
        if is_regressor(last):
            display.ax_.set_ylabel("loss")
            display._name_score("validation R2")
        return display

    def plot(self, ax: Axes | None = None) -> HistoryDisplay:
        """Draw the history.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the default is a new figure of pyplot.

        Returns
        -------
        HistoryDisplay
            Itself.
        """
        from pellucid.plots._matplotlib import session_figure
        from pellucid.plots._style import BLUE, RED

        from matplotlib.ticker import MaxNLocator  # isort: skip  # which plots has loaded

        if ax is None:
            ax = session_figure().subplots()
        losses = np.asarray(self.loss_curve, dtype=np.float64)
        scores = _a_pass("validation_scores", "score", self.validation_scores, losses)
        others = _a_pass("validation_losses", "loss", self.validation_losses, losses)
        passes = np.arange(1, len(losses) + 1)
        self.lines_ = ax.plot(passes, losses, color=BLUE, marker=".", label="training loss")
        if others is not None:
            measured = np.isfinite(others)
            self.lines_ += ax.plot(
                passes[measured], others[measured], color=BLUE, marker=".", linestyle="--",
                label="validation loss",
            )  # fmt: skip
        ax.set(xlabel="pass over the training data", ylabel="loss (cross-entropy, nats per image)")
        ax.set_ylim(bottom=0)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        self.score_ax_ = None
        if scores is not None:
            measured = np.isfinite(scores)
            self.score_ax_ = ax.twinx()
            self.lines_ += self.score_ax_.plot(
                passes[measured], scores[measured], color=RED, marker=".", linestyle="--"
            )
        self.ax_, self.figure_ = ax, ax.figure  # type: ignore[assignment]
        self._name_score("validation accuracy")
        return self

    def _name_score(self, name: str) -> None:
        """Name the score that was measured after every pass, if any was."""
        if self.score_ax_ is not None:
            self.score_ax_.set_ylabel(name)
            self.lines_[-1].set_label(name)
        if len(self.lines_) > 1:
            # Above the curves, where none of them can run.
            self.ax_.legend(
                handles=self.lines_, loc="lower right", bbox_to_anchor=(1, 1),
                ncols=len(self.lines_), frameon=False, borderaxespad=0.2,
            )  # fmt: skip


def _a_pass(
    name: str, what: str, values: ArrayLike | None, losses: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return what was measured after every pass; refuse another number of passes."""
    if values is None:
        return None
    array = np.asarray(values, dtype=np.float64)
    if array.shape != losses.shape:
        raise DataError(
            f"{name} has shape {array.shape}, but loss_curve {losses.shape}; give one {what} a "
            "pass, NaN where there is none."
        )
    return array


class PredictionsDisplay(_Display):
    """Images with their true label and the prediction, the wrong ones marked.

    The picture is that of :func:`pellucid.plots.predictions`, or a part of it where it is drawn
    into axes that have no room for all.

    Parameters
    ----------
    images : array-like of shape (n, C, H, W)
        uint8, or floats in [0, 1]; C is 1 or 3.
    labels : array-like of shape (n,), int
        The true classes, as places in ``classes``.
    probabilities : array-like of shape (n, len(classes))
        What the classifier gives to each class.
    classes : sequence
        The name of each class.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        Where it was drawn.
    ax_ : matplotlib.axes.Axes
        The axes that hold the tiles, as ``ax_.child_axes``.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> images = np.zeros((2, 1, 8, 8), np.uint8)
    >>> display = PredictionsDisplay(images, [0, 1], [[0.9, 0.1], [0.8, 0.2]], ["cat", "dog"])
    >>> round(float(display.plot().figure_.get_figwidth()), 2)
    14.15
    >>> plt.close(display.figure_)
    """

    figure_: Figure
    ax_: Axes

    def __init__(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        probabilities: ArrayLike,
        classes: Sequence[object],
    ) -> None:
        self.images = images
        self.labels = labels
        self.probabilities = probabilities
        self.classes = classes

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        image_shape: tuple[int, ...] | None = None,
        count: int = 25,
        title: str | None = None,
        ax: Axes | None = None,
    ) -> PredictionsDisplay:
        """Draw what a fitted classifier makes of images.

        Parameters
        ----------
        estimator : object
            A fitted :class:`pellucid.CNNClassifier`, or another classifier with
            ``predict_proba``; of a pipeline, or a search over one, X is drawn as it goes in.
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C); or list of pictures
            Images; or pictures of any size, drawn as the classifier sees them.
        y : array-like of shape (n,)
            Their true classes.
        image_shape : (int, int) or (int, int, int), optional
            ``(height, width)`` or ``(height, width, channels)`` of rows of features; the default
            is the classifier's own, where it takes X as it is or sets ``image_shape``, else a
            square.
        count : int, default 25
            How many images a block holds at most.
        title : str, optional
            The heading; the default names the accuracy.
        ax : matplotlib.axes.Axes, optional
            Where to draw; the default is a new figure of pyplot.

        Returns
        -------
        PredictionsDisplay

        Raises
        ------
        NotFittedError
            The estimator is not fitted.
        DataError
            X and y don't fit one another or the classifier, or can't be drawn; or the estimator
            has no ``predict_proba``.
        """
        if not hasattr(estimator, "predict_proba"):
            raise DataError(
                f"{type(estimator).__name__} has no predict_proba, which says how sure it is; take "
                "a classifier that has one, or CalibratedClassifierCV around this one."
            )
        probabilities = np.asarray(estimator.predict_proba(X))
        classes = np.asarray(estimator.classes_)
        labels = class_indices(np.asarray(y), classes)
        if len(labels) != len(probabilities):
            raise DataError(f"X holds {len(probabilities)} images, but y {len(labels)} classes.")
        images = _drawable(estimator, X, image_shape)
        display = cls(images, labels, probabilities, classes.tolist())
        if title is None:
            right = float((probabilities.argmax(axis=1) == labels).mean())
            title = f"{type(estimator).__name__}, {right:.2%} of {len(labels):,} right"
        return display.plot(ax, count=count, title=title)

    def plot(
        self, ax: Axes | None = None, *, count: int = 25, title: str = "Predictions"
    ) -> PredictionsDisplay:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw as many images as there is room for, at a size that can be read; the
            default is a new figure of pyplot that holds them all.
        count : int, default 25
            How many images a block holds at most.
        title : str, default "Predictions"
            The heading.

        Returns
        -------
        PredictionsDisplay
            Itself.
        """
        from pellucid.plots.predictions import predictions_into

        self.ax_ = predictions_into(
            ax, self.images, self.labels, self.probabilities, self.classes, count=count, title=title
        )
        self.figure_ = self.ax_.figure  # type: ignore[assignment]
        return self


def network_html(network: Network) -> str:
    """Return a network as a table that notebooks can fold."""
    return (
        f"<details><summary>Network of {network.trained_size:,} parameters</summary>"
        f"<pre>{html.escape(network.summary())}</pre></details>"
    )


def _best(estimator: Any) -> Any:
    """Return the estimator that a search has found, or the estimator itself."""
    return getattr(estimator, "best_estimator_", estimator)


def _last_step(estimator: Any) -> Any:
    """Return what a search has found, and of a pipeline the last step."""
    best = _best(estimator)
    steps = getattr(best, "steps", None)
    return _last_step(steps[-1][1]) if steps else best


def _first_step(estimator: Any) -> Any:
    """Return of a pipeline the first step, which reads pictures if one does."""
    steps = getattr(estimator, "steps", None)
    return _first_step(steps[0][1]) if steps else estimator


def _drawable(estimator: Any, X: Any, image_shape: tuple[int, ...] | None) -> NDArray[Any]:
    """Return X as images of uint8, or of floats in [0, 1]."""
    best, last = _best(estimator), _last_step(estimator)
    pictures, made = pictures_in(X), getattr(_first_step(best), "preprocessing_", None)
    if made is not None and pictures is not None and (pictures.paths or len(pictures.shapes) > 1):
        return images_of(pictures, made)
    rows, shape = rows_of(X)
    samples = np.asarray(rows)
    if hasattr(best, "network_"):
        pixel_range, own = best.pixel_range_, best.network_.input_shape
        known = own if image_shape is None else image_shape_of(shape, image_shape)
    else:
        # What goes into a pipeline may be on another scale than what comes to its last step.
        pixel_range, own = pixel_range_of(samples, "auto"), getattr(last, "image_shape", None)
        if own is not None and math.prod(own) != samples.shape[1]:
            own = None
        known = image_shape_of(shape, own if image_shape is None else image_shape)
    images = Images(samples, pixel_range, known)
    return images[np.arange(len(samples))]
