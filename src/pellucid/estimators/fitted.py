"""What an estimator has learned: one frozen object, which every pass replaces by another."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from pellucid.estimators.chosen import Chosen
from pellucid.estimators.passes import Epoch
from pellucid.estimators.tasks import Scale
from pellucid.images.known import Known
from pellucid.images.looks import Looks
from pellucid.images.preprocessing import Preprocessing
from pellucid.network.network import Network
from pellucid.training import Trainer

__all__ = ["Fitted", "Learned", "name_columns"]

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Fitted:
    """What an estimator holds after a pass; its trainer is what passes to come go on with.

    Attributes
    ----------
    trainer : Trainer
        Has the network, its parameters and Adam's moments.
    classes : ndarray of shape (n_classes,)
        The names of the classes, sorted; of numbers those of the columns of y.
    feature_names : ndarray of str or None
        The columns of X, where it was a table with names.
    pixel_range : (float, float)
        The values that became 0 and 1.
    range_in_bytes : (float, float)
        The same in the units of pictures.
    preprocessing : Preprocessing
        What to do to a picture.
    is_guessed : bool
        Whether nobody said what was done to the training's pictures, so that this is a guess.
    looks : Looks or None
        What the training's pictures look like.
    scale : Scale or None
        How numbers become what the network learns; None where it learns none.
    known : Known or None
        What tells images unlike those of the training, if that was asked for.
    loss_curve : list of float
        The loss of every pass.
    validation_scores : list of float or None
        The accuracy after every pass, of numbers R^2; NaN where none was measured.
    validation_losses : list of float or None
        The loss on the same images, likewise.
    n_iter : int
        Passes done.
    chosen : Chosen
        The recipe, and what it was chosen by.
    """

    trainer: Trainer
    classes: NDArray[Any]
    feature_names: NDArray[Any] | None
    pixel_range: tuple[float, float]
    range_in_bytes: tuple[float, float]
    preprocessing: Preprocessing
    is_guessed: bool = True
    looks: Looks | None = None
    scale: Scale | None = None
    known: Known | None = None
    loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] | None = None
    validation_losses: list[float] | None = None
    n_iter: int = 0
    chosen: Chosen = field(default_factory=Chosen)

    @property
    def network(self) -> Network:
        """What was trained."""
        return self.trainer.network

    @property
    def parameters(self) -> NDArray[np.float32]:
        """What was learned, as one flat vector."""
        return self.trainer.averaged

    @property
    def n_features_in(self) -> int:
        """Values in one image."""
        return math.prod(self.network.input_shape)

    @property
    def n_features_out(self) -> int:
        """Values that the last layer sees of one image."""
        part = self.network.before_last()
        return self.n_features_in if part is None else part.shapes[-1][0]

    def after(self, epoch: Epoch) -> Fitted:
        """Return what there is after one more pass."""
        before = len(self.loss_curve)
        return dataclasses.replace(
            self,
            loss_curve=[*self.loss_curve, epoch.loss],
            validation_scores=_longer(self.validation_scores, epoch.validation_score, before),
            validation_losses=_longer(self.validation_losses, epoch.validation_loss, before),
            n_iter=epoch.epoch,
            known=None,  # it was of other features
        )


def _longer(values: list[float] | None, value: float | None, before: int) -> list[float] | None:
    """Return what was measured after every pass, with one more; None while nothing was."""
    if value is None and values is None:
        return None
    earlier = [math.nan] * before if values is None else values
    return [*earlier, math.nan if value is None else value]


_FIELDS = {item.name for item in dataclasses.fields(Fitted)}


class Learned(Generic[T]):
    """An attribute of an estimator that :class:`Fitted` has, under the name without its ``_``.

    It is missing until the estimator is fitted. Setting it sets the field of :class:`Fitted`.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name, self._field = name, name.removesuffix("_")

    def __get__(self, estimator: Any, owner: type | None = None) -> T:
        if estimator is None:
            return self  # type: ignore[return-value]  # asked of the class
        value: T = getattr(self._fitted(estimator), self._field)
        return value

    def __set__(self, estimator: Any, value: T) -> None:
        fitted = self._fitted(estimator)
        if self._field not in _FIELDS:
            raise AttributeError(f"{self._name} follows from what was learned; it can't be set.")
        changes: dict[str, Any] = {self._field: value}
        if self._field == "preprocessing":
            changes["is_guessed"] = False
        estimator._fitted = dataclasses.replace(fitted, **changes)

    def _fitted(self, estimator: Any) -> Fitted:
        fitted: Fitted | None = vars(estimator).get("_fitted")
        if fitted is None:
            raise AttributeError(
                f"{type(estimator).__name__!r} object has no attribute {self._name!r}"
            )
        return fitted


def name_columns(estimator: BaseEstimator, names: NDArray[Any] | None) -> None:
    """Give an estimator ``feature_names_in_``, or take it away.

    It is no :class:`Learned`: without names there must be no such attribute, not even on the class,
    where scikit-learn's display of a fitted estimator would find it.
    """
    if names is not None:
        estimator.feature_names_in_ = names
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_
