"""How filters and weights are drawn before training."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pellucid import elementary

__all__ = [
    "INITS",
    "filter_std",
    "initialize_filter",
    "initialize_normal",
    "initialize_weight",
    "weight_std",
]

INITS = ("auto", "he", "glorot", "seed", "zeros")
"""The names that a layer's ``init`` may have."""


def initialize_normal(
    shape: tuple[int, ...], std: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Draw from the normal distribution with mean 0 and standard deviation ``std``.

    Parameters
    ----------
    shape : tuple of int
        The array's shape.
    std : float
        Standard deviation. 0.0 gives zeros and draws nothing, so that biases leave the generator
        as it was.
    random : numpy.random.Generator
        Where the numbers come from.

    Returns
    -------
    ndarray of that shape, float64

    Notes
    -----
    Before training only. Source: "Initial filters and weights" in docs/equations.md.

    Examples
    --------
    >>> initialize_normal((2,), 0.0, np.random.default_rng(0)).tolist()
    [0.0, 0.0]
    """
    if std == 0.0:
        return np.zeros(shape)
    count = math.prod(shape)
    pairs = random.random((2, (count + 1) // 2))
    return std * elementary.normal(1.0 - pairs[0], pairs[1])[:count].reshape(shape)


def filter_std(shape: tuple[int, ...], scale: float = 1.0) -> float:
    """Return the standard deviation of filters, ``scale / sqrt(product of the shape)``.

    Parameters
    ----------
    shape : tuple of int
        ``(K, C, KH, KW)``: the product is over the whole filter array.
    scale : float, default 1.0
        Makes the filters larger or smaller.

    Returns
    -------
    float

    Notes
    -----
    Before training only. Source: "Initial filters and weights" in docs/equations.md.

    Examples
    --------
    >>> filter_std((5, 5, 2, 2))
    0.1
    """
    return scale / math.sqrt(math.prod(shape))


def weight_std(init: str, inputs: int, outputs: int, is_rectified: bool) -> float:
    """Return the standard deviation of weights that start by a name, other than the seed's.

    ``"he"``: ``sqrt(2 / inputs)``; ``"glorot"``: ``sqrt(2 / (inputs + outputs))``; ``"zeros"``: 0;
    ``"auto"``: He's where what they give is rectified, and Glorot's elsewhere.

    Parameters
    ----------
    init : {"auto", "he", "glorot", "zeros"}
        Its name.
    inputs : int
        How many products an output adds up.
    outputs : int
        How many outputs an input goes into.
    is_rectified : bool
        Whether what follows lets about half of the outputs pass, as ReLU does.

    Returns
    -------
    float

    Notes
    -----
    Before training only. Sources: K. He, X. Zhang, S. Ren, J. Sun, "Delving Deep into Rectifiers",
    2015; X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", 2010; "Initial filters and weights" in docs/equations.md.

    Examples
    --------
    >>> weight_std("he", 50, 50, True), weight_std("auto", 40, 160, False)
    (0.2, 0.1)
    """
    if init == "zeros":
        return 0.0
    is_he = init == "he" or (init == "auto" and is_rectified)
    return math.sqrt(2 / (inputs if is_he else inputs + outputs))


def initialize_filter(
    shape: tuple[int, ...], scale: float = 1.0, *, random: np.random.Generator
) -> NDArray[np.float64]:
    """Draw filters from ``N(0, s^2)``, s the standard deviation of :func:`filter_std`.

    Parameters
    ----------
    shape : tuple of int
        ``(K, C, KH, KW)``: the product is over the whole filter array.
    scale : float, default 1.0
        Makes the filters larger or smaller.
    random : numpy.random.Generator
        Where the numbers come from.

    Returns
    -------
    f : ndarray of that shape, float64

    Notes
    -----
    Before training only. Source: "Initial filters and weights" in docs/equations.md.

    Examples
    --------
    >>> initialize_filter((5, 1, 5, 5), random=np.random.default_rng(0)).shape
    (5, 1, 5, 5)
    """
    return initialize_normal(shape, filter_std(shape, scale), random)


def initialize_weight(
    shape: tuple[int, ...], variance: float = 0.01, *, random: np.random.Generator
) -> NDArray[np.float64]:
    """Draw weights from ``N(0, variance)``, standard deviation ``sqrt(variance)``.

    Parameters
    ----------
    shape : tuple of int
        ``(O, I)``.
    variance : float, default 0.01
        The square of the standard deviation, which is 0.1 here.
    random : numpy.random.Generator
        Where the numbers come from.

    Returns
    -------
    w : ndarray of that shape, float64

    Notes
    -----
    Before training only. Source: "Initial filters and weights" in docs/equations.md.

    Examples
    --------
    >>> initialize_weight((10, 500), random=np.random.default_rng(0)).shape
    (10, 500)
    """
    return initialize_normal(shape, math.sqrt(variance), random)
