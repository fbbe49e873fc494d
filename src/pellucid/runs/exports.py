"""A model taken to another format, and the proof that both say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pellucid.console import Say
from pellucid.errors import Argument, ConfigurationError, ExportError
from pellucid.export.description import description_of
from pellucid.export.exported import Export
from pellucid.export.formats import export_to
from pellucid.export.int8_cost import Int8
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
    int8: bool = False,
    calibrate: str | None = None,
    force: bool = False,
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
    int8 : bool, default False
        Whether C is to compute in whole numbers of 8 bits.
    calibrate : str, optional
        A data set whose training images say what values there are, and whose test images what 8
        bits cost; by default what the model was trained on.
    force : bool, default False
        Whether to write it whatever they cost.
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
    if int8:
        if to != "c":
            raise ConfigurationError(
                Argument("int8"), " is for C; leave it out, or export with ", Argument("to"), " c."
            )
        known = calibrate or (None if model.configuration.get("data") else verify)
        settings["int8"] = _int8(model, known, say, settings, force=force, skip_bad=skip_bad)
    elif calibrate is not None or force:
        raise ConfigurationError(
            Argument("calibrate"), " and ", Argument("force"), " are for ", Argument("int8"),
            "; give it too, or leave them out.",
        )  # fmt: skip
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


def _int8(
    model: Model,
    source: str | None,
    say: Say,
    settings: dict[str, Any],
    *,
    force: bool,
    skip_bad: bool,
) -> Int8:
    """Return the images that a model is brought to 8 bits by, and those that it is weighed on."""
    if source is None and not model.configuration.get("data"):
        raise ConfigurationError(
            "The model does not say what it was trained on; name images to quantize it by with ",
            Argument("calibrate"), ".",
        )  # fmt: skip
    dataset = load_tested(model, source, say, skip_bad=skip_bad)
    pixels = description_of(model, settings.get("pixels", "auto")).pixels
    images, tested = (
        pixels.of_data(part, model.preprocessing.pixel_range).transpose(0, 2, 3, 1)
        for part in (dataset.train_images, dataset.test_images)
    )
    names = [dataset.classes[place] for place in dataset.test_labels]
    return Int8(images if len(images) else tested, tested, names, force)
