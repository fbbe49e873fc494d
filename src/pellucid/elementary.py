"""Logarithm, power, sine: the same bits on every processor and with every C library.

A C library's functions are right to a last bit or so, and which bit that is depends on who built
it, and on whether the processor fuses multiply-adds. What decides the bits of a training is
computed here instead: by additions, multiplications and divisions of float64, each rounded once, in
an order that is written down. So it is right to a few last bits, and the same everywhere.

Each function of numbers is plain Python, and is compiled into kernels from this text as well
(:mod:`pellucid.kernels.compiling.elementary`): it calls no other function of this file. The others
are of arrays, and come to the same bits.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "cosine_and_sine",
    "exp",
    "exps",
    "log",
    "log1p",
    "logs",
    "logs1p",
    "normal",
    "power",
]

_LOG_TWO = 0.6931471805599453
_HIGH, _LOW = 0.6931471803691238, 1.9082149292705877e-10
"""Their sum is log 2 to 80 bits; the first one ends in 21 bits of 0, so multiples are exact."""

_ROOT_HALF = math.sqrt(0.5)

_OVER_FACTORIALS = tuple(1.0 / math.factorial(n) for n in range(13, -1, -1))
"""Of ``e**x``: what is left out is below 5e-18 where ``|x| < 0.35``."""

_OVER_ODD = tuple(1.0 / (2 * n + 1) for n in range(17, -1, -1))
"""Of ``atanh(s) / s`` by powers of ``s**2``: below 1e-18 where ``|s| < 1 / 3``."""

_COSINE = tuple((-1) ** n / math.factorial(2 * n) for n in range(9, -1, -1))
_SINE = tuple((-1) ** n / math.factorial(2 * n + 1) for n in range(9, -1, -1))
"""Of ``cos(x)`` and ``sin(x) / x`` by powers of ``x**2``: below 1e-18 up to an eighth of a turn."""

_TURN = 2.0 * math.pi


def exp(x: float) -> float:
    """Return ``e**x``: 0 below the smallest float64, infinity above the largest; NaN stays NaN.

    Parameters
    ----------
    x : float
        Any number.

    Returns
    -------
    float

    Examples
    --------
    >>> exp(0.0), exp(-1000.0), exp(1000.0)
    (1.0, 0.0, inf)
    """
    if x != x:
        return x
    if x < -745.0:
        return 0.0
    if x > 709.0:
        return math.inf
    n = math.floor(x / _LOG_TWO + 0.5)
    rest = (x - n * _HIGH) - n * _LOW
    value = 0.0
    for coefficient in _OVER_FACTORIALS:
        value = value * rest + coefficient
    return math.ldexp(value, n)


def log(x: float) -> float:
    """Return the natural logarithm of a number that is not negative; NaN stays NaN.

    Parameters
    ----------
    x : float
        At least 0, finite.

    Returns
    -------
    float

    Examples
    --------
    >>> log(1.0), log(0.0), log(2.0) == math.log(2.0)
    (0.0, -inf, True)
    """
    if x == 0.0:
        return -math.inf
    part, n = math.frexp(x)
    if part < _ROOT_HALF:
        part, n = 2.0 * part, n - 1
    ratio = (part - 1.0) / (part + 1.0)
    square, series = ratio * ratio, 0.0
    for coefficient in _OVER_ODD:
        series = series * square + coefficient
    return n * _HIGH + (2.0 * ratio * series + n * _LOW)


def log1p(x: float) -> float:
    """Return ``log(1 + x)`` exactly where x is small; NaN stays NaN.

    Parameters
    ----------
    x : float
        From -1/2 to 1.

    Returns
    -------
    float

    Examples
    --------
    >>> log1p(0.0), log1p(1e-20)
    (0.0, 1e-20)
    """
    ratio = x / (2.0 + x)
    square, series = ratio * ratio, 0.0
    for coefficient in _OVER_ODD:
        series = series * square + coefficient
    return 2.0 * ratio * series


def cosine_and_sine(turns: float) -> tuple[float, float]:
    """Return cosine and sine of an angle, in whole turns: of quarters they are exact.

    Parameters
    ----------
    turns : float
        The angle over 360 degrees.

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> cosine_and_sine(0.25), cosine_and_sine(-1.0)
    ((0.0, 1.0), (1.0, 0.0))
    """
    quarter = math.floor(4.0 * turns + 0.5)
    angle = (turns - 0.25 * quarter) * _TURN
    square, cosine, sine = angle * angle, 0.0, 0.0
    for coefficient in _COSINE:
        cosine = cosine * square + coefficient
    for coefficient in _SINE:
        sine = sine * square + coefficient
    sine = sine * angle
    side = quarter % 4
    if side == 0:
        return cosine, sine
    if side == 1:
        return 0.0 - sine, cosine
    if side == 2:
        return -cosine, 0.0 - sine
    return sine, -cosine


def power(base: float, times: int) -> float:
    """Return ``base**times``, by squaring: off by a last bit for each doubling of ``times``.

    Parameters
    ----------
    base : float
        Any number.
    times : int
        At least 0.

    Returns
    -------
    float

    Examples
    --------
    >>> power(0.5, 10) == 0.5**10, power(3.0, 0)
    (True, 1.0)
    """
    result = 1.0
    while times > 0:
        if times % 2 == 1:
            result = result * base
        base = base * base
        times = times // 2
    return result


def exps(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return :func:`exp` of an array.

    Parameters
    ----------
    x : ndarray, float64
        At most 709.

    Returns
    -------
    ndarray of that shape, float64

    Examples
    --------
    >>> exps(np.array([0.0, -1000.0])).tolist()
    [1.0, 0.0]
    """
    held = np.maximum(x, -745.0)
    n = np.floor(held / _LOG_TWO + 0.5)
    with np.errstate(under="ignore"):
        value = _sum_of(_OVER_FACTORIALS, (held - n * _HIGH) - n * _LOW)
        return np.where(x < -745.0, 0.0, np.ldexp(value, n.astype(np.int64)))


