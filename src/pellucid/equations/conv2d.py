"""Two-dimensional convolution as networks use it: cross-correlation, the filter not flipped."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations._windows import Pair, positions, under
from pellucid.equations.padding import Pads, zero_pad, zero_pad_backward
from pellucid.equations.rules import Rules
from pellucid.network.layers import Conv2D

__all__ = ["RULES", "conv2d", "conv2d_backward"]

_NO_PADS: Pads = ((0, 0), (0, 0))


def conv2d(
    x: ArrayLike,
    f: ArrayLike,
    b: ArrayLike = 0.0,
    stride: Pair = (1, 1),
    pads: Pads = _NO_PADS,
    groups: int = 1,
    dilation: Pair = (1, 1),
) -> NDArray[np.float64]:
    """Slide each filter over each image: multiply what lies under it, sum, add the bias.

    ``z[n, k, y, x] = b[k] + sum_{c, i, j} f[k, c, i, j] * x_padded[n, c, y*sy + i, x*sx + j]``

    With dilation the taps are ``i*dy`` and ``j*dx`` pixels away; with G groups, filters K/G g to
    K/G (g + 1) - 1 read channels C/G g to C/G (g + 1) - 1 alone, for every group g.

    Parameters
    ----------
    x : array_like of shape (n, C, H, W)
        Images or feature maps.
    f : array_like of shape (K, C / groups, KH, KW)
        Filters.
    b : array_like of shape (K,), default 0.0
        One bias a filter.
    stride : (int, int), default (1, 1)
        Pixels from one position of the filter to the next, ``(sy, sx)``.
    pads : ((int, int), (int, int)), default ((0, 0), (0, 0))
        Zeros put around the image in pixels, ``((top, bottom), (left, right))``.
    groups : int, default 1
        Groups of channels and filters, G.
    dilation : (int, int), default (1, 1)
        Pixels from one tap of the filter to the next, ``(dy, dx)``.

    Returns
    -------
    z : ndarray of shape (n, K, OH, OW), float64
        ``OH = (top + H + bottom - dy (KH - 1) - 1) // sy + 1``, and OW likewise.

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
    count = positions(x_padded.shape[2:], _reach((rows, columns), dilation), stride)

    b = np.broadcast_to(np.asarray(b, dtype=np.float64), (filters,))
    z: NDArray[np.float64] = np.zeros((len(x_padded), filters, *count)) + b[:, None, None]
    for of_z, of_x in _groups(groups, filters, x_padded.shape[1]):
        for i in range(rows):
            for j in range(columns):
                y_slice, x_slice = under(i * dilation[0], j * dilation[1], count, stride)
                pixels = x_padded[:, of_x, y_slice, x_slice]
                weights = f[of_z, :, i, j]
                z[:, of_z] += np.einsum("kc,ncyx->nkyx", weights, pixels, optimize=True)
    return z


def conv2d_backward(
    dz: ArrayLike,
    x: ArrayLike,
    f: ArrayLike,
    stride: Pair = (1, 1),
    pads: Pads = _NO_PADS,
    groups: int = 1,
    dilation: Pair = (1, 1),
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
    filter reached get 0). With dilation, ``i*dy`` stands for i and ``j*dx`` for j; with groups, k
    and c go over pairs of one group.

    Parameters
    ----------
    dz : array_like of shape (n, K, OH, OW)
        Gradient of the loss with respect to the output.
    x : array_like of shape (n, C, H, W)
        The input of the forward pass.
    f : array_like of shape (K, C / groups, KH, KW)
        The filters of the forward pass.
    stride : (int, int), default (1, 1)
        As given to :func:`conv2d`.
    pads : ((int, int), (int, int)), default ((0, 0), (0, 0))
        As given to :func:`conv2d`.
    groups : int, default 1
        As given to :func:`conv2d`.
    dilation : (int, int), default (1, 1)
        As given to :func:`conv2d`.

    Returns
    -------
    dx : ndarray of shape (n, C, H, W), float64
    df : ndarray of shape (K, C / groups, KH, KW), float64
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
    filters, _, rows, columns = f.shape
    count = positions(x_padded.shape[2:], _reach((rows, columns), dilation), stride)

    dx_padded = np.zeros_like(x_padded)
    df = np.zeros_like(f)
    for of_z, of_x in _groups(groups, filters, x_padded.shape[1]):
        part = dz[:, of_z]
        for i in range(rows):
            for j in range(columns):
                y_slice, x_slice = under(i * dilation[0], j * dilation[1], count, stride)
                pixels = x_padded[:, of_x, y_slice, x_slice]
                df[of_z, :, i, j] = np.einsum("nkyx,ncyx->kc", part, pixels, optimize=True)
                dx_padded[:, of_x, y_slice, x_slice] += np.einsum(
                    "kc,nkyx->ncyx", f[of_z, :, i, j], part, optimize=True
                )
    return zero_pad_backward(dx_padded, pads), df, dz.sum(axis=(0, 2, 3))


def _reach(kernel: Pair, dilation: Pair) -> Pair:
    """Return the rows and columns from a filter's first tap to its last, both counted."""
    return dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1


def _groups(groups: int, filters: int, channels: int) -> list[tuple[slice, slice]]:
    """Return each group's filters and channels."""
    of_z, of_x = filters // groups, channels // groups
    return [
        (slice(g * of_z, (g + 1) * of_z), slice(g * of_x, (g + 1) * of_x)) for g in range(groups)
    ]


def _settings(layer: Conv2D, x: NDArray[np.float64]) -> tuple[Pair, Pads, int, Pair]:
    return layer.stride_pair, layer.pads(x.shape[1:]), layer.groups, layer.dilation_pair


RULES = Rules(
    forward=lambda layer, x, f, b=0.0: conv2d(x, f, b, *_settings(layer, x)),
    backward=lambda layer, dz, inputs, z, f, *b: conv2d_backward(
        dz, inputs[0], f, *_settings(layer, inputs[0])
    )[: 2 + len(b)],
)
