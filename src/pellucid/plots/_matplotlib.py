"""Imports matplotlib so that no setting of a session keeps it from loading, and finds the figure.

matplotlib refuses to be imported where MPLBACKEND names a backend that it does not know. A notebook
sets that variable for its own environment, and every command that it starts inherits it. What is
drawn here goes to Agg canvases, which need no backend.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import Any

__all__ = ["is_in_session", "session_figure"]

_VARIABLE = "MPLBACKEND"


def _import() -> None:
    """Import matplotlib; a backend that it does not know counts as none."""
    if "matplotlib" in sys.modules:
        return
    wanted = os.environ.pop(_VARIABLE, None)
    try:
        import matplotlib
    finally:
        if wanted is not None:
            os.environ[_VARIABLE] = wanted
    if wanted:
        # Where it is refused, pyplot chooses one by itself, should anybody import that.
        with contextlib.suppress(ValueError):
            matplotlib.rcParams["backend"] = wanted


def session_figure(**settings: Any) -> Any:
    """Return a new figure of pyplot, so that notebooks and ``pyplot.show`` find it.

    In threads beside the main one, and where the backend that pyplot is set to does not work, it is
    a figure of nobody's session, on the Agg canvas.
    """
    if threading.current_thread() is threading.main_thread():
        try:
            import matplotlib.pyplot as plt  # which belongs to the user's session

            return plt.figure(**settings)
        except Exception:
            pass  # backends are anybody's modules: one lacks its toolkit, another its display
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(**settings)
    FigureCanvasAgg(figure)
    return figure


def is_in_session(figure: Any) -> bool:
    """Return whether a figure is one of pyplot's, which shows it."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    number = getattr(figure, "number", None)
    return pyplot is not None and number is not None and bool(pyplot.fignum_exists(number))


_import()
