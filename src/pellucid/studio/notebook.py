"""The page in a cell of a notebook, through anywidget."""

from __future__ import annotations

import functools
import html
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import whole
from pellucid.errors import ConfigurationError, DataError, did_you_mean
from pellucid.execution.inference import predict_proba
from pellucid.execution.targets import check_targets
from pellucid.files.model_file import Model
from pellucid.images.axes import four_axes, from_all_over
from pellucid.images.checks import check_images
from pellucid.studio.content import content_of
from pellucid.studio.examples import LOOKED_AT, SHOWN, chosen_examples
from pellucid.studio.html import page_of

__all__ = ["show", "shown"]

TITLE = "A network"


def show(
    model: Any,
    images: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    *,
    title: str = TITLE,
    height: int = 900,
) -> Any:
    """Show a model in a notebook: the page of ``pellucid page``, in the cell's output.

    It needs anywidget: ``pip install 'pellucid[notebook]'``. What is computed is computed in the
    browser, by the page's own engine.

    Parameters
    ----------
    model : Model or fitted CNNClassifier
        What to look into, of one class an image.
    images : array-like of shape (n, H, W) or (n, C, H, W), optional
        Test images to choose from, as the network takes them: uint8, or floats in [0, 1]. Up to 100
        of them are put in, of all classes, and with some that the network has wrong. With a
        :class:`CNNClassifier` its own ``show`` takes X as ``fit`` does.
    labels : array-like of shape (n,), optional
        Their classes, as indices or names; needed with ``images``.
    title : str, default "A network"
        What the page is called.
    height : int, default 900
        How high the cell's output is, in pixels.

    Returns
    -------
    anywidget.AnyWidget
        The widget, whose ``address`` says what is looked at and may be set: ``"i=3&v=1.0.4.4"``.

    Raises
    ------
    ConfigurationError
        anywidget is not installed, or the model learned something else than classes.
    DataError
        Images without labels, or ones that can't be used.

    Examples
    --------
    >>> from pellucid import presets, Preprocessing
    >>> network = presets.reference()
    >>> names = tuple("0123456789")
    >>> model = Model(network, network.initial_parameters(), Preprocessing((28, 28)), names)
    >>> widget = show(model, np.zeros((1, 28, 28)), ["7"])  # doctest: +SKIP
    >>> widget.address = "v=1.0.4.4"  # doctest: +SKIP
    """
    if hasattr(model, "to_model"):
        model = model.to_model()
    if not isinstance(model, Model):
        raise ConfigurationError(
            f"model is {type(model).__name__}; give a Model, as load_model returns it, or a fitted "
            "CNNClassifier.",
            argument="model",
        )
    if (images is None) != (labels is None):
        given, missing = ("images", "labels") if labels is None else ("labels", "images")
        raise DataError(f"There are {given}, but no {missing}; give both, or neither.")
    ready = np.zeros((0, *model.network.input_shape), np.uint8)
    places = np.zeros(0, np.int64)
    if images is not None and labels is not None:
        checked = model.preprocessing.for_kernels(check_images(images, model.network.input_shape))
        ready = four_axes(checked)
        places = _indices(model, labels, len(ready))
    return shown(model, ready, places, title=title, height=height)


def shown(
    model: Model, images: NDArray[Any], labels: NDArray[np.int64], *, title: str, height: int
) -> Any:
    """Return the widget of a model and images that are ready for its network.

    Parameters
    ----------
    model : Model
        Of classes.
    images : ndarray of shape (n, C, H, W)
        uint8, or float32 in [0, 1].
    labels : ndarray of shape (n,), int
        Their classes.
    title : str
        What the page is called.
    height : int
        In pixels.
    """
    height = whole("height", height, least=100)
    widget = _widget()
    some = np.ascontiguousarray(from_all_over(images, LOOKED_AT))
    their = from_all_over(labels, LOOKED_AT)
    if len(some):
        probabilities = predict_proba(model.network, model.parameters, some)
        chosen = chosen_examples(probabilities, their, SHOWN)
        some, their = some[chosen], their[chosen]
    page = page_of(content_of(model, some, their, title))
    return widget(page=page, title=title, height=height)


def _indices(model: Model, labels: ArrayLike, count: int) -> NDArray[np.int64]:
    """Return labels as checked indices, where they are names of the model's classes too."""
    array = np.asarray(labels)
    if array.dtype.kind not in "UO":
        return np.asarray(check_targets(model.network, array, count), np.int64)
    odd = [name for name in array.ravel().tolist() if name not in model.classes]
    if odd:
        raise DataError(
            f"labels hold {odd[0]!r}; the classes are {', '.join(model.classes)}."
            f"{did_you_mean(str(odd[0]), model.classes)}"
        )
    places = [model.classes.index(name) for name in array.ravel().tolist()]
    return np.asarray(check_targets(model.network, places, count), np.int64)


@functools.cache
def _widget() -> Any:
    """Return the class of the widget: made once, when somebody first asks for it."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise ConfigurationError(
            "To show a model in a notebook needs anywidget, which is not installed: "
            "pip install 'pellucid[notebook]'; 'pellucid page' writes the same page as a file."
        ) from error

    class StudioWidget(anywidget.AnyWidget):
        """The page of a model, in a frame."""

        _esm = Path(__file__).with_name("widget.js")
        page = traitlets.Unicode().tag(sync=True)
        title = traitlets.Unicode().tag(sync=True)
        address = traitlets.Unicode().tag(sync=True)
        height = traitlets.Int().tag(sync=True)

        def __repr__(self) -> str:
            return f"<StudioWidget: {html.escape(self.title)}>"

    return StudioWidget
