"""The regressor for scikit-learn users: ``CNNRegressor().fit(X, y).predict(X)``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin

from pellucid.estimators import prediction
from pellucid.estimators.base import CNNEstimator
from pellucid.estimators.fitted import Fitted
from pellucid.estimators.given import given_to_predict
from pellucid.estimators.habits import refuse_unknown, refusing_unknown
from pellucid.estimators.settings import Settings, workers_for
from pellucid.estimators.tasks import Task, numbers
from pellucid.images.augmentation import Augmentation

__all__ = ["CNNRegressor"]


@refusing_unknown
@dataclass(eq=False, repr=False)
class CNNRegressor(RegressorMixin, CNNEstimator):
    """A convolutional network that gives numbers for images: an angle, a size, a place, several.

    It is :class:`pellucid.CNNClassifier` in all but what y is: the parameters that are not listed
    here, and the other attributes, are its own, and what its notes say holds here too.

    Parameters
    ----------
    network : list of Layer, Network or None, default None
        What to train. A list of layers that does not end in ``Dense`` is followed by
        ``Dense(columns of y)``. A ``Network`` has its own loss, such as ``Huber(0.5)``, in place of
        ``loss``. None takes the recipe's.
    loss : "squared_error", "absolute_error" or "huber", default "squared_error"
        What is made small: :class:`pellucid.MeanSquaredError`, which learns the mean of what is
        possible; :class:`pellucid.MeanAbsoluteError`, the median; or :class:`pellucid.Huber` of one
        standard deviation of y, for y of which some are wrong.
    augmentation : Augmentation, "auto", "photos", "drawings" or None, default None
        How training images are randomized, if at all: what turns, scales or shifts an image may
        change the number that belongs to it, so nothing is done unless you say so. "auto" is that
        of the classifier.
    early_stopping : bool, default False
        Hold back a part of the training images, and keep the parameters with which the weighted
        R^2 on it was best.
    image_shape, pixel_range, max_iter, batch_size, learning_rate, beta1, beta2, epsilon, \
optimizer, clip_norm, schedule, average, validation_fraction, n_iter_no_change, warm_start, \
n_jobs, random_state, verbose, callbacks, recipe, max_time
        As for :class:`pellucid.CNNClassifier`.

    Attributes
    ----------
    loss_curve_ : list of float
        The mean loss of every pass, of y as it is learned.
    validation_scores_ : list of float or None
        R^2 on the images held back after every pass, with ``early_stopping``, or on
        ``validation_data``.
    validation_losses_ : list of float or None
        The mean loss on the same images, likewise.

    Notes
    -----
    y is learned from a mean of 0 with a standard deviation of 1, column by column, weighted, and
    :meth:`predict` gives it in its own units; :meth:`partial_fit` goes by the first call's. Angles
    that go round, from 359 degrees to 0, want their cosine and sine as two columns.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from pellucid import CNNRegressor
    >>> X, _ = load_digits(return_X_y=True)
    >>> ink = X.sum(axis=1)
    >>> regressor = CNNRegressor(random_state=0, max_iter=20).fit(X[:1200], ink[:1200])
    >>> bool(regressor.score(X[1200:], ink[1200:]) > 0.9)
    True
    """

    _: KW_ONLY
    loss: str = "squared_error"
    augmentation: Augmentation | str | None = None

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
        **unknown: Any,
    ) -> Any:
        """Train on images and their numbers.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C)
            Images, of any numeric dtype.
        y : array-like of shape (n,) or (n, columns)
            What belongs to each: finite numbers.
        sample_weight : array-like of shape (n,), optional
            What each image counts.
        validation_data : (X, y), optional
            Images that are not trained on, and their numbers. Loss and R^2 on them are measured
            after every pass; with ``early_stopping`` they take the place of a part held back.
        **unknown
            Refused, with the name of what to use.

        Returns
        -------
        CNNRegressor
            Itself.

        Raises
        ------
        ValueError
            X, y or a parameter can't be used; the message names it and the fix.
        DivergenceError
            The loss became NaN or infinite; what passes before learned is kept.
        """
        known = ("X", "y", "sample_weight", "validation_data")
        refuse_unknown("fit", unknown, known, type(self).__name__)
        self._fit(X, y, sample_weight, validation_data)
        return self

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None, **unknown: Any
    ) -> Any:
        """Train on some more images: one pass over them, in the order given by ``random_state``.

        The learning rate is constant, and nothing is held back or merged. y is scaled as in the
        first call.

        Parameters
        ----------
        X, y, sample_weight : array-like
            As for :meth:`fit`.
        **unknown
            Refused, with the name of what to use.

        Returns
        -------
        CNNRegressor
            Itself.

        Raises
        ------
        ValueError, DivergenceError
            As for :meth:`fit`.
        """
        refuse_unknown("partial_fit", unknown, ("X", "y", "sample_weight"), type(self).__name__)
        self._fit_part(X, y, sample_weight)
        return self

    def _task(
        self, settings: Settings, targets: NDArray[Any], before: Fitted | None, named: Any = None
    ) -> Task:
        assert settings.loss is not None
        return numbers(settings.loss, targets)

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the numbers of each image, in the units of y.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C)
            Images, in the form and range that ``fit`` was given.

        Returns
        -------
        ndarray of shape (n,), or (n, columns) for several, float64
        """
        given = given_to_predict(self, X)
        workers = workers_for(self.n_jobs)
        return self._in_units(
            prediction.outputs(self._fitted, self._fitted.network, given, workers)
        )

    def _in_units(self, outputs: NDArray[Any]) -> NDArray[np.float64]:
        scale = self._fitted.scale
        assert scale is not None
        found = scale.unscaled(outputs)
        return found.ravel() if found.shape[1] == 1 else found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
