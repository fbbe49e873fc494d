"""What the pictures share: one style, texts that fit, framed images, and the PNG file."""

from __future__ import annotations

import functools
import io
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.textpath import text_to_path
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError
from pellucid.files.atomic import atomic_write

__all__ = ["save"]

DPI = 150
# Okabe and Ito's blue and a red: told apart by every common kind of color vision.
BLUE = "#0072B2"
RED = "#C8102E"
INK = "#1A1A1A"
MUTED = "#5A5A5A"
FAINT = "#BFBFBF"
TITLE, BODY, SMALL = 13.0, 9.5, 8.5

_STYLE: dict[str, Any] = {
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": BODY,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "font.size": BODY,
    "legend.fontsize": BODY,
    "text.color": INK,
    # A class named "$5" is a name, not a formula.
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.labelsize": BODY,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.labelsize": BODY,
}
# DejaVu Sans comes with matplotlib; these lend the letters that it lacks, where installed.
_FALLBACK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans",
    "Malgun Gothic",
    "Arial Unicode MS",
)

P = ParamSpec("P")
R = TypeVar("R")


@functools.cache
def _font_family() -> list[str]:
    installed = set(fontManager.get_font_names())
    return ["DejaVu Sans", *(name for name in _FALLBACK_FONTS if name in installed)]


@contextmanager
def _style() -> Iterator[None]:
    # rc_context gives every setting back at the end and leaves the backend alone.
    with warnings.catch_warnings():
        # A letter that no installed font has is drawn as a box; a line about each helps nobody.
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        interactive = matplotlib.is_interactive()
        try:
            with matplotlib.rc_context():
                matplotlib.rcdefaults()
                settings: Any = {**_STYLE, "font.family": _font_family()}
                matplotlib.rcParams.update(settings)
                try:
                    yield
                finally:
                    interactive = matplotlib.is_interactive()
        finally:
            # A notebook's backend, which may begin with this picture, turns it on for all to come.
            matplotlib.interactive(interactive)


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Return ``draw`` working in the pictures' style, whatever the user's settings are."""

    @functools.wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with _style():
            return draw(*args, **kwargs)

    return wrapper


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return how many inches a line of text is wide at a font size in points."""
    font = FontProperties(family=_font_family(), size=size, weight=weight)
    width: float = text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]
    return width / 72


def fitted(text: str, width: float, size: float, weight: str = "normal") -> str:
    """Return the text, cut with an ellipsis where it would be wider than ``width`` inches."""
    if text_width(text, size, weight) <= width:
        return text
    kept = text
    while kept and text_width(kept + "…", size, weight) > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def one_line(names: Sequence[object]) -> list[str]:
    """Return the names as texts without line breaks, and without halves of letters."""
    texts = [" ".join(str(name).split()) for name in names]
    return [text.encode("utf-8", "replace").decode("utf-8") for text in texts]


def show_framed(
    axes: Axes, picture: NDArray[np.float64], aspect: Literal["equal", "auto"] = "equal"
) -> None:
    """Draw an image of gray or colors in [0, 1], pixel by pixel, in a thin frame."""
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect=aspect)
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=FAINT, linewidth=0.8)


@styled
def save(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure as a PNG of 150 dots an inch; the same figure gives the same bytes.

    The file appears whole or not at all: it is written under a temporary name in the same folder,
    flushed and renamed. It carries no metadata. A folder that is not there yet is made.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What one of the functions of :mod:`pellucid.plots` returned, or any other figure.
    path : path-like
        Where to; the name must end in ``.png``. A file of that name is replaced.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    ConfigurationError
        The name does not end in ``.png``.
    OSError
        The folder can't be written to.

    Examples
    --------
    >>> import tempfile
    >>> from pellucid import plots
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     plots.save(plots.loss_curve([2.3, 1.1]), Path(folder, "loss.png")).name
    'loss.png'
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ConfigurationError(
            f"Pictures are written as PNG, but the path is '{path}'; let its name end in .png."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    # Software is the one entry that matplotlib adds by itself. To compress more takes as long as to
    # draw, for a tenth of the bytes.
    settings: Any = {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 3}}
    figure.savefig(content, format="png", dpi=DPI, **settings)
    atomic_write(path, content.getvalue())
    return path
