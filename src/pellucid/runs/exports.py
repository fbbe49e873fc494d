"""A model taken to another format, and the proof that both say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pellucid.console import Say
from pellucid.errors import ExportError
from pellucid.export.exported import Export
from pellucid.export.formats import export_to
from pellucid.export.proof import Comparison
from pellucid.files.model_file import Model
from pellucid.kernels.compiling.cache import announce_with
from pellucid.runs.tested import load_tested

__all__ = ["export_model"]


def export_model(
    model: Model,
    path: Path,
    to: str,
    say: Say,
    *,
    verify: str | None = None,
    skip_bad: bool = False,
    **settings: Any,
) -> tuple[Export, Comparison | None]:
    """Export a model and compare what was written with it.

    Parameters
    ----------
    model : Model
        What to export.
    path : Path
        Where to.
    to : str
        The format: see :data:`pellucid.export.formats.FORMATS`.
    say : callable
        Is told, a line at a time, what is going on.
    verify : str, optional
        A data set, all of whose test images are compared; else ten test vectors are, where what
        runs the export is installed.
    skip_bad : bool, default False
        Whether to go on without bad files and rows of it.
    **settings
        As the format's exporter takes them.

    Returns
    -------
    export : Export
    comparison : Comparison or None
        None where nothing is installed that runs the export, and nobody asked.

    Raises
    ------
    ConfigurationError, ExportError
        The model can't be exported so, or nothing runs the export though ``verify`` is given.
    DataError, DownloadError
        The data set can't be read, or its images are not as the export takes them.
    """
    dataset = None
    if verify is not None:
        dataset = load_tested(model, verify, say, skip_bad=skip_bad)
    announce_with(say)
    export = export_to(model, path, to, **settings)
    told = export.description.told()
    say(f"It takes {told['image']}. Mind: {told['before']}.")
    if dataset is not None:
        in_bytes = model.preprocessing.pixel_range
        images = export.description.pixels.of_data(dataset.test_images, in_bytes)
        return export, export.compare_inputs(images)
    try:
        return export, export.compare()
    except ExportError as error:
        say(f"It was not compared with the model: {error}")
        return export, None
