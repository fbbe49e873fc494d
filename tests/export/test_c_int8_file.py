"""C in whole numbers: bit by bit what NumPy computes, under every flag that floats must pass."""

import re

import numpy as np
import pytest

from pellucid import Conv2D, Dense, Dropout, Flatten, MaxPool2D, Network, ReLU, Residual
from pellucid.export import Int8, to_c
from pellucid.export.int8 import quantized
from pellucid.export.int8_reference import int8_logits
from tests.export.compilers import (
    COMPILERS,
    SANITIZED,
    SANITIZING,
    STRICT,
    checks_itself,
    needs_compiler,
    says,
)
from tests.export.examples import (
    X,
    classifier,
    labeler,
    layer_models,
    model_of,
    parameters_of,
    photographer,
    random_model,
)
from tests.export.test_int8 import has_groups, images_of


def logits_in_c(export, images, folder, *flags, compiler=None):
    """Return the logits themselves, which no exponential has touched."""
    text = export.paths[0].read_text()
    count = export.description.outputs
    plain, changed = re.subn(
        r"return leave\(logits, probabilities\);",
        f"for (int k = 0; k < {count}; k++) probabilities[k] = logits[k];\n    return 0;", text,
    )  # fmt: skip
    assert changed == 1
    export.paths[0].write_text(
        re.sub(r"(static int leave\()", r"int leave(const float *, float *);\nint leave(", plain)
    )
    found = says(export, images, folder, *flags, compiler=compiler).outputs
    export.paths[0].write_text(text)
    return found


def exported(model, images, folder, **settings):
    last = images.transpose(0, 2, 3, 1)
    return to_c(model, folder / "model.c", int8=Int8(last, force=True), **settings)


@needs_compiler
@pytest.mark.parametrize("number", range(0, len(layer_models()), 2))
def test_every_layer_has_the_bits_of_numpy(number, tmp_path):
    model = layer_models()[number]
    if has_groups(model):
        return
    images = images_of(model)
    export = exported(model, images, tmp_path)
    found = logits_in_c(export, images, tmp_path, *STRICT)
    expected = int8_logits(quantized(export.description, images), images)
    np.testing.assert_array_equal(found, expected)


@needs_compiler
@pytest.mark.parametrize("seed", range(8))
def test_random_networks_have_the_bits_of_numpy(seed, tmp_path):
    model = random_model(seed)
    if model is None or has_groups(model):
        return
    images = images_of(model, 10)
    export = exported(model, images, tmp_path)
    found = logits_in_c(export, images, tmp_path, *STRICT, "-O3", "-march=native")
    expected = int8_logits(quantized(export.description, images), images)
    np.testing.assert_array_equal(found, expected)


def residual_model():
    inner = Residual([Conv2D(4, 3, padding="same", stride=2), ReLU()], [Conv2D(4, 1, stride=2)])
    layers = [Conv2D(4, 3, padding="same"), ReLU(), inner, Dropout(), MaxPool2D(2), Flatten()]
    network = Network([*layers, Dense(3)], (2, 9, 8))
    return model_of(network, parameters_of(network), pixel_range=(30, 200))


@needs_compiler
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("flags", [STRICT, SANITIZED, (*STRICT, "-O3", "-march=native")])
def test_it_compiles_without_a_word_and_computes_nothing_undefined(compiler, flags, tmp_path):
    if flags == SANITIZED and compiler not in SANITIZING:
        pytest.skip(f"{compiler} has no sanitizers here")
    model = residual_model()
    images = images_of(model)
    export = exported(model, images, tmp_path)
    found = logits_in_c(export, images, tmp_path, *flags, compiler=compiler)
    expected = int8_logits(quantized(export.description, images), images)
    np.testing.assert_array_equal(found, expected)
    assert export.compare(images.transpose(0, 2, 3, 1)).agrees


@needs_compiler
def test_what_estimators_learned_says_what_numpy_says(tmp_path):
    for fitted in (classifier(), labeler()):
        export = to_c(fitted, tmp_path / "model.c", int8=Int8(X[:200], X, fitted.predict(X)))
        comparison = export.compare(X)
        assert (comparison.changed, comparison.agrees) == (0, True)
        assert export.int8.before == 1
        assert checks_itself(export, tmp_path, *STRICT).startswith("10 images, largest difference")
    fitted, images = photographer()
    fitted_without = fitted.to_model()
    with pytest.raises(Exception, match=r"GroupNorm\(.*can't be quantized to int8"):
        to_c(fitted_without, tmp_path / "model.c", int8=Int8(images))


def test_it_is_a_quarter_as_large_and_says_what_it_costs(tmp_path):
    whole = to_c(classifier(), tmp_path / "whole.c", int8=Int8(X, X, np.arange(1797) % 10, True))
    floats = to_c(classifier(), tmp_path / "floats.c")
    sizes = []
    for export in (whole, floats):
        header = export.paths[1].read_text()
        sizes.append([int(re.search(rf"_{what} (\d+)", header)[1]) for what in ("WORK", "WEIGHTS")])
    assert sizes[0][0] <= sizes[1][0]  # bytes, and floats
    assert sizes[0][1] < 0.35 * sizes[1][1]
    assert f"{whole.int8}".replace("; ", ";\n   ") in whole.paths[0].read_text()
    source = whole.paths[0].read_text()
    body = source[source.index("static void enter") : source.index("static int leave")]
    assert "expf" not in body
    assert source.count("expf(") == 1
