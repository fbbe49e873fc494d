"""Where a training stands: all that the updates to come depend on, beside data and settings."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.network.network import Network
from pellucid.network.summary import describe
from pellucid.training.history import Update

__all__ = ["TrainingState", "differences", "plain"]


@dataclass(frozen=True, eq=False)
class TrainingState:
    """Where a call of ``Trainer.fit`` stands after an update.

    Attributes
    ----------
    parameters, m, v : ndarray of shape (n,), float32
        The parameters and Adam's moments.
    t : int
        How many updates made the moments.
    done : int
        Updates of this call so far. The order of the images is a function of seed and pass, so
        this and ``first_pass`` are the place in the pass.
    first_pass, next_pass : int
        The pass with which the call began, and the one with which another call would.
    updates : tuple of Update
        Every update of the trainer so far; the last ``done`` are those of this call.
    """

    parameters: NDArray[np.float32]
    m: NDArray[np.float32]
    v: NDArray[np.float32]
    t: int
    done: int
    first_pass: int
    next_pass: int
    updates: tuple[Update, ...]


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return settings as JSON gives them back: lists for tuples, Python's numbers for NumPy's."""
    result: dict[str, Any] = json.loads(json.dumps(values, default=lambda value: value.item()))
    return result


def differences(there: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """Return how two settings differ, a phrase for each that does.

    Examples
    --------
    >>> differences({"seed": 0, "optimizer": {"eps": 1}}, {"seed": 0, "optimizer": {"eps": 2}})
    ['eps is 1 there and 2 here']
    """
    found = []
    for name in dict.fromkeys((*there, *here)):
        old, new = there.get(name), here.get(name)
        if old == new or name == "weighted":
            continue
        if name == "sample_weight" and there.get("weighted") is here.get("weighted") is False:
            continue  # as many ones as there are images
        if name == "network":
            found.append(_network_difference(old, new))
        elif name in ("images", "labels", "sample_weight"):
            found.append(f"the data's {name} differ")
        elif isinstance(old, dict) and isinstance(new, dict):
            found += differences(old, new)
        else:
            found.append(f"{name} is {_shown(old)} there and {_shown(new)} here")
    return found


def _shown(value: Any) -> str:
    return "none" if value is None else json.dumps(value)


def _network_difference(old: Any, new: Any) -> str:
    try:
        there, here = Network.from_dict(old), Network.from_dict(new)
    except Exception:
        return "the network is another"
    if there.input_shape != here.input_shape:
        return f"the network takes images of {there.input_shape} there and {here.input_shape} here"
    for number, (a, b) in enumerate(zip(there.layers, here.layers, strict=False), start=1):
        if a != b:
            first, second = describe(a), describe(b)
            if first == second:  # what describe leaves out
                first, second = _full(a), _full(b)
            return f"layer {number} of the network is {first} there and {second} here"
    return f"the network has {len(there.layers)} layers there and {len(here.layers)} here"


def _full(layer: Any) -> str:
    return f"{type(layer).__name__}({dataclasses.asdict(layer)})"
