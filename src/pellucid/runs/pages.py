"""A model as a page: which test images it holds, and how it is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pellucid.console import Say
from pellucid.errors import ConfigurationError
from pellucid.execution.inference import predict_proba
from pellucid.files.atomic import atomic_write
from pellucid.files.model_file import Model
from pellucid.images.axes import four_axes, from_all_over
from pellucid.kernels.compiling.cache import announce_with
from pellucid.network.loss import IN_WORDS
from pellucid.runs.models import labels_for
from pellucid.runs.tested import load_tested
from pellucid.studio.content import content_of
from pellucid.studio.examples import LOOKED_AT, SHOWN, chosen_examples
from pellucid.studio.html import page_of

__all__ = ["write_page"]


def write_page(
    model: Model,
    path: Path,
    say: Say,
    *,
    data: str | None = None,
    images: int = SHOWN,
    title: str | None = None,
    skip_bad: bool = False,
) -> int:
    """Write a model as one file of HTML, with some test images; return how many bytes it has.

    Parameters
    ----------
    model : Model
        What to show.
    path : Path
        The file; an existing one is replaced.
    say : callable
        Is told, a line at a time, what is going on.
    data : str, optional
        Whose test images; by default of what the model was trained on.
    images : int, default 100
        How many.
    title : str, optional
        What the page is called; by default after the data.
    skip_bad : bool, default False
        Whether to go on without bad files and rows.

    Raises
    ------
    ConfigurationError
        The model learned something else than classes, does not say what it was trained on, or the
        file can't be written.
    DataError, DownloadError
        The data can't be read, or does not fit the model.
    """
    kind = model.network.loss.targets
    if kind != "classes":
        raise ConfigurationError(
            f"This model learned {IN_WORDS[kind]}, but a page shows networks of one class an "
            "image; look at it in Python, by pellucid.trace."
        )
    dataset = load_tested(model, data, say, skip_bad=skip_bad)
    labels = from_all_over(labels_for(model, dataset), LOOKED_AT)
    announce_with(say)
    ready = model.preprocessing.for_kernels(from_all_over(dataset.test_images, LOOKED_AT))
    ready = np.ascontiguousarray(four_axes(ready))
    places = chosen_examples(predict_proba(model.network, model.parameters, ready), labels, images)
    name = title if title is not None else f"A network that learned {dataset.name}"
    page = page_of(content_of(model, ready[places], labels[places], name)).encode("utf-8")
    try:
        atomic_write(path, page)
    except OSError as error:
        raise ConfigurationError(
            f"The page can't be written to {path}: {error.strerror or error}."
        ) from error
    return len(page)
