"""A model as a page: which test images it holds, and how it is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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
from pellucid.studio.html import page_of

__all__ = ["chosen_examples", "write_page"]

LOOKED_AT = 2000
"""Test images among which those of the page are chosen."""

MISTAKEN = 5
"""One of so many images of the page is a mistake, where there are that many."""


def write_page(
    model: Model,
    path: Path,
    say: Say,
    *,
    data: str | None = None,
    images: int = 100,
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


def chosen_examples(
    probabilities: NDArray[np.float32], labels: NDArray[np.int64], count: int
) -> NDArray[np.intp]:
    """Return which images to show: each class in turn, and at the end the surest mistakes.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4], [0.1, 0.9]])
    >>> chosen_examples(probabilities, np.array([0, 0, 1, 1, 1]), 4).tolist()
    [0, 2, 1, 4]
    >>> chosen_examples(probabilities, np.array([0, 0, 1, 1, 1]), 5).tolist()
    [0, 2, 1, 4, 3]
    """
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    surest = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")]
    mistakes = surest[: count // MISTAKEN].tolist()
    right = np.flatnonzero(probabilities.argmax(axis=1) == labels)
    # The n-th image of each class comes before the next one of any.
    turns: dict[int, int] = {}
    order = []
    for place in right.tolist():
        label = int(labels[place])
        order.append((turns.get(label, 0), label, place))
        turns[label] = turns.get(label, 0) + 1
    found = [place for *_, place in sorted(order)]
    return np.array([*found[: max(0, count - len(mistakes))], *mistakes], dtype=np.intp)
