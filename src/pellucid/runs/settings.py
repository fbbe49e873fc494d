"""Everything that a run depends on, as settings and as JSON-ready values."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from pellucid import data
from pellucid.console import Say
from pellucid.data import Dataset
from pellucid.data.catalog import Channels
from pellucid.errors import Argument, DataError
from pellucid.images.augmentation import Augmentation
from pellucid.images.preprocessing import Fit, Preprocessing
from pellucid.recipes.randomizing import ForPhotos, suited
from pellucid.training import Adam, Schedule
from pellucid.training.averages.base import BaseAverage
from pellucid.training.averages.dictionary import average_from_dict
from pellucid.training.optimizers.dictionary import optimizer_from_dict
from pellucid.training.optimizers.optimizer import Optimizer
from pellucid.training.schedules.base import BaseSchedule
from pellucid.training.schedules.dictionary import schedule_from_dict

__all__ = ["DATA_PIXELS", "RunSettings"]

DATA_PIXELS = "data_pixel_range"
"""Under this name a model's file has the option ``pixel_range`` of its run."""


@dataclass(frozen=True)
class RunSettings:
    """Everything that a run depends on; :mod:`pellucid.runs.options` says it to a person.

    What each does is told there. None is, for ``data``, MNIST or the bundled digits where MNIST is
    out of reach; for ``size``, pictures as they are, or 28 x 28 where ``fit`` is ``"mnist"``; for
    ``validation_share``, the data's own images to validate; for ``label``, ``pixel_range`` and
    ``channels``, what the data tells; for ``network``, the recipe's; for ``epochs`` and ``time``,
    ``images`` in all; for ``patience``, all of them; for ``class_weight``, every image alike; for
    ``start_from``, initial parameters; for ``workers``, one on each processor; for ``clip_norm``,
    gradients as they are; for ``average``, the last parameters; for ``augmentation``, images that
    are not randomized.
    """

    data: str | None = None
    size: tuple[int, int] | None = None
    fit: Fit = "resize"
    skip_bad: bool = False
    test_share: float = 0.2
    validation_share: float | None = None
    label: str | None = None
    pixel_range: tuple[float, float] | None = None
    channels: Channels | None = None
    transpose: bool = False
    follow_links: bool = False
    recipe: str = "reference"
    network: str | None = None
    epochs: float | None = None
    time: str | None = None
    patience: int | None = None
    class_weight: str | None = None
    start_from: str | None = None
    images: int = 81_000
    batch_size: int = 1024
    sections: int = 8
    workers: int | None = None
    executor: str = "threads"
    optimizer: Optimizer = field(default_factory=lambda: Adam(learning_rate=0.05))
    clip_norm: float | None = None
    schedule: BaseSchedule = field(default_factory=lambda: Schedule(warmup=0.3, cooldown=0.3))
    average: BaseAverage | None = None
    augmentation: Augmentation | ForPhotos | None = field(default_factory=Augmentation)
    seed: int = 0

    def suited(self, shape: tuple[int, ...]) -> RunSettings:
        """Return the settings for images of a shape, by which photographs are shifted."""
        return dataclasses.replace(self, augmentation=suited(self.augmentation, shape))

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-ready values; they must be :meth:`suited` to some images."""
        values = dataclasses.asdict(self)
        values["optimizer"] = self.optimizer.to_dict()
        values["schedule"] = self.schedule.to_dict()
        values["average"] = self.average and self.average.to_dict()
        assert not isinstance(self.augmentation, ForPhotos)
        values["augmentation"] = self.augmentation and self.augmentation.to_dict()
        return values

    def load(self, say: Say) -> Dataset:
        """Read the data; a bar shows how far it is, where reading takes time."""
        is_centered = self.fit == "mnist"
        with data.show_reading("reading") as progress:
            return data.load(
                self.data or "mnist",
                fallback=self.data is None,
                say=say,
                progress=progress,
                skip_bad=self.skip_bad,
                size=None if is_centered else self.size,
                preprocessing=Preprocessing(self.size or (28, 28)) if is_centered else None,
                test_share=self.test_share,
                label=self.label,
                pixel_range=self.pixel_range,
                channels=self.channels,
                transpose=self.transpose or None,
                follow_links=self.follow_links,
            )

    def load_again(self, say: Say) -> Dataset:
        """Read the data of a run that is there already.

        Raises
        ------
        DataError
            It can't be read; the message says that it is what the run recorded.
        """
        try:
            return self.load(say)
        except DataError as error:
            if "\n" in str(error):  # a list of what is bad in it
                raise
            raise DataError(
                f"The data of this run, {self.data}, can't be read; if it is elsewhere now, say "
                "where with ",
                Argument("data"),
                f". {error}",
            ) from error

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RunSettings:
        """Return the settings that :meth:`to_dict` described; other entries don't matter.

        Raises
        ------
        KeyError, TypeError, ConfigurationError
            An entry is missing, or has a value that can't be used.
        """
        names = [f.name for f in dataclasses.fields(cls)]
        settings = {name: values[name] for name in names if name in values}
        ranges, size = settings["augmentation"], settings["size"]
        # In a model's file the entry "pixel_range" is what the network takes for 0 and 1.
        pixels = settings.get("pixel_range") if "updates" not in values else values.get(DATA_PIXELS)
        average = settings.get("average")
        return cls(
            **settings
            | {
                "size": None if size is None else tuple(size),
                "validation_share": values.get("validation_share", 0.0),  # older runs had none
                "pixel_range": None if pixels is None else tuple(pixels),
                "optimizer": optimizer_from_dict(settings["optimizer"]),
                "schedule": schedule_from_dict(settings["schedule"]),
                "average": None if average is None else average_from_dict(average),
                "augmentation": None if ranges is None else Augmentation(**ranges),
            }
        )
