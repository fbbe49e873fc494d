import hashlib
import struct
from pathlib import Path

import pytest

from pellucid.data.sets.fashion_mnist import FASHION_MNIST
from tests.data.sets.published import check_published_set, check_the_real_set


def test_it_is_described_in_full():
    check_published_set(FASHION_MNIST)


def test_the_real_set_where_it_is(monkeypatch):
    check_the_real_set(FASHION_MNIST, monkeypatch)


# What the published MD5 of each file is, and the second at which it was compressed.
MD5 = {
    "train-images-idx3-ubyte": ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", 1504176606),
    "train-labels-idx1-ubyte": ("25c81989df183df01b3e8a0aad5dffbe", 1504176606),
    "t10k-images-idx3-ubyte": ("bef4ecab320f06d8554ea6380940ec79", 1504176627),
    "t10k-labels-idx1-ubyte": ("bb300cfdad3c16e7a12a480ee83cd310", 1504176627),
}


@pytest.mark.parametrize("name", MD5)
def test_debian_s_files_are_the_published_ones_but_for_name_and_time(name):
    path = Path("/usr/share/datasets/fashion-mnist") / f"{name}.gz"
    if not path.is_file():
        pytest.skip("Debian's package dataset-fashion-mnist is not installed")
    md5, second = MD5[name]
    header = b"\x1f\x8b\x08\x08" + struct.pack("<I", second) + b"\0\3" + name.encode() + b"\0"
    data = header + path.read_bytes()[10:]
    assert hashlib.md5(data, usedforsecurity=False).hexdigest() == md5
    assert hashlib.sha256(data).hexdigest() == FASHION_MNIST.file_sums[f"{name}.gz"]
