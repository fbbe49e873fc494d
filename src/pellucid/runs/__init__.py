"""Runs of the command line: settings, the folder, the training, verification, reports.

Comes in: settings. Goes out: a folder with a model, metrics and pictures. Options and their help
are in ``options``; how they are typed is above, in :mod:`pellucid.cli`. What computes is found here
on first use, so that the commands can be listed, and their options read, without Numba.
"""

from typing import TYPE_CHECKING

from pellucid._lazy import lazy_names

if TYPE_CHECKING:
    from pellucid.runs.exports import export_model
    from pellucid.runs.imports import import_model
    from pellucid.runs.live import make_studio, read_beside, studio_of
    from pellucid.runs.models import predict_pictures, run_model_test
    from pellucid.runs.pages import write_page
    from pellucid.runs.run import reference_run, resumed_settings
    from pellucid.runs.verification import verify_run

__all__ = [
    "export_model",
    "import_model",
    "make_studio",
    "predict_pictures",
    "read_beside",
    "reference_run",
    "resumed_settings",
    "run_model_test",
    "studio_of",
    "verify_run",
    "write_page",
]

__getattr__ = lazy_names(
    __name__,
    {
        "pellucid.runs.exports": ("export_model",),
        "pellucid.runs.imports": ("import_model",),
        "pellucid.runs.live": ("make_studio", "read_beside", "studio_of"),
        "pellucid.runs.models": ("predict_pictures", "run_model_test"),
        "pellucid.runs.pages": ("write_page",),
        "pellucid.runs.run": ("reference_run", "resumed_settings"),
        "pellucid.runs.verification": ("verify_run",),
    },
)
