"""Holds the kernels to the equations: the same network, parameters and images through both."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from pellucid import Conv2D, Network
from pellucid.equations import backward, forward
from pellucid.equations.dropout import image_keys
from pellucid.equations.network import Forward
from pellucid.equations.rules import loss_rules_of
from pellucid.execution.sections import Outputs, Procedure, Section, section_step, whole_section
from pellucid.kernels.compiling.compile import Kernel
from tests.layers import has_norm, made_possible, undecided

TOLERANCE = 1e-5
"""What the kernels promise for one section, relative to the largest element of an array."""

FILTERS = {
    1: (4, 7, 8, 11, 12),
    2: (1,),
    3: (5, 9, 10, 13, 14),
    4: (3,),
    5: (5, 10),
    6: (2,),
    7: (6,),
}
"""Filter counts that are drawn with a filter width: few kernels to compile, every block size."""


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Conv2D, tuple[int, int, int]]:
    """Draw a convolution and an input shape that it fits, down to the filter's own size."""
    width = draw(st.sampled_from(sorted(FILTERS)))
    kernel = draw(st.integers(1, 7)), width
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    # Up to 9: more zeros than the filter is wide.
    padding = draw(st.sampled_from(["valid", "same"]) | st.tuples(*[st.integers(0, 9)] * 2))
    filters = draw(st.sampled_from(FILTERS[width]))
    channels = draw(st.integers(1, 4) if width == 3 else st.sampled_from([1, 3]))
    groups, dilation = 1, (1, 1)
    if width == 3:
        dilation = draw(st.just((1, 1)) | st.tuples(st.integers(1, 3), st.just(2)))
        groups = draw(st.sampled_from([1, 2]))
        filters, channels = filters * groups, channels * groups
    layer = Conv2D(filters, kernel, stride, padding, groups=groups, dilation=dilation)
    sizes = []
    for axis in range(2):
        least = 1 if padding == "same" else layer.reach[axis]
        if not isinstance(padding, str):
            least = max(1, layer.reach[axis] - 2 * padding[axis])
        sizes.append(least + draw(st.integers(0, 9)))
    return layer, (channels, *sizes)


