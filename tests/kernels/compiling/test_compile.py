from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pellucid import Dense, Flatten, Network
from pellucid.execution.sections import prepare
from pellucid.files.atomic import cache_folder
from pellucid.kernels.compiling import compile as compiling
from pellucid.kernels.layers import dense, relu
from pellucid.kernels.layers.conv2d import forward as conv2d
from pellucid.kernels.layers.conv2d import winograd, winograd_gradient
from pellucid.network import presets

ONE_KERNEL = """
from pellucid.kernels.layers import relu
from pellucid.kernels.compiling.compile import announce_with
announce_with(lambda text: print("SAID", text))
relu.forward()
relu.backward()
"""
WHOLE_NETWORK = """
from pellucid import presets
from pellucid.execution.sections import prepare
from pellucid.kernels.compiling.compile import announce_with
announce_with(lambda text: print("SAID", text))
prepare(presets.reference())
"""


def run(code, **environment):
    result = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True,
        text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_kernels_are_compiled_once_and_that_is_said_once(tmp_path):
    cache = tmp_path / "a cache"
    said = run(ONE_KERNEL, PELLUCID_CACHE=str(cache))
    (folder,) = (cache / "kernels").iterdir()
    assert said == [f"SAID Compiling kernels for this processor; they are kept in {folder}."]
    files = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert any(file.name.startswith("elementwise.relu_forward-") for file in files)
    assert run(ONE_KERNEL, PELLUCID_CACHE=str(cache)) == []
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == files


def test_versions_share_no_folder_and_those_not_used_for_long_are_removed(tmp_path):
    recent, old = tmp_path / "kernels" / "recent", tmp_path / "kernels" / "old"
    for folder in (recent, old):
        folder.mkdir(parents=True)
        (folder / "relu.nbi").touch()
    long_ago = time.time() - compiling.UNUSED - 60
    os.utime(old, (long_ago, long_ago))
    assert len(run(ONE_KERNEL, PELLUCID_CACHE=str(tmp_path))) == 1
    assert recent.is_dir()
    assert not old.exists()
    assert len([*(tmp_path / "kernels").iterdir()]) == 2


def test_a_second_process_compiles_nothing_for_a_network():
    prepare(presets.reference())
    assert run(WHOLE_NETWORK, PELLUCID_CACHE=str(cache_folder())) == []


def test_a_cache_that_cannot_be_written_is_replaced_by_a_temporary_one(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "elsewhere").mkdir()
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(tmp_path / "elsewhere"))
    said = run(ONE_KERNEL, PELLUCID_CACHE=str(tmp_path / "file"), **temporary)
    assert len(said) == 1
    assert str(tmp_path / "elsewhere") in said[0]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions don't bind root")
def test_a_read_only_cache_is_replaced_by_a_temporary_one(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o500)
    said = run(ONE_KERNEL, PELLUCID_CACHE=str(folder), TMPDIR=str(tmp_path))
    assert len(said) == 1
    assert str(folder) not in said[0]


def test_networks_of_other_shapes_compile_nothing():
    # The shape chooses among a few kernels for a layer; these three come by all of them.
    for side in (14, 28, 32):
        prepare(presets.reference((side, side)))
    before = len(compiling._kernels)
    kernel = winograd.forward(5, 5, 3)
    prepare(presets.reference((19, 33), classes=4))
    assert winograd.forward(5, 5, 3) is kernel
    assert len(compiling._kernels) == before


def test_a_kernel_is_found_by_name_and_constants():
    prepare(Network([Flatten(), Dense(2)], (2, 2)))
    first, second = conv2d.forward(5, 5), conv2d.forward(5, 1)
    assert first.address != second.address
    assert (first.name, second.name) == ("conv2d_forward_5_5", "conv2d_forward_5_1")
    assert first.fields == second.fields


def test_a_kernel_has_the_name_of_its_place_no_word_twice():
    assert winograd_gradient.input_gradient(5, 5, 3).name == "conv2d_winograd_gradient_input_5_5_3"
    assert (relu.forward().name, dense.product(1).name) == ("relu_forward", "dense_product_1")


def test_the_stamp_of_the_machine_code_covers_rooms_within_the_room(tmp_path):
    file = tmp_path / "layers" / "relu.py"
    file.parent.mkdir()
    stamps = set()
    for text in ("a", "b"):
        file.write_text(text)
        stamps.add(compiling._stamp_of(tmp_path, 16))
    stamps.add(compiling._stamp_of(tmp_path, 8))
    assert len(stamps) == 3


def test_a_room_without_source_has_no_stamp(tmp_path):
    with pytest.raises(AssertionError, match="no source files"):
        compiling._stamp_of(tmp_path, 16)


def test_what_is_compiled_elsewhere_is_stamped_with_its_own_file(tmp_path):
    stamps = set()
    for text in ("a", "b"):
        (tmp_path / "elsewhere.py").write_text(text)
        locator = compiling._KernelLocator(tmp_path / "elsewhere.py", 1)
        stamps.add(locator.get_source_stamp())
    stamps.add(compiling._KernelLocator(Path(compiling.__file__).resolve(), 1).get_source_stamp())
    assert len(stamps) == 3
