from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pellucid import Dense, Flatten, Network
from pellucid.execution.sections import prepare
from pellucid.kernels.compiling import compile as compiling
from pellucid.kernels.layers import dense, relu
from pellucid.kernels.layers.conv2d import forward as conv2d
from pellucid.kernels.layers.conv2d import winograd, winograd_gradient
from pellucid.network import presets


def run(code, **environment):
    result = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_networks_of_other_shapes_compile_nothing():
    # The shape chooses among a few kernels for a layer; these three come by all of them.
    for side in (14, 28, 32):
        prepare(presets.reference((side, side)))
    kernel = winograd.forward(5, 5, 3)  # which not every processor takes for these
    before = len(compiling._kernels)
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


TWO_PROCESSES = """
import os, signal, threading, time
from pellucid.kernels.layers import relu
from pellucid.kernels.layers.conv2d import winograd

threading.Thread(target=winograd.forward, args=(5, 5, 3)).start()
time.sleep(0.2)
child = os.fork()
signal.alarm(60)
relu.forward()
if child:
    print("child ended with", os.waitpid(child, 0)[1])
else:
    os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_while_another_thread_compiles_does_not_wait_for_ever(tmp_path):
    said = run(TWO_PROCESSES, PELLUCID_CACHE=str(tmp_path))
    assert said == ["child ended with 0"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("NUMBA_DISABLE_JIT", "1", "NUMBA_DISABLE_JIT is set, but Pellucid's kernels are machine "),
        (
            "PELLUCID_TILES",
            "8",
            "PELLUCID_TILES is '8'; it must be avx512, avx2 or neon, or ",
        ),
    ],
)
def test_a_variable_that_no_kernel_can_be_compiled_under_is_told(name, value, message):
    code = "import pellucid\ntry: pellucid.Trainer\nexcept ValueError as error: print(error)"
    (said,) = run(code, **{name: value})
    assert said.startswith(message)
    done = subprocess.run(
        [sys.executable, "-m", "pellucid", "train", "--data", "digits"],
        env={**os.environ, name: value}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == f"Error: {said}\n"
