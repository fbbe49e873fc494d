"""What a fitted CNNClassifier does: predict, transform, and show itself in a notebook."""

from __future__ import annotations

from typing import Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from pellucid.estimators.displays import network_html
from pellucid.estimators.rows import Images, check_image_shape, rows_of
from pellucid.estimators.settings import check_jobs
from pellucid.execution.inference import run_network
from pellucid.images.pixel_range import warn_of_another_scale
from pellucid.network.layers import Flatten
from pellucid.network.network import Network
from pellucid.training import Trainer

__all__ = ["PredictionMixin", "validated"]

AT_ONCE = 16_384
"""Images that are made ready for the network at a time."""


class PredictionMixin(ClassNamePrefixFeaturesOutMixin, ClassifierMixin, TransformerMixin):  # type: ignore[misc]
    """The methods of :class:`pellucid.CNNClassifier` that use what it has learned."""

    classes_: NDArray[Any]
    n_features_in_: int
    n_jobs: int | None
    network_: Network
    pixel_range_: tuple[float, float]
    _trainer: Trainer

    @property
    def parameters_(self) -> NDArray[np.float32]:
        """What was learned, as one flat vector; ``network_.views`` names its parts."""
        return self._trainer.parameters

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of each image.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C)
            Images, in the form and range that ``fit`` was given.

        Returns
        -------
        ndarray of shape (n,)
            Of ``classes_``, the first of equals.
        """
        likeliest = self.predict_log_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[likeliest])

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each class for each image.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C)
            Images, in the form and range that ``fit`` was given.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
            In the order of ``classes_``.
        """
        with np.errstate(under="ignore"):
            return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the logarithm of :meth:`predict_proba`, which is always finite.

        ``log probs[n, k] = out[n, k] - log sum_l exp(out[n, l])``

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C)
            Images, in the form and range that ``fit`` was given.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
        """
        check_is_fitted(self)
        logits, _ = self._run(self.network_, X)
        return _log_softmax(logits.astype(np.float64))

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return log probabilities; for two classes their difference.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C)
            Images, in the form and range that ``fit`` was given.

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
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C)
            Images, in the form and range that ``fit`` was given.

        Returns
        -------
        ndarray of shape (n, width of the hidden layer)
            float64 where X is, else float32.
        """
        check_is_fitted(self)
        features, dtype = self._run(self.network_.before_last(), X)
        return features.astype(dtype)

    @property
    def _n_features_out(self) -> int:
        part = self.network_.before_last()
        return self.n_features_in_ if part is None else part.shapes[-1][0]

    def _repr_html_inner(self) -> str:
        return str(super()._repr_html_inner()) + network_html(self)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle: dict[str, str] = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += network_html(self)
        return bundle

    def _workers(self) -> int:
        check_jobs(self.n_jobs)
        return int(effective_n_jobs(self.n_jobs))

    def _run(self, network: Network | None, X: ArrayLike) -> tuple[NDArray[Any], np.dtype[Any]]:
        """Return a network's outputs, or the pixels, and the dtype of features of X."""
        rows, shape = rows_of(X)
        samples = validated(self, rows, reset=False)
        check_image_shape(shape, self.network_.input_shape)
        warn_of_another_scale(samples, self.pixel_range_)
        images = Images(samples, self.pixel_range_, self.network_.input_shape)
        found = [self._outputs(network, part) for part in images.parts(AT_ONCE)]
        dtype = np.dtype(np.float64 if samples.dtype == np.float64 else np.float32)
        return np.concatenate(found), dtype

    def _outputs(self, network: Network | None, images: NDArray[Any]) -> NDArray[np.float32]:
        if network is None or all(isinstance(layer, Flatten) for layer in network.layers):
            pixels = images.reshape(len(images), -1).astype(np.float32)
            return pixels / np.float32(255) if images.dtype == np.uint8 else pixels
        parameters = self.parameters_[: network.size]
        found = run_network(network, parameters, images, None, self._workers(), logits=True)
        return found.probabilities


def validated(estimator: Any, X: Any, *targets: Any, reset: bool) -> Any:
    """Return data that scikit-learn has checked; it adds X up, which may overflow silently."""
    with np.errstate(over="ignore", invalid="ignore"):
        return validate_data(estimator, X, *targets, reset=reset, dtype="numeric")


def _log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    with np.errstate(under="ignore"):
        total = np.exp(shifted).sum(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(total))
