"""What the estimators have in common: their parameters, how they are fitted, saved and shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from pellucid.estimators import file, prediction
from pellucid.estimators.displays import network_html
from pellucid.estimators.fitted import Fitted, Learned, name_columns
from pellucid.estimators.given import given_to_learn, given_to_predict
from pellucid.estimators.learning import Learner, start
from pellucid.estimators.passes import Epoch
from pellucid.estimators.settings import Settings, parameters_of, workers_for
from pellucid.estimators.tasks import Task
from pellucid.estimators.undo import one_at_a_time
from pellucid.estimators.validation import validation_examples
from pellucid.export.exported import Export
from pellucid.export.formats import export_to
from pellucid.files.model_file import Model
from pellucid.images.augmentation import Augmentation
from pellucid.images.preprocessing import Preprocessing
from pellucid.network.layers import Layer
from pellucid.network.network import Network
from pellucid.training.averages.base import BaseAverage
from pellucid.training.optimizers.optimizer import Optimizer
from pellucid.training.schedules.base import BaseSchedule

__all__ = ["CNNEstimator"]


@dataclass(eq=False, repr=False)
class CNNEstimator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """A convolutional network that learns something of images; what, an estimator says.

    Its parameters are explained in :class:`pellucid.CNNClassifier`. An estimator has ``_task``.
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
    optimizer: Optimizer | None = None
    clip_norm: float | None = None
    schedule: BaseSchedule | None = None
    average: BaseAverage | None = None
    augmentation: Augmentation | str | None = "auto"
    early_stopping: bool = False
    validation_fraction: float = 0.1
    n_iter_no_change: int = 5
    warm_start: bool = False
    n_jobs: int | None = -1
    random_state: Any = None
    verbose: bool | int | str = False
    callbacks: Callable[[Epoch], object] | Sequence[Callable[[Epoch], object]] = ()
    recipe: str | os.PathLike[str] = "auto"
    max_time: float | str | None = None

    # What was learned is no field: these look into what the last good pass left.
    n_features_in_ = Learned[int]()
    network_ = Learned[Network]()
    parameters_ = Learned[NDArray[np.float32]]()
    pixel_range_ = Learned[tuple[float, float]]()
    loss_curve_ = Learned[list[float]]()
    validation_scores_ = Learned[list[float] | None]()
    validation_losses_ = Learned[list[float] | None]()
    n_iter_ = Learned[int]()
    preprocessing_ = Learned[Preprocessing]()

    def _task(
        self, settings: Settings, targets: NDArray[Any], before: Fitted | None, named: Any = None
    ) -> Task:
        """Return what a call is to learn.

        Parameters
        ----------
        settings : Settings
            The estimator's.
        targets : ndarray
            y as it was given.
        before : Fitted or None
            What the call goes on from.
        named : array-like, optional
            The classes to come, where ``partial_fit`` was told of them.
        """
        raise NotImplementedError

    def _fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        validation_data: tuple[ArrayLike, ArrayLike] | None,
    ) -> None:
        """Train, as :meth:`fit` says."""
        with one_at_a_time(self):
            settings = self._settings()
            before = self._before() if settings.warm_start else None
            given = given_to_learn(self, X, y, sample_weight, is_new=before is None)
            task = self._task(settings, given.targets, before)
            fitted = start(settings, given, before, task)
            validation = validation_examples(
                self, validation_data, fitted, lambda y: self._task(settings, y, fitted).targets
            )
            Learner(settings, given, fitted, self._keep).fit(task, validation)

    def _fit_part(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, named: Any = None
    ) -> None:
        """Do one pass, as :meth:`partial_fit` says."""
        with one_at_a_time(self):
            settings, before = self._settings(), self._before()
            given = given_to_learn(self, X, y, sample_weight, is_new=before is None)
            task = self._task(settings, given.targets, before, named)
            fitted = start(settings, given, before, task, is_first_part=True)
            Learner(settings, given, fitted, self._keep).fit_part(task)

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
            The network is known once the estimator is fitted.
        """
        check_is_fitted(self)
        return self.network_.summary()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to a file of arrays and JSON; see :meth:`load`.

        Not kept are the optimizer's moments, ``callbacks``, and a ``random_state`` that is no
        integer.

        Parameters
        ----------
        path : path-like
            The file; an existing one is replaced.

        Raises
        ------
        ModelFileError
            The file can't be written, or the names of classes or a parameter can't be JSON.
        ConfigurationError
            A parameter was changed to what can't be used, and could not be loaded.
        """
        check_is_fitted(self)
        file.save(path, parameters_of(self), self._fitted)

    def to_model(self) -> Model:
        """Return what was learned as a :class:`pellucid.Model`, without the parameters of fit.

        Returns
        -------
        Model
            Network, parameters, preprocessing and classes.

        Raises
        ------
        NotFittedError
            Nothing was learned yet.
        """
        check_is_fitted(self)
        return file.model_of(self._fitted)

    def export(
        self, path: str | os.PathLike[str], to: str = "onnx", *, pixels: str = "auto"
    ) -> Export:
        """Write the fitted estimator for other programs, with what is done to its pixels.

        Parameters
        ----------
        path : path-like
            The file to write; an existing one is replaced.
        to : {"onnx", "c", "torch"}, default "onnx"
            The format: see :func:`pellucid.export.to_onnx`, :func:`pellucid.export.to_c` and
            :func:`pellucid.export.to_torch`.
        pixels : {"auto", "uint8", "float32"}, default "auto"
            The type of the pixels that it takes; "auto" is uint8 where X had bytes, else float32,
            with the values that X has.

        Returns
        -------
        Export
            Whose ``compare(X)`` proves that both say the same.

        Raises
        ------
        NotFittedError
            Nothing was learned yet.
        ConfigurationError, ExportError
            ``to`` or ``pixels`` can't be used, or the estimator can't be expressed or written.

        Examples
        --------
        >>> import tempfile
        >>> from sklearn.datasets import load_digits
        >>> from pellucid import CNNClassifier
        >>> X, y = load_digits(return_X_y=True)
        >>> classifier = CNNClassifier(random_state=0, max_iter=5).fit(X, y)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     comparison = classifier.export(f"{folder}/digits.onnx").compare(X)
        >>> comparison.images, comparison.changed, comparison.agrees
        (1797, 0, True)
        """
        return export_to(self.to_model(), path, to, pixels=pixels)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the estimator in a file of :meth:`save`, or a classifier of ``pellucid train``.

        In the latter, classes named 0, 1, 2 ... are the numbers, and others are strings.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        CNNClassifier or CNNRegressor
            Fitted.

        Raises
        ------
        ModelFileError
            The file is missing, damaged, no model, or that of the other estimator.
        """
        estimator, fitted = file.load(cls, path)
        estimator._keep(fitted)
        return estimator

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
