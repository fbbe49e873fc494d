"""Which data a model is tested on, and which part of them: never what it was trained on."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

from pellucid import data
from pellucid.console import Say
from pellucid.data import Dataset
from pellucid.data.catalog import NAMES, Channels, sources_in
from pellucid.data.readers.unlabeled import Told
from pellucid.data.split import stratified_split
from pellucid.errors import Argument, ConfigurationError, DataError
from pellucid.files.fingerprints import array_fingerprint
from pellucid.files.model_file import Model
from pellucid.runs.settings import DATA_PIXELS, RunSettings

__all__ = ["load_tested", "options_of_training", "told_by_training"]

_OF_DATA = ("data", "skip_bad", "test_share", "label", "follow_links")
"""What a run's configuration says of how its data is read, beside what images are told."""


def load_tested(
    model: Model,
    source: str | None,
    say: Say,
    *,
    skip_bad: bool = False,
    test_share: float | None = None,
    label: str | None = None,
    pixel_range: tuple[float, float] | None = None,
    channels: Channels | None = None,
    transpose: bool = False,
) -> Dataset:
    """Return a data set whose test images are those to test a model on, read as the model has it.

    A source that has test images of its own is tested on these. Of another all images are taken,
    unless it is one that the model was trained on: then those that training kept for the test.

    Parameters
    ----------
    model : Model
        What to test.
    source : str or None
        What :func:`pellucid.data.load` takes; None for what the model was trained on.
    say : callable
        Is told, a line at a time, what is taken.
    skip_bad : bool, default False
        Whether to go on without bad files and rows.
    test_share : float, optional
        The part of each class to take where there are no test images; 1 takes all.
    label, pixel_range, channels, transpose : optional
        As for :func:`pellucid.data.load`; by default what training was told.

    Raises
    ------
    ConfigurationError
        The model does not say what it was trained on, and nobody else does.
    DataError, DownloadError
        The data can't be read.
    """
    trained = _trained_on(model)
    if source is None:
        if trained is None:
            raise ConfigurationError(
                "The model does not say what it was trained on; name the data to test it on with ",
                Argument("data"), ".",
            )  # fmt: skip
        _refuse_missing(trained)
        say(f"Data: {trained}, which the model was trained on.")
        skip_bad = skip_bad or model.configuration.get("skip_bad") is True
    own = _own_parts(source or str(trained), trained)
    kept = _kept(model)
    share = test_share if test_share is not None else kept if any(own) else 1.0
    training = told_by_training(model)
    told = {
        "skip_bad": skip_bad,
        "test_share": share,
        "label": label if label is not None else _label(model),
        "pixel_range": pixel_range or training.pixel_range,
        "channels": channels or training.channels,
        "transpose": transpose or training.transpose,
        "follow_links": bool(model.configuration.get("follow_links")),
    }
    dataset = _load(model, source or str(trained), say, told, is_named=source is not None)
    if test_share is not None:
        return dataset
    if not any(own):
        return _without_own(model, dataset, kept, say)
    if not all(own):
        say(
            f"A part of {source} is what the model was trained on; of each without test images "
            f"of its own {kept:.0%} is tested, as training kept it."
        )
    return _checked_own(model, dataset, say)


def told_by_training(model: Model) -> Told:
    """Return what a run was told of its images; a classifier's settings are others."""
    if _trained_on(model) is None:
        return Told()
    pixels = model.configuration.get(DATA_PIXELS)
    return Told(
        None if pixels is None else tuple(pixels),
        model.configuration.get("channels"),
        bool(model.configuration.get("transpose")) or None,
    )


def options_of_training(model: Model) -> dict[str, Any]:
    """Return the options that read the data which a run trained a model on; none if no run did.

    Without its source, they are what :func:`load_tested` reads it by.
    """
    found = model.configuration
    if _trained_on(model) is None or "test_share" not in found:
        return {}
    told = told_by_training(model)._asdict()
    told |= {name: found.get(name) for name in _OF_DATA}
    return {name: value for name, value in told.items() if value not in (None, False)}


def _trained_on(model: Model) -> str | None:
    name = model.configuration.get("data")
    return name if isinstance(name, str) and name else None


def _kept(model: Model) -> float:
    kept = model.configuration.get("test_share")
    return kept if isinstance(kept, float) else RunSettings().test_share


def _label(model: Model) -> Any:
    """Return the column of the classes that the run was told."""
    return None if _trained_on(model) is None else model.configuration.get("label")


def _load(
    model: Model, source: str, say: Say, told: dict[str, Any], *, is_named: bool
) -> Dataset:  # fmt: skip
    try:
        with data.show_reading("reading") as progress:
            return data.load(
                source, say=say, progress=progress, preprocessing=model.preprocessing, **told
            )
    except DataError as error:
        if not is_named and "\n" not in str(error):  # no list of what is bad in it
            error.add(" Where it is elsewhere now, say so with ", Argument("data"), ".")
        raise


def _refuse_missing(trained: str) -> None:
    """Refuse what a model was trained on that is not here any more; it may have moved."""
    missing = [name for name in sources_in(trained) if not (name in NAMES or _is_there(name))]
    if missing:
        raise DataError(
            f"{' and '.join(missing)}, which the model was trained on, "
            f"{'is' if len(missing) == 1 else 'are'} not here (in {Path.cwd()}); say where the "
            "data is now with ", Argument("data"), ".",
        )  # fmt: skip


def _is_there(name: str) -> bool:
    try:
        return Path(name).exists() or Path(name).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # what reads it tells why it can't
        return True


def _own_parts(source: str, trained: str | None) -> list[bool]:
    """Return of each of the sources joined in a text whether a model was trained on it."""
    known = {*map(_place, sources_in(trained))} if trained else set()
    return [_place(part) in known for part in sources_in(source)]


def _place(source: str) -> str:
    return source if source in NAMES else os.path.realpath(source)


def _checked_own(model: Model, dataset: Dataset, say: Say) -> Dataset:
    """Return the training's own data; say so where they are not what they were."""
    then = model.configuration.get("data_fingerprint")
    is_whole = dataset.name not in NAMES and dataset.name == _trained_on(model)
    if is_whole and dataset.fingerprint() != then:
        say(
            f"{dataset.name} is not quite what the model was trained on: images were added, "
            "removed or changed, or more of them can be used now. Some that it is tested on may "
            "have been trained on."
        )
    return dataset


def _without_own(model: Model, dataset: Dataset, kept: float, say: Say) -> Dataset:
    """Return data of another name; of the training's own, moved, what was kept for the test."""
    images, labels = dataset.test_images, dataset.test_labels
    then = model.configuration.get("data_fingerprint")
    if len(dataset.train_images) or not isinstance(then, str):
        return dataset
    try:
        train, test = stratified_split(labels, kept)
    except DataError:  # no class has two
        return dataset
    if array_fingerprint(images[train], labels[train], images[test], labels[test]) != then:
        return dataset
    say(f"{dataset.name} is what the model was trained on; it is tested on the part that was kept.")
    return dataclasses.replace(dataset, test_images=images[test], test_labels=labels[test])
