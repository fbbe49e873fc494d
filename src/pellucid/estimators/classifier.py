"""The classifier for scikit-learn users: ``CNNClassifier().fit(X, y).predict(X)``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from pellucid.elementary import exps, logs, logs1p
from pellucid.errors import ConfigurationError, DataError
from pellucid.estimators import prediction, showing
from pellucid.estimators.base import CNNEstimator
from pellucid.estimators.classes import (
    at_least_two,
    classes_of_stream,
    labels_of_stream,
    width_of,
)
from pellucid.estimators.fitted import Fitted, Learned
from pellucid.estimators.given import given_to_predict
from pellucid.estimators.habits import refuse_unknown, refusing_unknown
from pellucid.estimators.settings import Settings, workers_for
from pellucid.estimators.tasks import Task, one_class, several_labels
from pellucid.estimators.undo import one_at_a_time
from pellucid.images.known import Known
from pellucid.images.views import Views
from pellucid.network.loss import IN_WORDS, TargetKind

__all__ = ["CNNClassifier"]


@refusing_unknown
@dataclass(eq=False, repr=False)
class CNNClassifier(ClassifierMixin, CNNEstimator):
    """A convolutional classifier of images.

    X is an array of images, or a list (or Series) of pictures of any size: paths of files, or
    arrays. Pictures are brought to one size, and what did so is saved with the classifier.

    Parameters
    ----------
    network : list of Layer, Network or None, default None
        What to train. A list of layers that does not end in ``Dense`` is followed by
        ``Dense(n_classes)``. None takes the recipe's.
    image_shape : (int, int), (int, int, int) or None, default None
        ``(height, width)`` or ``(height, width, channels)`` of one image, where X is
        (n, features), or to which pictures are resized, where X lists paths or arrays of other
        sizes. None takes a square for a number of features that is a square of at least
        16, and a single row for any other, with a warning where X does not look like it; and the
        size that all pictures have.
    pixel_range : "auto" or (float, float), default "auto"
        The values that become 0 and 1; what lies outside in later data becomes 0 or 1 too, and a
        warning tells if that looks like another scale. "auto" is 0 to 255 for uint8 with a value
        above 127 (in :meth:`partial_fit` for all uint8), else from the smallest to the largest
        value that :meth:`fit`, or the first :meth:`partial_fit`, sees. Ends that lie far outside
        what 99.8% of the pixels have, in a tenth of the images at most, are left out.
    max_iter : int or "auto", default "auto"
        Passes over the training data. "auto" is 3000 / sqrt(n) for n different images, but from 5
        to 80: small sets need more passes. Of drawings, and of all that gets the plain recipe, 24
        where that is soon done, from 15,625 to 62,500 images.
    batch_size : int or "auto", default "auto"
        Images an update; "auto" is a fortieth of the data, but from 32 to 256. Never more than
        there are.
    learning_rate : float, default 0.003
        Adam's step size; see ``schedule``.
    beta1, beta2, epsilon : float, default 0.9, 0.999 and 1e-8
        Adam's other settings.
    optimizer : AdamW, SGD, Adam or None, default None
        What takes the steps, with its own settings, in place of Adam with those above.
    clip_norm : float or None, default None
        The largest norm that a batch's mean gradient may have; None for any.
    schedule : Schedule, CosineSchedule, OneCycleSchedule, StepSchedule or None, default None
        How the learning rate changes over the updates of :meth:`fit`; in :meth:`partial_fit` it is
        constant. None lets it rise over the first tenth and fall over the last half.
    average : ExponentialAverage, MeanAverage or None, default None
        An average of the parameters over the updates that predicts in place of the last ones.
    augmentation : Augmentation, "auto", "photos", "drawings" or None, default "auto"
        How training images are randomized, if at all. "drawings" turns them by up to 15 degrees,
        scales them by up to a tenth and shifts them by up to a tenth of their shorter side (of
        20,000 images or more up to 10 degrees and a twentieth), where they have at least 8 pixels
        in height and width, and leaves others as they are. "photos"
        mirrors half of them, left and right, and shifts them by up to an eighth of their shorter
        side: :meth:`pellucid.Augmentation.photos`. "auto" is "photos" for photographs, but without
        mirroring where the classes are one-sided, and "drawings" for all else; things on a plain
        ground are turned by up to 5 degrees only. None never randomizes.
    class_weight : dict, "balanced" or None, default None
        What an image of each class counts, times its ``sample_weight``. Of several labels an image
        "balanced" balances each, and multiplies; a dict is refused.
    early_stopping : bool, default False
        Hold back a part of the training images, and keep the parameters with which the weighted
        accuracy on it was best, those before a ``warm_start`` among them. The learning rate stays
        level until that has not improved for ``n_iter_no_change`` passes, falls over as many more,
        and training ends; with a ``schedule`` it goes by that, and training ends where it is level.
    validation_fraction : float, default 0.1
        The part of the different images that is held back, by class where there are enough, for
        ``early_stopping`` and for ``unknown``.
    n_iter_no_change : int, default 5
        See ``early_stopping``.
    unknown : float or None, default None
        The share of images of the training's own kind that :meth:`is_known` may take for unknown
        by mistake, such as 0.05. :meth:`fit` then chooses the limit on images held back, or on
        ``validation_data``. None chooses none, and :meth:`is_known` can't be asked.
    warm_start : bool, default False
        Go on from the last :meth:`fit` or :meth:`partial_fit`, with its classes, network, pixel
        range and the optimizer's moments; another ``network``, ``image_shape`` or ``pixel_range``
        is refused.
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
    recipe : str or path-like, default "auto"
        What is trained and how where the other parameters leave it open: "auto", "plain",
        "residual", "signal" or "reference", or a recipe's file, ``.toml`` or ``.json``. "auto" is
        "residual" for photographs, :func:`pellucid.presets.residual` with SGD, "signal" for rows of
        values that go on from one to the next, :func:`pellucid.presets.signal` with Adam, and for
        all else "plain", :func:`pellucid.presets.default` with Adam. With a ``network`` of your own
        it is "plain"'s optimizer and schedule.
    max_time : float, str or None, default None
        Seconds, or a text such as "2min", that training may take in place of ``max_iter`` passes:
        as many are done as there is time for by a first measure, one at least. Compiling is not
        counted.
    callbacks : callable or sequence of callable, default ()
        Called with an :class:`~pellucid.estimators.passes.Epoch` (``epoch``, ``loss``,
        ``validation_score``, ``accuracy`` and more) after every pass. One that returns True ends
        :meth:`fit` there, before the learning rate falls or as it does.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted; for several labels an image their places, 0 to n_labels - 1.
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
        The weighted accuracy on the images held back, or on ``validation_data``, after every pass,
        NaN after passes that had neither; None if there was no other.
    validation_losses_ : list of float or None
        The mean loss on the same images, likewise.
    n_iter_ : int
        Passes over the data, over all these calls.
    preprocessing_ : Preprocessing
        What is done to a picture, here and by ``pellucid predict``; :meth:`save` adds the range of
        the pixels. It is known if X listed pictures or came from an :class:`~pellucid.ImageReader`,
        or if it was set; else a guess. Arrays of images are taken as they are.

    Notes
    -----
    Where y is a matrix of 0 and 1, an image has several labels, or none. The network is then held
    to :class:`pellucid.BinaryCrossEntropy`, each label is a question of its own, and what counts as
    right, in :meth:`score` and with ``early_stopping``, is an image all of whose labels are.

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

    _: KW_ONLY
    class_weight: dict[Any, float] | str | None = None
    unknown: float | None = None

    classes_ = Learned[NDArray[Any]]()

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
        **unknown: Any,
    ) -> Any:
        """Train on images and their classes.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C); or list of pictures
            Images, of any numeric dtype; or paths of pictures; or arrays (H, W) or (H, W, 3) of
            any size, uint8 or floats in [0, 1].
        y : array-like of shape (n,) or (n, n_labels)
            Classes: anything that can be sorted. A matrix of 0 and 1 has a column for each label,
            of which an image may have none, some or all.
        sample_weight : array-like of shape (n,), optional
            What each image counts.
        validation_data : (X, y), optional
            Images that are not trained on, and their classes. Loss and accuracy on them are
            measured after every pass; with ``early_stopping`` they take the place of a part held
            back.
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
        refuse_unknown("fit", unknown, ("X", "y", "sample_weight", "validation_data"))
        self._fit(X, y, sample_weight, validation_data)
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
            All classes that will come; needed on the first call, but for several labels an image.
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
            before, named = self._before(), None
            if width_of(y) > 1:
                labels_of_stream(classes, width_of(y))
            else:
                named = classes_of_stream(classes, None if before is None else before.classes)
            self._fit_part(X, y, sample_weight, named)
        return self

    def _task(
        self, settings: Settings, targets: NDArray[Any], before: Fitted | None, named: Any = None
    ) -> Task:
        kind: TargetKind = "labels" if targets.ndim == 2 else "classes"
        if before is not None and before.network.loss.targets != kind:
            raise DataError(
                f"y holds {IN_WORDS[kind]}, but training had "
                f"{IN_WORDS[before.network.loss.targets]}; train anew with warm_start=False."
            )
        if kind == "labels":
            return several_labels(settings.class_weight, targets)
        check_classification_targets(targets)
        if named is None:
            named = np.unique(targets) if before is None else before.classes
        return one_class(settings.class_weight, targets, at_least_two(named))

    def predict(self, X: ArrayLike, views: Views | None = None) -> NDArray[Any]:
        """Return the most probable class of each image, or the labels that are likelier than not.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C); or list of pictures
            Images, in the form and range that ``fit`` was given; or paths of pictures, to which is
            done what ``preprocessing_`` says; or arrays of other sizes, if that is no guess.
        views : {"mirror", "shifts", "mirror+shifts"}, optional
            Take the mean of the probabilities of an image and its mirror image; of it and four that
            are shifted by a pixel or a 32nd of their shorter side; or of both. It takes 2, 5 or 10
            times as long. Where left and right matter, as in writing, the mirror image misleads.

        Returns
        -------
        ndarray of shape (n,), or (n, n_labels) for several labels an image
            Of ``classes_``, the first of equals; or, int64, 1 for each label that an image has.
        """
        if self._has_labels():
            return (self.predict_proba(X, views) > 0.5).astype(np.int64)
        likeliest = self.predict_log_proba(X, views).argmax(axis=1)
        return np.asarray(self.classes_[likeliest])

    def predict_proba(self, X: ArrayLike, views: Views | None = None) -> NDArray[np.float64]:
        """Return the probability of each class, or of each label, for each image.

        Parameters
        ----------
        X : array-like
            As for :meth:`predict`.
        views : {"mirror", "shifts", "mirror+shifts"}, optional
            As for :meth:`predict`.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
            In the order of ``classes_``. Of classes they add up to 1; of labels they need not.
        """
        if self._has_labels():
            given, workers = given_to_predict(self, X), workers_for(self.n_jobs)
            return prediction.label_probabilities(self._fitted, given, workers, views)
        return exps(self.predict_log_proba(X, views))

    def predict_log_proba(self, X: ArrayLike, views: Views | None = None) -> NDArray[np.float64]:
        """Return the logarithm of :meth:`predict_proba`, which is always finite.

        ``log probs[n, k] = out[n, k] - log sum_l exp(out[n, l])``; for several labels an image
        ``-log(1 + exp(-out[n, k]))``.

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
        if self._has_labels():
            if views is not None:
                return logs(self.predict_proba(X, views))
            scores = self._scores(X)
            return np.minimum(scores, 0.0) - logs1p(exps(-np.abs(scores)))
        given = given_to_predict(self, X)
        workers = workers_for(self.n_jobs)
        return prediction.log_probabilities(self._fitted, given, workers, views)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return log probabilities; for two classes their difference, for labels the logits.

        Parameters
        ----------
        X : array-like
            As for :meth:`predict`.

        Returns
        -------
        ndarray of shape (n, n_classes), or (n,) for two classes, float64
        """
        if self._has_labels():
            return self._scores(X)
        scores = self.predict_log_proba(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def is_known(self, X: ArrayLike, false_alarms: float | None = None) -> NDArray[np.bool_]:
        """Tell of each image whether it is like those of the training, or like none of them.

        :meth:`predict` names a class for anything, and :meth:`predict_proba` may be sure of noise.
        Here an image is unknown if its :meth:`score_samples` is below that of nearly all images
        held back in :meth:`fit`. That says nothing of whether its class is right, and strange
        images may pass: what can't be told is in docs/guide/unknown.md.

        Parameters
        ----------
        X : array-like
            As for :meth:`predict`.
        false_alarms : float, optional
            The share of images of the training's kind that may be called unknown; ``unknown`` by
            default.

        Returns
        -------
        ndarray of shape (n,), bool
            False for what is unknown.

        Raises
        ------
        ConfigurationError
            :meth:`fit` chose no limit, or there are too few images held back for the share.

        Examples
        --------
        >>> from sklearn.datasets import load_digits
        >>> images, labels = load_digits(return_X_y=True)
        >>> classifier = CNNClassifier(unknown=0.05, random_state=0).fit(images, labels)
        >>> noise = np.random.default_rng(0).integers(0, 17, (100, 64))
        >>> bool(classifier.is_known(images).mean() > 0.95)
        True
        >>> found = np.where(classifier.is_known(noise), classifier.predict(noise), "unknown")
        >>> bool((found == "unknown").mean() > 0.9)
        True
        """
        known = self._known_images()
        limit = known.limit(false_alarms)
        distances = self._distances(known, X)
        return np.asarray(distances <= limit)

    @available_if(lambda self: self._has_limit())  # type: ignore[untyped-decorator]
    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return how much each image is like those of the training: less is stranger.

        Minus the distance of what the last layer sees of it, its direction and its length, to the
        nearest class; Mahalanobis', so the variance of the training's images is the unit.

        Parameters
        ----------
        X : array-like
            As for :meth:`predict`.

        Returns
        -------
        ndarray of shape (n,), float64
            At most 0.

        Raises
        ------
        AttributeError
            There is no such method, as scikit-learn has it, without ``unknown``.
        ConfigurationError
            As for :meth:`is_known`.

        Notes
        -----
        Source: :class:`pellucid.images.known.Known`.
        """
        return -self._distances(self._known_images(), X).astype(np.float64)

    @available_if(lambda self: not self._has_labels())  # type: ignore[untyped-decorator]
    def show(
        self,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        *,
        title: str = "A network",
        height: int = 900,
    ) -> Any:
        """Show the fitted classifier in a notebook: every number of it, forward and backward.

        The page of ``pellucid page`` in the cell's output. It needs anywidget:
        ``pip install 'pellucid[notebook]'``.

        Parameters
        ----------
        X : array-like, optional
            As for :meth:`predict`: test images to choose from, of which up to 100 are put in.
        y : array-like of shape (n,), optional
            Their classes; needed with X.
        title : str, default "A network"
            What the page is called.
        height : int, default 900
            How high the cell's output is, in pixels.

        Returns
        -------
        anywidget.AnyWidget

        Raises
        ------
        NotFittedError
            Nothing was learned yet.
        ConfigurationError
            anywidget is not installed.
        DataError
            X without y, or what :meth:`predict` refuses.
        """
        return showing.show(self, X, y, title=title, height=height)

    def _has_limit(self) -> bool:
        fitted = self._before()
        return self.unknown is not None or (fitted is not None and fitted.known is not None)

    def _known_images(self) -> Known:
        check_is_fitted(self)
        known = self._fitted.known
        if known is None:
            raise ConfigurationError(
                "The classifier has no limit between known and unknown images: it was trained "
                "without one, or further by partial_fit. Train it by fit, with unknown=0.05."
            )
        return known

    def _distances(self, known: Known, X: ArrayLike) -> NDArray[np.float32]:
        given = given_to_predict(self, X)
        return prediction.distances(self._fitted, known, given, workers_for(self.n_jobs))

    def _has_labels(self) -> bool:
        """Return whether an image may have several labels."""
        check_is_fitted(self)
        return self.network_.loss.targets == "labels"

    def _scores(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the logit of each label."""
        given, workers = given_to_predict(self, X), workers_for(self.n_jobs)
        found = prediction.outputs(self._fitted, self._fitted.network, given, workers)
        return found.astype(np.float64)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
