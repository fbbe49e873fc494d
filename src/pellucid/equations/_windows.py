"""Where a sliding window lies: shared by convolution and pooling."""

from __future__ import annotations

from pellucid.errors import NetworkError

Pair = tuple[int, int]


def positions(image: Pair, window: Pair, stride: Pair) -> Pair:
    """Return how many positions a window has down and across an image.

    ``(size - window) // stride + 1`` along each axis; a rest narrower than the window is left out.

    Parameters
    ----------
    image, window, stride : (int, int)
        Height and width in pixels.

    Raises
    ------
    NetworkError
        The window is larger than the image.

    Examples
    --------
    >>> positions((28, 28), (5, 5), (1, 1))
    (24, 24)
    >>> positions((20, 9), (3, 2), (2, 2))
    (9, 4)
    """
    if window[0] > image[0] or window[1] > image[1]:
        raise NetworkError(
            f"A window of {window[0]} x {window[1]} pixels is larger than the image, "
            f"{image[0]} x {image[1]}; use a smaller window or add zeros around the image."
        )
    return (
        (image[0] - window[0]) // stride[0] + 1,
        (image[1] - window[1]) // stride[1] + 1,
    )


def under(i: int, j: int, count: Pair, stride: Pair) -> tuple[slice, slice]:
    """Return the rows and columns that lie under element (i, j) of a window at every position.

    ``x[..., rows, columns][..., y, x_]`` is ``x[..., y * stride + i, x_ * stride + j]``.

    Examples
    --------
    >>> under(1, 0, (3, 3), (2, 2))
    (slice(1, 6, 2), slice(0, 5, 2))
    """
    return (
        slice(i, i + (count[0] - 1) * stride[0] + 1, stride[0]),
        slice(j, j + (count[1] - 1) * stride[1] + 1, stride[1]),
    )
