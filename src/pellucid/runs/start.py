"""Where a run starts from: what a model has learned, also of classes that are not all the same."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pellucid.console import some
from pellucid.data import Dataset
from pellucid.errors import Argument, ConfigurationError, DataError
from pellucid.files.model_file import Model, load_model, save_model
from pellucid.images.preprocessing import Fit
from pellucid.network.layers import Dense, Layer
from pellucid.network.network import Network
from pellucid.network.text import layers_to_text
from pellucid.runs.folder import START, model_in

__all__ = ["Start"]


@dataclass(frozen=True, eq=False)
class Start:
    """A model whose layers and parameters a run begins with.

    Attributes
    ----------
    model : Model
        What was learned before.
    """

    model: Model

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Start:
        """Return the model in a file, or in the folder of a run.

        Raises
        ------
        ModelFileError
            There is none that can be read.
        ConfigurationError
            Its outputs are no classes, or end in a layer that can't be given others.
        """
        model = load_model(model_in(Path(path).expanduser()))
        if model.network.loss.targets != "classes":
            raise ConfigurationError(
                Argument("start_from"), f" is {path}, whose outputs are "
                f"{model.network.loss.targets}, not classes; go on with it in Python: "
                "pellucid.CNNClassifier or CNNRegressor with warm_start=True.",
            )  # fmt: skip
        return cls(model)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of its images."""
        _, height, width = self.model.network.input_shape
        return height, width

    @property
    def fit(self) -> Fit:
        """How pictures are brought to that size."""
        return self.model.preprocessing.fit

    def layers(self, dataset: Dataset) -> str:
        """Return the layers for the classes of some data, as a text.

        Raises
        ------
        DataError
            Its images are of another shape, or its classes others where the network does not end
            in ``Dense``.
        """
        network = self.model.network
        if dataset.input_shape != network.input_shape:
            raise DataError(
                f"The images of {dataset.name} are {_shown(dataset.input_shape)}, but ",
                Argument("start_from"), f" names a model for {_shown(network.input_shape)}; give "
                "images of that kind, or leave ", Argument("start_from"), " out.",
            )  # fmt: skip
        layers: list[Layer] = list(network.layers)
        last = layers[-1]
        if dataset.classes == self.model.classes:
            return layers_to_text(layers)
        if not isinstance(last, Dense):
            raise DataError(
                f"The classes of {dataset.name} are not those of the model in ",
                Argument("start_from"), f", and its network ends in {type(last).__name__}, not in "
                "Dense, so it can't be given others; use data with the classes "
                f"{some(self.model.classes)}.",
            )  # fmt: skip
        layers[-1] = dataclasses.replace(last, units=len(dataset.classes))
        return layers_to_text(layers)

    def parameters(
        self, network: Network, classes: tuple[str, ...], seed: int
    ) -> NDArray[np.float32]:
        """Return the parameters to begin with: the model's, and new ones for new classes.

        Parameters
        ----------
        network : Network
            The model's, or with another number of outputs.
        classes : tuple of str
            What these stand for. Those that the model knows by name keep their weights.
        seed : int
            What the others are drawn from.

        Returns
        -------
        ndarray of shape (network.size,), float32
        """
        if classes == self.model.classes:
            return self.model.parameters.copy()
        begun = network.initial_parameters(seed)
        new, old = network.views(begun), self.model.network.views(self.model.parameters)
        known = [name for name in classes if name in self.model.classes]
        to = [classes.index(name) for name in known]
        of = [self.model.classes.index(name) for name in known]
        last = max(int(name[1:]) for name in new if name.startswith("w"))
        for name, array in new.items():
            if int(name[1:]) == last:  # a row for each class
                array[to] = old[name][of]
            else:
                array[:] = old[name]
        return begun

    def told(self, classes: tuple[str, ...]) -> str:
        """Return what becomes of the model's classes, in a sentence."""
        new = [name for name in classes if name not in self.model.classes]
        gone = [name for name in self.model.classes if name not in classes]
        kept, all_of_model = len(classes) - len(new), len(self.model.classes)
        parts = [f"{kept} of the model's {all_of_model} classes go on"]
        parts += [f"{len(new)} are new ({some(new)})"] if new else []
        parts += [f"{len(gone)} are not in the data and are dropped ({some(gone)})"] if gone else []
        return f"Training starts from what was learned before: {', '.join(parts)}."

    def keep(self, folder: Path) -> None:
        """Write the model into the folder of the run, so that it can be verified there."""
        save_model(folder / START, self.model)


def _shown(shape: tuple[int, ...]) -> str:
    channels, height, width = shape if len(shape) == 3 else (1, *shape)
    return f"{height} x {width} in {'color' if channels == 3 else 'gray'}"
