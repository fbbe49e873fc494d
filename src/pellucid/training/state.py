"""Where a training stands: all that the updates to come depend on, beside data and settings."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import NetworkError
from pellucid.network.network import Network
from pellucid.network.summary import describe
from pellucid.training.averages.base import BaseAverage
from pellucid.training.averages.running import RunningAverage
from pellucid.training.history import History, Update
from pellucid.training.optimizers.optimizer import Optimizer

__all__ = ["Progress", "TrainingState", "differences", "plain"]


@dataclass(frozen=True, eq=False)
class TrainingState:
    """Where a trainer stands between two updates; nothing of it changes as training goes on.

    ``Trainer.state`` gives one, and takes it to go back there.

    Attributes
    ----------
    parameters : ndarray of shape (n,), float32
        What was learned.
    vectors : dict of str to ndarray of shape (n,), float32
        What the optimizer keeps, by name: ``m`` and ``v``, Adam's moments.
    t : int
        How many updates made the vectors.
    done : int
        Updates of the call of ``Trainer.fit`` that is at work, or of the last one. The order of
        the images is a function of seed and pass, so this and ``first_pass`` are the place in the
        pass.
    first_pass, next_pass : int
        The pass with which that call began, and the one with which another would.
    updates : tuple of Update
        Every update in the trainer's history; the last ``done`` are those of that call.
    average : ndarray of shape (n,), float64, or None
        The average of the parameters, where one is kept.
    averaged : int
        How many updates are in it.
    best : ndarray of shape (n,), float32, or None
        What predicted best so far in that call, where early stopping looks for it.
    statistics : ndarray of shape (m,), float32, or None
        The norms' statistics that the average predicts with, if they were brought up to date. They
        follow from the rest and the images, so a checkpoint has none.
    """

    parameters: NDArray[np.float32]
    vectors: dict[str, NDArray[np.float32]]
    t: int
    done: int
    first_pass: int
    next_pass: int
    updates: tuple[Update, ...]
    average: NDArray[np.float64] | None = None
    averaged: int = 0
    statistics: NDArray[np.float32] | None = None
    best: NDArray[np.float32] | None = None

    @property
    def predicting(self) -> NDArray[np.float32]:
        """What predicts: the best so far, the average, or the parameters where there is neither.

        The norms' statistics are those that were averaged along.
        """
        if self.best is not None:
            return self.best
        return self.parameters if self.average is None else self.average.astype(np.float32)

    def __repr__(self) -> str:
        return (
            f"<TrainingState after {len(self.updates):,} updates: {len(self.parameters):,} "
            f"parameters>"
        )


@dataclass(eq=False)
class Progress:
    """The state of a trainer while it trains: what a :class:`TrainingState` is a copy of.

    Updates change the arrays in place.
    """

    parameters: NDArray[np.float32]
    vectors: dict[str, NDArray[np.float32]]
    t: int = 0
    done: int = 0
    first_pass: int = 0
    next_pass: int = 0
    history: History = field(default_factory=History)
    average: RunningAverage | None = None
    best: NDArray[np.float32] | None = None

    def capture(self) -> TrainingState:
        """Return where training stands."""
        average = self.average
        return TrainingState(
            self.parameters.copy(), {name: v.copy() for name, v in self.vectors.items()}, self.t,
            self.done, self.first_pass, self.next_pass, tuple(self.history.updates),
            None if average is None else average.mean.copy(),
            0 if average is None else average.count,
            None if average is None else average.statistics,
            None if self.best is None else self.best.copy(),
        )  # fmt: skip

    def restore(self, state: TrainingState) -> None:
        """Go to where training stood."""
        self.make_writable()
        self.parameters[:] = state.parameters
        self.vectors = {name: np.array(vector) for name, vector in state.vectors.items()}
        self.t, self.done = state.t, state.done
        self.first_pass, self.next_pass = state.first_pass, state.next_pass
        self.history = History(list(state.updates))
        self.best = None if state.best is None else np.array(state.best)
        self.average = None
        if state.average is not None:
            self.average = RunningAverage(state.average, state.averaged)
            if state.statistics is not None:
                self.average.bring_up_to_date(state.statistics)

    def set_parameters(self, parameters: NDArray[np.float32]) -> None:
        """Go on with other parameters; an average begins anew with them."""
        self.make_writable()
        self.parameters[:] = parameters
        self.best = None
        if self.average is not None:
            self.average.begin(self.parameters)

    def see(self, average: BaseAverage | None, share: float) -> None:
        """Take the parameters after an update into the average, if there is to be one."""
        if average is None:
            return
        if self.average is None:
            self.average = RunningAverage(self.parameters)
        self.average.see(average, self.parameters, share)

    def begin_call(self) -> None:
        """Begin with the updates of a call of ``Trainer.fit``."""
        self.first_pass, self.done, self.best = self.next_pass, 0, None

    def make_writable(self) -> None:
        """Copy what joblib has mapped from a file that may not be written."""
        if not self.parameters.flags.writeable:
            self.parameters = np.array(self.parameters)
        for name, vector in self.vectors.items():
            if not vector.flags.writeable:
                self.vectors[name] = np.array(vector)
        if self.average is not None:
            self.average.make_writable()

    def suit(self, optimizer: Optimizer, average: BaseAverage | None) -> None:
        """Begin anew with what the settings need and is not there, and drop what they don't."""
        if self.vectors.keys() != set(optimizer.vectors):
            self.vectors, self.t = optimizer.begin(len(self.parameters)), 0
        if average is None:
            self.average = None
        elif self.average is None:
            self.average = RunningAverage(self.parameters)


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
        if name == "network" and _is_same_network(old, new):
            continue
        if name == "sample_weight" and there.get("weighted") is here.get("weighted") is False:
            continue  # as many ones as there are images
        if name == "validation_data":
            found.append(_validation_difference(old, new))
        elif name == "network":
            found.append(_network_difference(old, new))
        elif name in ("images", "labels", "sample_weight"):
            found.append(f"the data's {name} differ")
        elif isinstance(old, dict) and isinstance(new, dict):
            if old.get("name") != new.get(
                "name"
            ):  # of an optimizer: what it is set to says nothing
                old, new = old.get("name"), new.get("name")
                found.append(f"{name} is {_shown(old)} there and {_shown(new)} here")
            else:
                found += differences(old, new)
        else:
            found.append(f"{name} is {_shown(old)} there and {_shown(new)} here")
    return found


def _validation_difference(old: Any, new: Any) -> str:
    if old is None:
        return "validation_data is none there and given here"
    if new is None:
        return "validation_data is given there and none here"
    return "the images or labels of validation_data differ"


def _shown(value: Any) -> str:
    return "none" if value is None else json.dumps(value)


def _is_same_network(old: Any, new: Any) -> bool:
    """Return whether two descriptions mean one network; older files have fewer settings."""
    try:
        return Network.from_dict(old).means(Network.from_dict(new))
    except NetworkError:
        return False


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
    if there.loss != here.loss:
        return f"the network's loss is {there.loss} there and {here.loss} here"
    return f"the network has {len(there.layers)} layers there and {len(here.layers)} here"


def _full(layer: Any) -> str:
    return f"{type(layer).__name__}({dataclasses.asdict(layer)})"
