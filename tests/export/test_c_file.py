import dataclasses
import re
import shutil
import subprocess

import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, Network, Residual, Tanh, presets
from pellucid.errors import ExportError
from pellucid.export import to_c
from tests.export.compilers import COMPILERS, SANITIZED, SANITIZING, STRICT, needs_compiler, says
from tests.export.examples import (
    X,
    classifier,
    labeler,
    model_of,
    parameters_of,
    photographer,
    regressor,
    small_model,
)


def fitted_models():
    fitted, images = photographer()
    return [
        (classifier(), X), (labeler(), X), (regressor(), X), (regressor(2), X), (fitted, images),
    ]  # fmt: skip


@needs_compiler
@pytest.mark.parametrize("which", range(5))
@pytest.mark.parametrize("compiler", COMPILERS)
def test_what_estimators_learned_says_the_same(which, compiler, tmp_path, monkeypatch):
    monkeypatch.setenv("CC", compiler)
    fitted, images = fitted_models()[which]
    comparison = to_c(fitted, tmp_path / "model.c").compare(images[:300])
    assert (comparison.changed, comparison.agrees) == (0, True)
    assert comparison.images == len(images[:300])


@needs_compiler
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("flags", [STRICT, SANITIZED, (*STRICT, "-O3", "-march=native")])
def test_it_compiles_without_a_word_and_computes_nothing_undefined(compiler, flags, tmp_path):
    if flags == SANITIZED and compiler not in SANITIZING:
        pytest.skip(f"{compiler} has no sanitizers here")
    fitted, images = photographer()
    export = to_c(fitted, tmp_path / "model.c")
    inputs = export.description.pixels.of_estimator(images)
    said = says(export, inputs, tmp_path, *flags, compiler=compiler)
    np.testing.assert_array_equal(said.chosen, export.description.answer(inputs).chosen)


@needs_compiler
def test_bytes_of_any_range(tmp_path):
    network = small_model().network
    images = np.random.default_rng(0).integers(0, 256, (50, 6, 5), np.uint8)
    for low, high in ((0, 255), (0, 16), (30, 200)):
        ranged = model_of(network, parameters_of(network), pixel_range=(low, high))
        assert to_c(ranged, tmp_path / "model.c").compare(images).agrees


@needs_compiler
def test_a_convolution_may_come_last_or_read_the_image_twice(tmp_path):
    network = Network(
        [Residual([Conv2D(2, 3, padding="same")]), Conv2D(3, 4), Flatten()], (2, 4, 4)
    )
    export = to_c(model_of(network, parameters_of(network)), tmp_path / "model.c")
    assert export.compare().agrees


@needs_compiler
def test_values_that_nobody_reads_have_no_names(tmp_path):
    """A compiler warns of them."""
    network = Network([Flatten(), Flatten(), Dense(3)], (6, 5))
    assert to_c(model_of(network, parameters_of(network)), tmp_path / "model.c").compare().agrees


@needs_compiler
def test_the_memory_that_it_says_is_enough_and_nothing_is_global(tmp_path):
    export = to_c(small_model(), tmp_path / "model.c")
    header = export.paths[1].read_text()
    assert "#define MODEL_WORK 54\n" in header  # 6 x 5, and 2 x 4 x 3
    (tmp_path / "use.c").write_text(
        '#include <stdio.h>\n#include <string.h>\n#include "model.h"\n'
        "int main(void) {\n"
        "    uint8_t image[MODEL_HEIGHT * MODEL_WIDTH * MODEL_CHANNELS];\n"
        "    float work[MODEL_WORK + 1], a[MODEL_OUTPUTS], b[MODEL_OUTPUTS];\n"
        "    memset(image, 200, sizeof image);\n"
        "    memset(work, 255, sizeof work);\n"
        "    const int place = model_predict_in(image, work, a);\n"
        "    if (place != model_predict(image, b) || memcmp(a, b, sizeof a) != 0) return 1;\n"
        "    for (unsigned char *c = (unsigned char *)(work + MODEL_WORK);\n"
        "         c < (unsigned char *)(work + MODEL_WORK + 1); c++) if (*c != 255) return 2;\n"
        '    printf("%s\\n", model_names[place]);\n'
        "    return 0;\n}\n"
    )
    files = [str(tmp_path / "use.c"), str(tmp_path / "model.c")]
    built = str(tmp_path / "use")
    subprocess.run([COMPILERS[0], *STRICT, *files, "-o", built, "-lm"], check=True)
    done = subprocess.run([built], capture_output=True, text=True, check=True)
    answer = export.description.answer(np.full((1, 1, 6, 5), 200, np.uint8))
    assert done.stdout == f"class {answer.chosen[0]}\n"
    if shutil.which("nm"):
        subprocess.run(
            [COMPILERS[0], *STRICT, "-fno-pic", "-c", files[1], "-o", f"{built}.o"], check=True
        )
        lines = subprocess.run(["nm", f"{built}.o"], capture_output=True, text=True, check=True)
        symbols = [line.split()[-2:] for line in lines.stdout.splitlines()]
        assert {kind for kind, _ in symbols} <= set("TtRrU")
        undefined = {name for kind, name in symbols if kind == "U"}
        assert undefined <= {"expf", "__stack_chk_fail"}


