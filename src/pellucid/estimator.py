"""The classifier for scikit-learn users: ``CNNClassifier().fit(X, y).predict(X)``."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from pellucid import estimator_file
from pellucid.augmentation import Augmentation
from pellucid.canonical import canonical
from pellucid.errors import DataError
from pellucid.estimator_classes import class_factors, class_indices
from pellucid.estimator_prediction import PredictionMixin
from pellucid.estimator_training import (
    Epoch,
    Examples,
    batch_size_for,
    build_augmentation,
    build_network,
    check_settings,
    passes_for,
    sections_for,
    split,
    train,
    warn_interrupted,
)
from pellucid.images import Images, check_image_shape, image_shape_of, pixel_range_of, rows_of
from pellucid.layers import Layer, Shape
from pellucid.network import Network
from pellucid.preprocessing import Preprocessing
from pellucid.training import Adam, History, Trainer

__all__ = ["CNNClassifier"]


class CNNClassifier(PredictionMixin, BaseEstimator):
    """A convolutional classifier of images.

    Parameters
    ----------
    network : list of Layer, Network or None, default None
        What to train. A list of layers that does not end in ``Dense`` is followed by
        ``Dense(n_classes)``. None takes :func:`pellucid.presets.default`, which fits images of any
        size.
    image_shape : (int, int), (int, int, int) or None, default None
        ``(height, width)`` or ``(height, width, channels)`` of one image, where X is
        (n, features). None takes a square for a number of features that is a square of at least
        16, and a single row for any other.
    pixel_range : "auto" or (float, float), default "auto"
        The values that become 0 and 1; what lies outside in later data becomes 0 or 1 too. "auto"
        is 0 to 255 for uint8 with a value above 127, else from the smallest to the largest value
        that :meth:`fit`, or the first :meth:`partial_fit`, sees.
    max_iter : int or "auto", default "auto"
        Passes over the training data. "auto" is 3000 / sqrt(n) for n different images, but from 5
        to 80: small sets need more passes.
    batch_size : int or "auto", default "auto"
        Images an update; "auto" is a fortieth of the data, but from 32 to 256. Never more than
        there are.
    learning_rate : float, default 0.003
        Adam's step size. It rises over the first tenth of the updates of :meth:`fit` and falls over
        the last half; in :meth:`partial_fit` it is constant.
    beta1, beta2, epsilon : float, default 0.9, 0.999 and 1e-8
        Adam's other settings.
    augmentation : Augmentation, "auto" or None, default "auto"
        How training images are randomized, if at all. "auto" turns them by up to 15 degrees, scales
        them by up to a tenth and shifts them by up to a tenth of their shorter side, where they
        have at least 8 pixels in height and width, and leaves others as they are. None never
        randomizes.
    class_weight : dict, "balanced" or None, default None
        What an image of each class counts, times its ``sample_weight``.
    early_stopping : bool, default False
        Hold back a part of the training images, and keep the parameters with which the weighted
        accuracy on it was best. The learning rate stays level until that has not improved for
        ``n_iter_no_change`` passes, falls over as many more, and training ends.
    validation_fraction : float, default 0.1
        The part of the different images that is held back, by class where there are enough.
    n_iter_no_change : int, default 5
        See ``early_stopping``.
    warm_start : bool, default False
        Go on from the last :meth:`fit` or :meth:`partial_fit`, with its classes, pixel range and
        Adam's moments.
    n_jobs : int or None, default -1
        Threads, with scikit-learn's meaning; -1 is one on each processor. It never changes the
        result.
    random_state : int, RandomState or None, default None
        What the initial parameters, the order of the images and the randomizing are drawn from.
    verbose : bool, default False
        Print a line after every pass.
    callbacks : sequence of callable, default ()
        Called with an :class:`~pellucid.estimator_training.Epoch` (``epoch``, ``loss``,
        ``validation_score``) after every pass.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    n_features_in_ : int
        Values in one image.
    feature_names_in_ : ndarray of str
        The columns of X, where it was a table with names.
    network_ : Network
        What was trained.
    parameters_ : ndarray of shape (network_.size,), float32
        What was learned.
    pixel_range_ : (float, float)
        The values that became 0 and 1.
    loss_curve_ : list of float
        The mean loss of every pass, over all calls that went on from one another.
    validation_scores_ : list of float or None
        The weighted accuracy on the images held back after every pass, with ``early_stopping``.
    n_iter_ : int
        Passes over the data, over all these calls.
    preprocessing_ : Preprocessing
        What ``pellucid predict`` does to a picture, if the classifier is saved. The methods here
        take images as they are.

    Notes
    -----
    :meth:`fit` merges equal images with equal labels and adds their weights, so a weight of 3 is
    the same as three copies, to the bit, a weight of 0 the same as leaving the image out, and the
    order of X does not matter. (A class all of whose images weigh 0 stays a class.)

    X is never changed. :meth:`fit` makes one copy of the images that it trains on, as uint8 where
    X is uint8 of 0 to 255 and as float32 otherwise; prediction copies 16,384 images at a time, or
    none where they are uint8 with one channel. Contiguous uint8 memory maps are not read as a
    whole for checks. For training from disk without a copy use :class:`pellucid.Trainer`.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from pellucid import CNNClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = CNNClassifier(random_state=0).fit(X[:1200], y[:1200])
    >>> bool(classifier.score(X[1200:], y[1200:]) > 0.95)
    True
    """

    def __init__(
        self,
        network: Network | Sequence[Layer] | None = None,
        *,
        image_shape: tuple[int, ...] | None = None,
        pixel_range: Any = "auto",
        max_iter: int | str = "auto",
        batch_size: int | str = "auto",
        learning_rate: float = 0.003,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        augmentation: Augmentation | str | None = "auto",
        class_weight: dict[Any, float] | str | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        warm_start: bool = False,
        n_jobs: int | None = -1,
        random_state: Any = None,
        verbose: bool = False,
        callbacks: Sequence[Callable[[Epoch], object]] = (),
    ) -> None:
        self.network = network
        self.image_shape = image_shape
        self.pixel_range = pixel_range
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.augmentation = augmentation
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Train on images and their classes.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C)
            Images, of any numeric dtype.
        y : array-like of shape (n,)
            Classes: anything that can be sorted.
        sample_weight : array-like of shape (n,), optional
            What each image counts.

        Returns
        -------
        CNNClassifier
            Itself.

        Raises
        ------
        ValueError
            X, y or a parameter can't be used; the message names it and the fix.
        DivergenceError
            The loss became NaN or infinite; the parameters are those before.
        """
        check_settings(self)
        is_new = not (self.warm_start and hasattr(self, "_trainer"))
        samples, targets, weights, shape = self._checked(X, y, sample_weight, reset=is_new)
        if is_new:
            self._begin(samples, weights, shape, np.unique(targets))
        labels = self._labels(targets, shape)
        images = Images(samples, self.pixel_range_, self.network_.input_shape)
        kept, weights = canonical(images, labels, weights)
        weights = self._class_weighted(labels[kept], weights)
        kept, weights = kept[weights > 0], weights[weights > 0]
        if not self.early_stopping:
            self._train(Examples(images[kept], labels[kept], weights), None)
            return self
        where = split(labels[kept], self.validation_fraction, self._trainer.seed)
        parts = [Examples(images[kept[w]], labels[kept[w]], weights[w]) for w in where]
        self._train(*parts)
        return self

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Any:
        """Train on some more images: one pass over them, in the order given by ``random_state``.

        The learning rate is constant, and nothing is held back or merged. Of ``sample_weight``
        only the ratios within a call matter, and ``class_weight="balanced"`` balances each call.

        Parameters
        ----------
        X, y, sample_weight : array-like
            As for :meth:`fit`.
        classes : array-like of shape (n_classes,), optional
            All classes that will come; needed on the first call.

        Returns
        -------
        CNNClassifier
            Itself.

        Raises
        ------
        ValueError, DivergenceError
            As for :meth:`fit`.
        """
        check_settings(self)
        is_new = not hasattr(self, "_trainer")
        if is_new and classes is None:
            raise DataError("classes must be given on the first call of partial_fit.")
        samples, targets, weights, shape = self._checked(X, y, sample_weight, reset=is_new)
        if is_new:
            self._begin(samples, weights, shape, np.unique(np.asarray(classes)))
        elif classes is not None and np.unique(classes).tolist() != self.classes_.tolist():
            raise DataError(
                f"classes is {np.unique(classes).tolist()}, but the first call had "
                f"{self.classes_.tolist()}."
            )
        labels = self._labels(targets, shape)
        weights = self._class_weighted(labels, weights)
        used = np.flatnonzero(weights > 0)
        images = Images(samples, self.pixel_range_, self.network_.input_shape)[used]
        batch_size = batch_size_for(self.batch_size, len(used))
        with self._trainer_with_settings() as trainer:
            trainer.sections = sections_for(batch_size)
            history = trainer.fit(
                images, labels[used], sample_weight=weights[used], batch_size=batch_size
            )
        trainer.history = History()
        self.loss_curve_.append(history.mean_loss)
        self.n_iter_ += 1
        if history.interrupted:
            warn_interrupted("some of the images", stacklevel=3)
        self._tell(Epoch(self.n_iter_, history.mean_loss, None))
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted classifier to a file of arrays and JSON; see :meth:`load`.

        Not kept are Adam's moments, ``callbacks``, and a ``random_state`` that is no integer.

        Parameters
        ----------
        path : path-like
            The file; an existing one is replaced.

        Raises
        ------
        ModelFileError
            The file can't be written, or the classes or a parameter can't be JSON.
        """
        check_is_fitted(self)
        estimator_file.save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> CNNClassifier:
        """Return the classifier in a file of :meth:`save` or of ``pellucid train``.

        In the latter, classes named 0, 1, 2 ... are the numbers, and others are strings.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        CNNClassifier
            Fitted.

        Raises
        ------
        ModelFileError
            The file is missing, damaged, or not a model.
        """
        loaded: CNNClassifier = estimator_file.load(cls, path)
        return loaded

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_trainer")

    def _checked(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, *, reset: bool
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64], Shape]:
        """Return checked rows of pixels, classes and weights, and the shape of one image."""
        rows, shape = rows_of(X)
        samples, targets = validate_data(self, rows, y, reset=reset, dtype="numeric")
        check_classification_targets(targets)
        weights = _check_sample_weight(
            sample_weight, samples, dtype=np.float64, ensure_non_negative=True
        )
        if not weights.any():
            raise DataError("All values of sample_weight are zero; one must be above 0.")
        if weights.max() > 1e300 / len(weights):
            raise DataError(f"sample_weight goes up to {weights.max():g}; use smaller numbers.")
        return samples, targets, weights, shape

    def _begin(
        self,
        samples: NDArray[Any],
        weights: NDArray[np.float64],
        shape: Shape,
        classes: NDArray[Any],
    ) -> None:
        """Make the network and its trainer."""
        if len(classes) < 2:
            raise DataError(
                f"There is only one class, {classes.tolist()[0]!r}; a classifier needs at least "
                "two."
            )
        network = build_network(self.network, image_shape_of(shape, self.image_shape), len(classes))
        used = samples if weights.all() else samples[weights > 0]
        self.pixel_range_ = pixel_range_of(used, self.pixel_range)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self.classes_ = classes
        self.network_ = network
        self.preprocessing_ = Preprocessing.default(network.input_shape)
        self._trainer = Trainer(network, seed=seed)
        self.loss_curve_: list[float] = []
        self.validation_scores_: list[float] | None = None
        self.n_iter_ = 0

    def _train(self, examples: Examples, held_back: Examples | None) -> None:
        trainer, count = self._trainer_with_settings(), len(examples.labels)
        epochs = passes_for(self.max_iter, count)
        size = batch_size_for(self.batch_size, count)
        passes = train(
            trainer, examples, held_back, epochs=epochs, patience=self.n_iter_no_change,
            batch_size=size, tell=self._tell,
        )  # fmt: skip
        trainer.history = History()
        self.loss_curve_ += passes.losses
        if held_back is not None:
            self.validation_scores_ = (self.validation_scores_ or []) + passes.scores
        self.n_iter_ += len(passes.losses)

    def _trainer_with_settings(self) -> Trainer:
        trainer = self._trainer
        settings = (self.learning_rate, self.beta1, self.beta2, self.epsilon)
        trainer.optimizer = Adam(*map(float, settings))
        trainer.augmentation = build_augmentation(self.augmentation, trainer.network.input_shape)
        trainer.workers = self._workers()
        return trainer

    def _tell(self, epoch: Epoch) -> None:
        if self.verbose:
            score = epoch.validation_score
            rest = "" if score is None else f"  validation accuracy {score:.4f}"
            print(f"epoch {epoch.epoch}  loss {epoch.loss:.4f}{rest}", flush=True)
        for callback in self.callbacks:
            callback(epoch)

    def _labels(self, targets: NDArray[Any], shape: Shape) -> NDArray[np.int64]:
        """Return the classes as indices, and see that they and the images are those of before."""
        check_image_shape(shape, self.network_.input_shape)
        return class_indices(targets, self.classes_)

    def _class_weighted(
        self, labels: NDArray[np.int64], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        factors = class_factors(self.class_weight, self.classes_, labels, weights)
        weighted = weights * factors[labels]
        if not weighted.any():
            raise DataError(
                f"class_weight {self.class_weight!r} leaves no image with a weight above 0."
            )
        return weighted
