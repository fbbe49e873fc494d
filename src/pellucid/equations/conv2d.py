"""Two-dimensional convolution as networks use it: cross-correlation, the filter not flipped."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations._windows import Pair, positions, under
from pellucid.equations.padding import Pads, zero_pad, zero_pad_backward
from pellucid.equations.rules import Rules

__all__ = ["RULES", "conv2d", "conv2d_backward"]

_NO_PADS: Pads = ((0, 0), (0, 0))


def conv2d(
    x: ArrayLike,
    f: ArrayLike,
    b: ArrayLike = 0.0,
    stride: Pair = (1, 1),
    pads: Pads = _NO_PADS,
) -> NDArray[np.float64]:
    """Slide each filter over each image: multiply what lies under it, sum, add the bias.

    ``z[n, k, y, x] = b[k] + sum_{c, i, j} f[k, c, i, j] * x_padded[n, c, y*sy + i, x*sx + j]``

    Parameters
    ----------
    x : array_like of shape (n, C, H, W)
        Images or feature maps.
    f : array_like of shape (K, C, KH, KW)
        Filters.
    b : array_like of shape (K,), default 0.0
        One bias a filter.
    stride : (int, int), default (1, 1)
        Pixels from one position of the filter to the next, ``(sy, sx)``.
    pads : ((int, int), (int, int)), default ((0, 0), (0, 0))
        Zeros put around the image in pixels, ``((top, bottom), (left, right))``.

    Returns
    -------
    z : ndarray of shape (n, K, OH, OW), float64
        ``OH = (top + H + bottom - KH) // sy + 1``, and OW likewise.

    Raises
    ------
    NetworkError
        The filter is larger than the padded image.

    Notes
    -----
    The same in training and inference. Source: "Convolution" in docs/equations.md.

    Examples
    --------
    >>> conv2d([[[[1, 2, 3], [4, 5, 6]]]], [[[[1, 10]]]], [100]).tolist()
    [[[[121.0, 132.0], [154.0, 165.0]]]]
    """
    x_padded = zero_pad(x, pads)
    f = np.asarray(f, dtype=np.float64)
    filters, _, rows, columns = f.shape
    count = positions(x_padded.shape[2:], (rows, columns), stride)

    b = np.broadcast_to(np.asarray(b, dtype=np.float64), (filters,))
    z: NDArray[np.float64] = np.zeros((len(x_padded), filters, *count)) + b[:, None, None]
    for i in range(rows):
        for j in range(columns):
            y_slice, x_slice = under(i, j, count, stride)
            pixels = x_padded[:, :, y_slice, x_slice]
            z += np.einsum("kc,ncyx->nkyx", f[:, :, i, j], pixels, optimize=True)
    return z


def conv2d_backward(
    dz: ArrayLike,
    x: ArrayLike,
    f: ArrayLike,
    stride: Pair = (1, 1),
    pads: Pads = _NO_PADS,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the gradients of the image, the filters and the bias.

    Every product ``f * x_padded`` of the forward pass sends its output's gradient to both factors:

    - ``dx_padded[n, c, u, v] = sum of f[k, c, i, j] * dz[n, k, y, x]`` over every k, i, j, y, x
      with ``y*sy + i = u`` and ``x*sx + j = v``; dx is dx_padded without the padding.
    - ``df[k, c, i, j] = sum_{n, y, x} dz[n, k, y, x] * x_padded[n, c, y*sy + i, x*sx + j]``
    - ``db[k] = sum_{n, y, x} dz[n, k, y, x]``

    With stride 1, dx_padded is the full correlation of dz with the filter flipped in both
    directions: put KH - 1 rows and KW - 1 columns of zeros around dz and slide
    ``f[k, c, KH-1-i, KW-1-j]`` over it. A larger stride is the same after sy - 1 rows and sx - 1
    columns of zeros are put between the elements of dz (rows and columns of x_padded that no
    filter reached get 0).

    Parameters
    ----------
    dz : array_like of shape (n, K, OH, OW)
        Gradient of the loss with respect to the output.
    x : array_like of shape (n, C, H, W)
        The input of the forward pass.
    f : array_like of shape (K, C, KH, KW)
        The filters of the forward pass.
    stride : (int, int), default (1, 1)
        As given to :func:`conv2d`.
    pads : ((int, int), (int, int)), default ((0, 0), (0, 0))
        As given to :func:`conv2d`.

    Returns
    -------
    dx : ndarray of shape (n, C, H, W), float64
    df : ndarray of shape (K, C, KH, KW), float64
        Summed over the batch.
    db : ndarray of shape (K,), float64
        Summed over the batch.

    Raises
    ------
    NetworkError
        The filter is larger than the padded image.

    Notes
    -----
    Training only. Source: the founding document's steps 9 and 10 of backpropagation, listed in
    docs/equations.md.

    Examples
    --------
    >>> x, f = [[[[1, 2, 3]]]], [[[[1, 10]]]]
    >>> dx, df, db = conv2d_backward([[[[1, 1]]]], x, f)
    >>> dx.tolist(), df.tolist(), db.tolist()
    ([[[[1.0, 11.0, 10.0]]]], [[[[3.0, 5.0]]]], [2.0])
    """
    dz = np.asarray(dz, dtype=np.float64)
    f = np.asarray(f, dtype=np.float64)
    x_padded = zero_pad(x, pads)
    _, _, rows, columns = f.shape
    count = positions(x_padded.shape[2:], (rows, columns), stride)

    dx_padded = np.zeros_like(x_padded)
    df = np.zeros_like(f)
    for i in range(rows):
        for j in range(columns):
            y_slice, x_slice = under(i, j, count, stride)
            pixels = x_padded[:, :, y_slice, x_slice]
            df[:, :, i, j] = np.einsum("nkyx,ncyx->kc", dz, pixels, optimize=True)
            dx_padded[:, :, y_slice, x_slice] += np.einsum(
                "kc,nkyx->ncyx", f[:, :, i, j], dz, optimize=True
            )
    return zero_pad_backward(dx_padded, pads), df, dz.sum(axis=(0, 2, 3))


RULES = Rules(
    forward=lambda layer, x, f, b=0.0: conv2d(x, f, b, layer.stride_pair, layer.pads(x.shape[1:])),
    backward=lambda layer, dz, inputs, z, f, *b: conv2d_backward(
        dz, inputs[0], f, layer.stride_pair, layer.pads(inputs[0].shape[1:])
    )[: 2 + len(b)],
)
