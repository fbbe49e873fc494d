"""Several views of an image, of which the mean of the predictions is taken: mirrored, shifted.

They are no randomizing: an image always has the same views, in the same order.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError

__all__ = ["AS_THEY_ARE", "View", "Views", "as_seen", "views_for"]

Views = Literal["mirror", "shifts", "mirror+shifts"]
"""What the views of an image are; see :func:`views_for`."""

_NAMES = get_args(Views)

_SIDE = 32
"""An image of so many pixels is shifted by one."""


class View(NamedTuple):
    """How an image is looked at.

    Attributes
    ----------
    mirror : bool
        Whether left and right change sides, before the shift.
    dx, dy : int
        Pixels to the right and down.
    """

    mirror: bool
    dx: int
    dy: int


AS_THEY_ARE = View(False, 0, 0)
"""The first view of any image."""


def views_for(views: Any, shape: tuple[int, ...]) -> tuple[View, ...]:
    """Return the views of images, in the order in which their predictions are added up.

    Parameters
    ----------
    views : {"mirror", "shifts", "mirror+shifts"} or None
        The image and its mirror image, 2 views; the image, and shifted to the left, the right, up
        and down, 5; both, 10. None is the image alone.
    shape : tuple of int
        (C, H, W) or (H, W). A shift is a pixel, or a 32nd of the shorter side where that is more.

    Raises
    ------
    ConfigurationError
        ``views`` is something else.

    Examples
    --------
    >>> views_for("mirror", (3, 32, 32))
    (View(mirror=False, dx=0, dy=0), View(mirror=True, dx=0, dy=0))
    >>> [(view.dx, view.dy) for view in views_for("shifts", (3, 224, 224))]
    [(0, 0), (-7, 0), (7, 0), (0, -7), (0, 7)]
    """
    if views is not None and (not isinstance(views, str) or views not in _NAMES):
        raise ConfigurationError(
            f"views is {views!r}; it must be 'mirror', 'shifts', 'mirror+shifts' or None.",
            argument="views",
        )
    told = str(views).split("+")
    far = max(1, round(min(shape[-2:]) / _SIDE))
    shifts = [(0, 0), (-far, 0), (far, 0), (0, -far), (0, far)] if "shifts" in told else [(0, 0)]
    sides = (False, True) if "mirror" in told else (False,)
    return tuple(View(mirror, dx, dy) for mirror in sides for dx, dy in shifts)


def as_seen(images: NDArray[Any], view: View) -> NDArray[Any]:
    """Return images as a view has them; beyond an image its outermost pixels go on.

    Parameters
    ----------
    images : ndarray of shape (..., H, W)
        Of any dtype; they are not changed.
    view : View
        How to look at them.

    Examples
    --------
    >>> as_seen(np.array([[1, 2, 3]]), View(True, 1, 0))
    array([[3, 3, 2]])
    """
    height, width = images.shape[-2:]
    rows = np.clip(np.arange(height) - view.dy, 0, height - 1)
    columns = np.clip(np.arange(width) - view.dx, 0, width - 1)
    if view.mirror:
        columns = width - 1 - columns
    if view == AS_THEY_ARE:
        return images
    return np.ascontiguousarray(images[..., rows[:, None], columns])
