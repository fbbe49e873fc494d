"""Arguments that other libraries have: refused with the name of what does the same here."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any, TypeVar

from pellucid.errors import UnknownArgumentError, did_you_mean

__all__ = ["refuse_unknown", "refusing_unknown"]

T = TypeVar("T")

_HELD_BACK = (
    "CNNClassifier(early_stopping=True, validation_fraction=0.1), which holds images back itself"
)
_MEASURED = "fit(X, y, validation_data=(X_val, y_val))"
_PASSES = "CNNClassifier(max_iter=10)"
_RATE = "CNNClassifier(learning_rate=0.003)"
_OPTIMIZER = "CNNClassifier(optimizer=SGD(0.05, momentum=0.9, nesterov=True))"
_DECAY = "CNNClassifier(optimizer=AdamW(0.003, weight_decay=0.05))"
_SCHEDULE = "CNNClassifier(schedule=CosineSchedule(warmup=0.1))"
_CLIP = "CNNClassifier(clip_norm=1.0)"
_AVERAGE = "CNNClassifier(average=ExponentialAverage(decay=0.99))"
_INSTEAD = {
    "validation_data": _MEASURED,
    "validation_split": _HELD_BACK,
    "eval_set": _MEASURED,
    "X_val": _MEASURED,
    "y_val": _MEASURED,
    "epochs": _PASSES,
    "n_epochs": _PASSES,
    "max_epochs": _PASSES,
    "num_epochs": _PASSES,
    "n_estimators": _PASSES,
    "lr": _RATE,
    "learning_rate_init": _RATE,
    "solver": _OPTIMIZER,
    "momentum": _OPTIMIZER,
    "nesterov": _OPTIMIZER,
    "nesterovs_momentum": _OPTIMIZER,
    "weight_decay": _DECAY,
    "alpha": _DECAY,
    "scheduler": _SCHEDULE,
    "lr_scheduler": _SCHEDULE,
    "clipnorm": _CLIP,
    "max_grad_norm": _CLIP,
    "gradient_clip_val": _CLIP,
    "ema": _AVERAGE,
    "use_ema": _AVERAGE,
    "swa": _AVERAGE,
    "batch": "CNNClassifier(batch_size=64)",
    "layers": "CNNClassifier(network=[...])",
    "hidden_layer_sizes": "CNNClassifier(network=[Flatten(), Dense(100), ReLU()])",
    "input_shape": "CNNClassifier(image_shape=(28, 28))",
    "seed": "CNNClassifier(random_state=0)",
    "workers": "CNNClassifier(n_jobs=2)",
    "num_workers": "CNNClassifier(n_jobs=2)",
    "device": "nothing: everything runs on the processor",
    "shuffle": "nothing: the images are always shuffled, by random_state",
}


def refuse_unknown(
    where: str, names: Iterable[str], known: Iterable[str], kind: str = "CNNClassifier"
) -> None:
    """Refuse arguments that a function of an estimator does not have.

    Raises
    ------
    UnknownArgumentError
        The message says what to use in place of the first.

    Examples
    --------
    >>> refuse_unknown("fit", ["epochs"], ["X", "y"])
    Traceback (most recent call last):
    pellucid.errors.UnknownArgumentError: fit has no argument 'epochs'; use
    CNNClassifier(max_iter=10).
    """
    for name in names:
        instead = _INSTEAD.get(name, "").replace("CNNClassifier", kind)
        fix = f"; use {instead}." if instead else f".{did_you_mean(name, known)}"
        raise UnknownArgumentError(f"{where} has no argument {name!r}{fix}")


def refusing_unknown(kind: type[T]) -> type[T]:
    """Make a dataclass refuse parameters that it does not have in the same words."""
    init: Any = kind.__init__
    known = [item.name for item in dataclasses.fields(kind)]  # type: ignore[arg-type]

    @functools.wraps(init)
    def refusing(self: Any, *values: Any, **parameters: Any) -> None:
        name = kind.__name__
        refuse_unknown(name, [item for item in parameters if item not in known], known, name)
        init(self, *values, **parameters)

    kind.__init__ = refusing  # type: ignore[method-assign]
    return kind