def problem(
    network: Network, count: int, seed: int = 0, *, as_bytes: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return parameters, images and labels that leave no doubt which way a mask or winner goes.

    Parameters are those training begins with, the biases too away from 0, and scaled so that
    activations stay near 1 through any stack of layers.
    """
    random = np.random.default_rng(seed)
    parameters = np.empty(network.size, dtype=np.float32)
    for p, view in zip(network.parameters, network.views(parameters).values(), strict=True):
        fan_in = p.size // p.shape[0]
        view[...] = random.normal(scale=0.3 if len(p.shape) == 1 else fan_in**-0.5, size=p.shape)
    made_possible(network, parameters)
    images = np.empty((0, *network.input_shape), dtype=np.uint8 if as_bytes else np.float32)
    for _ in range(50):
        if as_bytes:
            more = random.integers(0, 256, (count, *network.input_shape), dtype=np.uint8)
        else:
            more = random.random((count, *network.input_shape), dtype=np.float32)
        # Together, as statistics are over all of them.
        images = np.concatenate([images, more])[: max(count, len(images))]
        images = decisive(network, parameters, images)
        if len(images) == count:
            return parameters, images, random.integers(0, network.classes, count)
    raise AssertionError(f"no decisive images for {network}")


def decisive(network: Network, parameters: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Return the images that are decisive, where they come to stand and among themselves."""
    while len(images):
        keep = is_decisive(network, parameters, images)
        if keep.all():
            break
        images = images[keep]
    return images


def keys_of(count: int) -> np.ndarray:
    """Return the keys of the images of a whole section."""
    return image_keys(0, np.zeros(count, np.int64), np.arange(count))


def is_decisive(network: Network, parameters: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Return which images have no ReLU so near 0, and no pool so near a tie, that rounding decides.

    There float32 and float64 may rightly pick different sides, and their gradients differ. It is
    looked at in inference and in training, of which the images are one section.
    """
    made, some = pixels(images), np.zeros(len(images), dtype=bool)
    for training in (False, True):
        keys = keys_of(len(images)) if training else None
        result = forward(network, parameters, made, keys, training=training)
        some |= undecided(network, result.activations)
    return ~some


def pixels(images: np.ndarray) -> np.ndarray:
    """Return images as the equations take them."""
    return images / 255.0 if images.dtype == np.uint8 else images.astype(np.float64)


def by_equations(
    network: Network,
    parameters: np.ndarray,
    images: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray | None = None,
    keys: np.ndarray | None = None,
) -> tuple[Forward, float, np.ndarray, np.ndarray]:
    """Return the forward pass, the summed loss, its gradient and that of the images.

    All is that of training but the gradient of the images, which is inference.
    """
    made, keys = pixels(images), keys_of(len(images)) if keys is None else keys
    result = forward(network, parameters, made, keys, training=True)
    rules = loss_rules_of(network.loss)
    loss = float(rules.loss(network.loss, result.activations[-1], labels, weights).sum())
    gradient, _ = backward(network, parameters, result, labels, weights)
    inference = forward(network, parameters, made)
    _, d_images = backward(network, parameters, inference, labels, weights)
    return result, loss, gradient, d_images


def assert_agrees(
    network: Network,
    parameters: np.ndarray,
    images: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    tolerance: float = TOLERANCE,
) -> None:
    """Assert that loss, probabilities, gradient and image gradients are those of the equations."""
    result, loss, gradient, d_images = by_equations(network, parameters, images, labels, weights)
    section = whole_section(labels)
    if weights is not None:
        section = Section(section.indices, labels, weights, section.identities)
    probabilities = np.full((len(labels), network.classes), np.nan, dtype=np.float32)
    found = section_step(Procedure(network), parameters, images, section, Outputs(probabilities))
    found_images = np.full(images.shape, np.nan, dtype=np.float32)
    section_step(
        Procedure(network), parameters, images, section, Outputs(image_gradients=found_images)
    )

    assert abs(found.loss - loss) <= tolerance * abs(loss)
    assert np.abs(probabilities - result.probs).max() <= tolerance
    sizes = functools.partial(sum_of_sizes, network, parameters, images, labels, weights)
    assert_gradient_agrees(network, found.gradient, gradient, sizes, tolerance)
    assert error(found_images, d_images, 1e-2 * float(np.abs(gradient).max())) <= tolerance


def assert_gradient_agrees(
    network: Network,
    found: np.ndarray,
    expected: np.ndarray,
    sizes: Callable[[], np.ndarray],
    tolerance: float = TOLERANCE,
) -> None:
    """Assert that a gradient is another; what cancels is measured by what it was made of.

    ``sizes`` returns, where that is asked for, the sum of the images' absolute gradients.
    """
    if max(gradient_errors(network, found, expected).values()) <= tolerance:
        return
    # Where the images' gradients cancel: as of the sum of their sizes.
    made_of = network.views(sizes())
    # A norm takes away what all values share: before it, the gradients of pixels cancel too.
    largest = float(np.abs(expected[: network.trained_size]).max())
    least = largest if has_norm(network) else 0.0
    for name, view in network.views(found).items():
        size = max(float(made_of[name].max()), least)
        assert error(view, network.views(expected)[name], size) <= tolerance, name


def sum_of_sizes(
    network: Network,
    parameters: np.ndarray,
    images: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Return the sum over images of the absolute values of each one's gradient."""
    sizes = np.zeros(network.size)
    for i in range(len(images)):
        alone = slice(i, i + 1)
        weight = None if weights is None else weights[alone]
        _, _, gradient, _ = by_equations(
            network, parameters, images[alone], labels[alone], weight, keys_of(len(images))[alone]
        )
        sizes += np.abs(gradient)
    return sizes


def assert_gradients_agree(
    network: Network, found: np.ndarray, expected: np.ndarray, tolerance: float = TOLERANCE
) -> None:
    """Assert that each parameter array's gradient has a relative error within the tolerance."""
    assert found.dtype == np.float32
    errors = gradient_errors(network, found, expected)
    assert max(errors.values()) <= tolerance, errors


def gradient_errors(network: Network, found: np.ndarray, expected: np.ndarray) -> dict[str, float]:
    """Return the relative error of each parameter array's gradient.

    Where the terms of a sum cancel (a lone bias often does it), what is left can be far smaller
    than the rounding of any of them; such an array is measured by a tenth of its layer's largest.
    """
    found_views, expected_views = network.views(found), network.views(expected)
    overall = max(float(np.abs(expected).max()), 1e-20)  # 0 where every ReLU is closed
    largest = {p.node: 1e-2 * overall for p in network.parameters}
    for p in network.parameters:
        size = 0.1 * float(np.abs(expected_views[p.name]).max())
        largest[p.node] = max(largest[p.node], size)
    return {
        p.name: error(found_views[p.name], expected_views[p.name], largest[p.node])
        for p in network.parameters
    }


def error(found: np.ndarray, expected: np.ndarray, floor: float = 1e-30) -> float:
    """Return the largest difference, relative to the largest expected value."""
    assert found.shape == expected.shape
    size = max(float(np.abs(expected).max()), floor, 1e-30)
    return float(np.abs(found - expected).max()) / size


def call(kernel: Kernel, arena: np.ndarray, **values: int) -> None:
    """Call a kernel's machine code on one op."""
    assert set(values) == set(kernel.fields)
    op = np.array([values[name] for name in kernel.fields], dtype=np.int64)
    nothing = np.zeros(1, dtype=np.float32)
    pointers = [a.ctypes.data for a in (op, arena, nothing, nothing)]
    ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)(kernel.address)(*pointers)
