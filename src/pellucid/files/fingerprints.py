"""Fingerprints: a SHA-256 that says whether two things are the same to the last bit."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ConfigurationError
from pellucid.files.digests import little_endian, sha256

__all__ = ["array_fingerprint", "fingerprint"]


class HasParameters(Protocol):
    """What holds parameters: a model, a trainer."""

    @property
    def parameters(self) -> NDArray[np.float32]:
        """The flat vector."""


class HasLearned(Protocol):
    """An estimator, which has parameters when it is fitted."""

    @property
    def parameters_(self) -> NDArray[np.float32]:
        """The flat vector."""


def fingerprint(model: HasParameters | HasLearned | ArrayLike) -> str:
    """Return the SHA-256, in hex, of a model's parameters: equal if they are, to the last bit.

    It is taken over the bytes of the flat vector as little-endian float32, so it is the same on
    every machine, and says nothing of names, settings or data.

    Parameters
    ----------
    model : Model, Trainer, fitted CNNClassifier or CNNRegressor, or array-like of shape (n,)
        What holds the parameters, or the flat vector itself.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    ConfigurationError
        The estimator is not fitted, or ``model`` is nothing that holds parameters.

    Examples
    --------
    >>> import pellucid
    >>> pellucid.fingerprint(np.zeros(3, dtype=np.float32))[:16]
    '15ec7bf0b50732b4'
    >>> trainer = pellucid.Trainer(pellucid.presets.reference())
    >>> pellucid.fingerprint(trainer) == pellucid.fingerprint(trainer.parameters)
    True
    """
    return sha256(np.asarray(_vector(model), "<f4"))


def array_fingerprint(*arrays: NDArray[Any]) -> str:
    """Return the SHA-256, in hex, of each array's dtype, shape and bytes, little-endian.

    Examples
    --------
    >>> array_fingerprint(np.zeros(2, "<i8")) == array_fingerprint(np.zeros(2, ">i8"))
    True
    """
    stored = [little_endian(array) for array in arrays]
    return sha256(*(part for a in stored for part in (f"{a.dtype.str}{a.shape};", a)))


def _vector(model: Any) -> NDArray[Any]:
    if hasattr(model, "partial_fit"):
        if not hasattr(model, "parameters_"):
            raise ConfigurationError(
                f"This {type(model).__name__} has learned nothing yet; call fit first."
            )
        return np.asarray(model.parameters_)
    held = getattr(model, "parameters", model)
    try:
        vector = np.asarray(held)
    except ValueError:
        vector = np.empty((), dtype=object)
    if vector.ndim != 1 or vector.dtype.kind != "f":
        raise ConfigurationError(
            f"There is no fingerprint of {_kind(model)}; give a Model, a Trainer, a fitted "
            "CNNClassifier, or a flat vector of parameters."
        )
    return vector


def _kind(model: Any) -> str:
    if isinstance(model, np.ndarray):
        return f"an array of shape {model.shape} and dtype {model.dtype}"
    return f"a {type(model).__name__}"