def logs(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return :func:`log` of an array.

    Parameters
    ----------
    x : ndarray, float64
        At least 0, finite.

    Returns
    -------
    ndarray of that shape, float64

    Examples
    --------
    >>> logs(np.array([1.0, 0.0])).tolist()
    [0.0, -inf]
    """
    part, n = np.frexp(x)
    is_small = part < _ROOT_HALF
    part, n = np.where(is_small, 2.0 * part, part), n - is_small
    ratio = (part - 1.0) / (part + 1.0)
    found = n * _HIGH + (2.0 * ratio * _sum_of(_OVER_ODD, ratio * ratio) + n * _LOW)
    return np.where(x == 0.0, -np.inf, found)


def logs1p(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return :func:`log1p` of an array.

    Parameters
    ----------
    x : ndarray, float64
        From -1/2 to 1.

    Returns
    -------
    ndarray of that shape, float64

    Examples
    --------
    >>> logs1p(np.array([0.0, 1e-20])).tolist()
    [0.0, 1e-20]
    """
    with np.errstate(under="ignore"):
        ratio = x / (2.0 + x)
        return 2.0 * ratio * _sum_of(_OVER_ODD, ratio * ratio)


def normal(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return twice as many numbers of the standard normal distribution as there are pairs.

    ``sqrt(-2 log(first)) cos(2 pi second)`` of all pairs, and then the same with the sine, by
    :func:`log` and :func:`cosine_and_sine`.

    Parameters
    ----------
    first : ndarray of shape (n,), float64
        Uniform, above 0, at most 1.
    second : ndarray of shape (n,), float64
        Uniform, at least 0, at most 1.

    Returns
    -------
    ndarray of shape (2 n,), float64

    Notes
    -----
    Source: G. Box, M. Muller, "A Note on the Generation of Random Normal Deviates", 1958.

    Examples
    --------
    >>> normal(np.array([0.5]), np.array([0.125])).round(4).tolist()
    [0.8326, 0.8326]
    """
    radius = np.sqrt(-2.0 * logs(first))
    quarter = np.floor(4.0 * second + 0.5)
    angle = (second - 0.25 * quarter) * _TURN
    square = angle * angle
    cosine, sine = _sum_of(_COSINE, square), _sum_of(_SINE, square) * angle
    side = quarter.astype(np.int64) % 4
    across = np.select([side == 0, side == 1, side == 2], [cosine, -sine, -cosine], sine)
    along = np.select([side == 0, side == 1, side == 2], [sine, cosine, -sine], -cosine)
    return np.concatenate([radius * across, radius * along])


def _sum_of(coefficients: tuple[float, ...], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a polynomial, its highest power first."""
    value = np.zeros_like(x)
    for coefficient in coefficients:
        value = value * x + coefficient
    return value
