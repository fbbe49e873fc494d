"""The pictures of a run, each a function that returns a matplotlib Figure.

No picture needs a display, and none goes through ``matplotlib.pyplot``: the figures belong to
nobody's session, and the user's backend and settings stay as they are. matplotlib comes with this
module, which nothing else imports at its top.
"""

from pellucid.plots import _matplotlib  # noqa: F401  # imports it, before the others do
from pellucid.plots._style import save
from pellucid.plots.confusion import confusion
from pellucid.plots.filters import filters
from pellucid.plots.loss import loss_curve
from pellucid.plots.maps import filters_over_training, maps
from pellucid.plots.predictions import predictions
from pellucid.plots.randomized import randomized

__all__ = [
    "confusion",
    "filters",
    "filters_over_training",
    "loss_curve",
    "maps",
    "predictions",
    "randomized",
    "save",
]
