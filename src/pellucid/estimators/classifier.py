"""The classifier for scikit-learn users: ``CNNClassifier().fit(X, y).predict(X)``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from pellucid.errors import DataError
from pellucid.estimators import file, prediction
from pellucid.estimators.classes import (
    at_least_two,
    class_indices,
    class_weighted,
    classes_of_stream,
)
from pellucid.estimators.displays import network_html
from pellucid.estimators.fitted import Fitted, Learned, name_columns
from pellucid.estimators.given import given_to_learn, given_to_predict
from pellucid.estimators.habits import refuse_unknown, refusing_unknown
from pellucid.estimators.learning import Learner, start
from pellucid.estimators.passes import Epoch
from pellucid.estimators.settings import Settings, parameters_of, workers_for
from pellucid.estimators.undo import one_at_a_time
from pellucid.images.augmentation import Augmentation
from pellucid.images.preprocessing import Preprocessing
from pellucid.images.views import Views
from pellucid.network.layers import Layer
from pellucid.network.network import Network

__all__ = ["CNNClassifier"]


@refusing_unknown
@dataclass(eq=False, repr=False)
class CNNClassifier(
    ClassNamePrefixFeaturesOutMixin, ClassifierMixin, TransformerMixin, BaseEstimator
):
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
        16, and a single row for any other, with a warning where X does not look like it.
    pixel_range : "auto" or (float, float), default "auto"
        The values that become 0 and 1; what lies outside in later data becomes 0 or 1 too, and a
        warning tells if that looks like another scale. "auto" is 0 to 255 for uint8 with a value
        above 127 (in :meth:`partial_fit` for all uint8), else from the smallest to the largest
        value that :meth:`fit`, or the first :meth:`partial_fit`, sees. Ends that lie far outside
        what 99.8% of the pixels have, in a tenth of the images at most, are left out.
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
    augmentation : Augmentation, "auto", "photos" or None, default "auto"
        How training images are randomized, if at all. "auto" turns them by up to 15 degrees, scales
        them by up to a tenth and shifts them by up to a tenth of their shorter side, where they
        have at least 8 pixels in height and width, and leaves others as they are. "photos" mirrors
        half of them, left and right, and shifts them by up to an eighth of their shorter side:
        :meth:`pellucid.Augmentation.photos`. None never randomizes.
    class_weight : dict, "balanced" or None, default None
        What an image of each class counts, times its ``sample_weight``.
    early_stopping : bool, default False
        Hold back a part of the training images, and keep the parameters with which the weighted
        accuracy on it was best, those before a ``warm_start`` among them. The learning rate stays
        level until that has not improved for ``n_iter_no_change`` passes, falls over as many more,
        and training ends.
    validation_fraction : float, default 0.1
        The part of the different images that is held back, by class where there are enough.
    n_iter_no_change : int, default 5
        See ``early_stopping``.
    warm_start : bool, default False
        Go on from the last :meth:`fit` or :meth:`partial_fit`, with its classes, network, pixel
        range and Adam's moments; another ``network``, ``image_shape`` or ``pixel_range`` is
        refused.
    n_jobs : int or None, default -1
        Threads, with scikit-learn's meaning; -1 is one on each processor. It never changes the
        result.
    random_state : int, RandomState or None, default None
        What the initial parameters, the order of the images and the randomizing are drawn from.
    verbose : bool, int or "bar", default False
        Print a line after every pass, with loss, accuracy, images a second and time left; in a
        notebook each line takes the place of the one before. "bar" shows a bar that moves with
        every update, in terminals and notebooks, and is True elsewhere. By default nothing is
        printed. Python's logger ``"pellucid"`` has the lines at level INFO in any case.
    callbacks : callable or sequence of callable, default ()
        Called with an :class:`~pellucid.estimators.passes.Epoch` (``epoch``, ``loss``,
        ``validation_score``, ``accuracy`` and more) after every pass. One that returns True ends
        :meth:`fit` there, before the learning rate falls or as it does.

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
        What was learned, as one flat vector; ``network_.views`` names its parts.
    pixel_range_ : (float, float)
        The values that became 0 and 1.
    loss_curve_ : list of float
        The mean loss of every pass, over all calls that went on from one another.
    validation_scores_ : list of float or None
        The weighted accuracy on the images held back after every pass, NaN after passes without
        ``early_stopping``; None if there was no other.
    n_iter_ : int
        Passes over the data, over all these calls.
    preprocessing_ : Preprocessing
        What ``pellucid predict`` does to a picture, if the classifier is saved; :meth:`save` adds
        the range of the pixels. The methods here take images as they are.

    Notes
    -----
    :meth:`fit` merges equal images with equal labels and adds their weights, so a weight of 3 is
    the same as three copies, to the bit, a weight of 0 the same as leaving the image out, and the
    order of X does not matter. (A class all of whose images weigh 0 stays a class.)

    A call either does a pass at least or changes nothing: after an error or Ctrl-C before the end
    of the first pass the classifier is what it was, and after later ones it keeps what it has
    learned, with its history. Ctrl-C is raised again in the first case, and makes :meth:`fit` end
    with a warning in the second; in :meth:`partial_fit` it is always raised again.

    Calls from several threads that train one classifier wait for one another.

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

    network: Network | Sequence[Layer] | None = None
    _: KW_ONLY
    image_shape: tuple[int, ...] | None = None
    pixel_range: Any = "auto"
    max_iter: int | str = "auto"
    batch_size: int | str = "auto"
    learning_rate: float = 0.003
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    augmentation: Augmentation | str | None = "auto"
    class_weight: dict[Any, float] | str | None = None
    early_stopping: bool = False
    validation_fraction: float = 0.1
    n_iter_no_change: int = 5
    warm_start: bool = False
    n_jobs: int | None = -1
    random_state: Any = None
    verbose: bool | int | str = False
    callbacks: Callable[[Epoch], object] | Sequence[Callable[[Epoch], object]] = ()

    # What was learned is no field: these look into what the last good pass left.
    classes_ = Learned[NDArray[Any]]()
    n_features_in_ = Learned[int]()
    network_ = Learned[Network]()
    parameters_ = Learned[NDArray[np.float32]]()
    pixel_range_ = Learned[tuple[float, float]]()
    loss_curve_ = Learned[list[float]]()
    validation_scores_ = Learned[list[float] | None]()
    n_iter_ = Learned[int]()
    preprocessing_ = Learned[Preprocessing]()

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None, **unknown: Any
    ) -> Any:
        """Train on images and their classes.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C)
            Images, of any numeric dtype.
        y : array-like of shape (n,)
            Classes: anything that can be sorted.
        sample_weight : array-like of shape (n,), optional
            What each image counts.
        **unknown
            Refused, with the name of what to use.

        Returns
        -------
        CNNClassifier
            Itself.

        Raises
        ------
        ValueError
            X, y or a parameter can't be used; the message names it and the fix.
        DivergenceError
            The loss became NaN or infinite; what passes before learned is kept.
        """
        refuse_unknown("fit", unknown, ("X", "y", "sample_weight"))
        with one_at_a_time(self):
            settings = self._settings()
            before = self._before() if settings.warm_start else None
            given = given_to_learn(self, X, y, sample_weight, is_new=before is None)
            check_classification_targets(given.targets)
            classes = np.unique(given.targets) if before is None else before.classes
            fitted = start(settings, given, before, at_least_two(classes))
            labels = class_indices(given.targets, fitted.classes)
            weigh = partial(class_weighted, settings.class_weight, fitted.classes)
            Learner(settings, given, fitted, self._keep).fit(labels, weigh)
        return self

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        **unknown: Any,
    ) -> Any:
        """Train on some more images: one pass over them, in the order given by ``random_state``.

        The learning rate is constant, and nothing is held back or merged. A weight of 2 counts
        twice as much as a weight of 1 of any call, where :meth:`fit` knows ratios alone;
        ``class_weight="balanced"`` balances each call by itself.

        Parameters
        ----------
        X, y, sample_weight : array-like
            As for :meth:`fit`.
        classes : array-like of shape (n_classes,), optional
            All classes that will come; needed on the first call.
        **unknown
            Refused, with the name of what to use.

        Returns
        -------
        CNNClassifier
            Itself.

        Raises
        ------
        ValueError, DivergenceError
            As for :meth:`fit`.
        """
        refuse_unknown("partial_fit", unknown, ("X", "y", "classes", "sample_weight"))
        with one_at_a_time(self):
            settings, before = self._settings(), self._before()
            named = classes_of_stream(classes, None if before is None else before.classes)
            given = given_to_learn(self, X, y, sample_weight, is_new=before is None)
            check_classification_targets(given.targets)
            fitted = start(settings, given, before, at_least_two(named), is_first_part=True)
            labels = class_indices(given.targets, fitted.classes)
            weigh = partial(class_weighted, settings.class_weight, fitted.classes)
            Learner(settings, given, fitted, self._keep).fit_part(labels, weigh)
        return self

    def predict(self, X: ArrayLike, views: Views | None = None) -> NDArray[Any]:
        """Return the most probable class of each image.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C)
            Images, in the form and range that ``fit`` was given.
        views : {"mirror", "shifts", "mirror+shifts"}, optional
            Take the mean of the probabilities of an image and its mirror image; of it and four that
            are shifted by a pixel or a 32nd of their shorter side; or of both. It takes 2, 5 or 10
            times as long. Where left and right matter, as in writing, the mirror image misleads.

        Returns
        -------
        ndarray of shape (n,)
            Of ``classes_``, the first of equals.
        """
        likeliest = self.predict_log_proba(X, views).argmax(axis=1)
        return np.asarray(self.classes_[likeliest])

    def predict_pictures(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        views: Views | None = None,
    ) -> NDArray[Any]:
        """Return the most probable class of each picture, as ``pellucid predict`` does.

        Parameters
        ----------
        paths : path-like or iterable of path-like
            Files of pictures, of any size; ``preprocessing_`` makes images of them.
        views : {"mirror", "shifts", "mirror+shifts"}, optional
            As for :meth:`predict`.

        Returns
        -------
        ndarray of shape (n,)
            Of ``classes_``.

        Raises
        ------
        DataError
            Pictures that can't be read; the message names every one.
        """
        check_is_fitted(self)
        files = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        if not files:
            raise DataError("There are no pictures: paths is empty.")
        shares = prediction.of_pictures(self._fitted, files, workers_for(self.n_jobs), views)
        return np.asarray(self.classes_[shares.argmax(axis=1)])

    def predict_proba(self, X: ArrayLike, views: Views | None = None) -> NDArray[np.float64]:
        """Return the probability of each class for each image.

        Parameters
        ----------
        X : array-like
            As for :meth:`predict`.
        views : {"mirror", "shifts", "mirror+shifts"}, optional
            As for :meth:`predict`.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
            In the order of ``classes_``.
        """
        with np.errstate(under="ignore"):
            return np.exp(self.predict_log_proba(X, views))

    def predict_log_proba(self, X: ArrayLike, views: Views | None = None) -> NDArray[np.float64]:
        """Return the logarithm of :meth:`predict_proba`, which is always finite.

        ``log probs[n, k] = out[n, k] - log sum_l exp(out[n, l])``

        Parameters
        ----------
        X : array-like
            As for :meth:`predict`.
        views : {"mirror", "shifts", "mirror+shifts"}, optional
            As for :meth:`predict`.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
        """
        given = given_to_predict(self, X)
        workers = workers_for(self.n_jobs)
        return prediction.log_probabilities(self._fitted, given, workers, views)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return log probabilities; for two classes their difference.

        Parameters
        ----------
        X : array-like
            As for :meth:`predict`.

        Returns
        -------
        ndarray of shape (n, n_classes), or (n,) for two classes, float64
        """
        scores = self.predict_log_proba(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Return the features that the last layer sees.

        For a network of a single layer these are the pixels from 0 to 1.

        Parameters
        ----------
        X : array-like
            As for :meth:`predict`.

        Returns
        -------
        ndarray of shape (n, width of the hidden layer)
            float64 where X is, else float32.
        """
        given = given_to_predict(self, X)
        return prediction.features(self._fitted, given, workers_for(self.n_jobs))

    def summary(self) -> str:
        """Return the network as a table: each layer's output, parameters and multiply-adds.

        Returns
        -------
        str
            To be printed.

        Raises
        ------
        NotFittedError
            The network is known once the classifier is fitted.
        """
        check_is_fitted(self)
        return self.network_.summary()

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
        ConfigurationError
            A parameter was changed to what can't be used, and could not be loaded.
        """
        check_is_fitted(self)
        file.save(path, parameters_of(self), self._fitted)

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
        classifier, fitted = file.load(cls, path)
        classifier._keep(fitted)
        return classifier

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_fitted")

    @property
    def _n_features_out(self) -> int:
        return self._fitted.n_features_out

    def _repr_html_inner(self) -> str:
        return str(super()._repr_html_inner()) + self._network_html()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle: dict[str, str] = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += self._network_html()
        return bundle

    def _network_html(self) -> str:
        return network_html(self.network_) if self.__sklearn_is_fitted__() else ""

    def _settings(self) -> Settings:
        return Settings.of(parameters_of(self))

    def _before(self) -> Fitted | None:
        return getattr(self, "_fitted", None)

    def _keep(self, fitted: Fitted) -> None:
        """Hold what was learned, in place of what was there."""
        self._fitted = fitted
        name_columns(self, fitted.feature_names)