def test_names_of_classes_are_strings_of_c_whatever_is_in_them(tmp_path):
    names = ('a"b\\', "line\n*/ ??/", "überall 7")
    export = to_c(dataclasses.replace(small_model(), classes=names), tmp_path / "model.c")
    if not COMPILERS:
        return
    use = '#include <stdio.h>\n#include "model.h"\nint main(void) { for (int k = 0; k < 3; k++) {'
    use += " fwrite(model_names[k], 1, __builtin_strlen(model_names[k]) + 1, stdout); } }"
    (tmp_path / "use.c").write_text(use)
    files = [str(tmp_path / "use.c"), str(export.paths[0]), "-o", str(tmp_path / "use"), "-lm"]
    subprocess.run([COMPILERS[0], *STRICT, "-trigraphs", *files], check=True)
    done = subprocess.run([tmp_path / "use"], capture_output=True, check=True)
    assert done.stdout == "".join(f"{name}\0" for name in names).encode()


@pytest.mark.parametrize("name", ["model", "model.cpp", "7.c", "my model.c", "a-b.c"])
def test_a_file_that_no_function_can_be_called_after_is_refused(name, tmp_path):
    with pytest.raises(ExportError, match=r"must be a name in C with the ending \.c"):
        to_c(small_model(), tmp_path / name)
    assert not list(tmp_path.iterdir())


@needs_compiler
def test_what_has_the_kernels_sums_is_held_to_a_smaller_bound(tmp_path):
    assert to_c(small_model(), tmp_path / "model.c").compare().bound == 1e-6
    fitted, _ = photographer()
    assert to_c(fitted, tmp_path / "model.c").compare().bound == 1e-6
    network = Network([Flatten(), Dense(4), Tanh(), Dense(3)], (6, 5))
    curved = model_of(network, parameters_of(network))
    assert to_c(curved, tmp_path / "model.c").compare().bound == 1e-5


@needs_compiler
@pytest.mark.skipif("gcc" not in COMPILERS, reason="gcc tells what functions take of the stack")
def test_the_stack_that_it_says_is_what_its_functions_take(tmp_path):
    for name, model in (("one", classifier()), ("two", presets_model())):
        export = to_c(model, tmp_path / f"{name}.c")
        said = int(re.search(r"_STACK (\d+)", export.paths[1].read_text())[1])
        command = ["gcc", "-std=c99", "-Os", "-fno-inline", "-fstack-usage", "-c", f"{name}.c"]
        subprocess.run(command, cwd=tmp_path, check=True)
        lines = (tmp_path / f"{name}.su").read_text().splitlines()
        taken = {line.split(":")[-1].split("\t")[0]: int(line.split("\t")[1]) for line in lines}
        layers = [size for function, size in taken.items() if function.startswith("layer_")]
        assert 0.6 * said <= max(layers) <= said + 300


def presets_model():
    network = presets.reference()
    return model_of(network, parameters_of(network))


@needs_compiler
def test_no_class_changes_on_mnist(mnist, mnist_model, tmp_path):
    export = to_c(mnist_model, tmp_path / "digits.c")
    images = export.description.pixels.of_data(mnist.test_images, (0, 255))
    flags = ("-std=c99", "-O2", "-march=native")
    said = says(export, images, tmp_path, *flags)
    expected = export.description.answer(images)
    assert said.outputs.shape == (10_000, 10)
    np.testing.assert_array_equal(said.chosen, expected.chosen)
    # Of the softmax alone: logits are the same.
    assert np.abs(said.outputs - expected.outputs).max() <= 3e-7
    plain = export.compare_inputs(images[:1000])  # without a fused multiply-add
    assert plain.agrees
    assert plain.largest <= 3e-7
