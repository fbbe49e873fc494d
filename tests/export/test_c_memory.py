import itertools
import math

import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, Model, Network, Preprocessing, ReLU, Residual, Tanh
from pellucid.export.c_layers import OVER
from pellucid.export.c_memory import laid_out
from pellucid.export.description import description_of
from pellucid.network import presets
from tests.export.examples import model_of, parameters_of, random_model


def steps_of(layers, shape):
    network = Network(layers, shape)
    names = tuple(str(k) for k in range(network.classes))
    parameters = network.initial_parameters()
    return description_of(Model(network, parameters, Preprocessing(shape), names)).steps


def check(steps, image, memory):
    """Run the steps on memory in which each value is a number, and see that none is overwritten."""
    cells = np.full(memory.floats, -1)
    shapes = {0: image} | {step.output: step.gives for step in steps}
    aliases = {0: 0}

    def where(value):
        start = memory.offsets[value]
        assert 0 <= start <= start + math.prod(shapes[value]) <= memory.floats
        return slice(start, start + math.prod(shapes[value]))

    cells[where(0)] = 0
    for step in steps:
        for value in step.inputs:
            assert (cells[where(value)] == aliases[value]).all()
        if isinstance(step.layer, Flatten):
            aliases[step.output] = aliases[step.inputs[0]]
            continue
        if not isinstance(step.layer, OVER):
            read, written = where(step.inputs[0]), where(step.output)
            assert read.stop <= written.start or written.stop <= read.start
        aliases[step.output] = step.output
        cells[where(step.output)] = step.output
    assert (cells[where(steps[-1].output)] == aliases[steps[-1].output]).all()


def test_a_chain_needs_what_two_neighbors_do():
    steps = steps_of(presets.reference().layers, (28, 28))
    memory = laid_out(steps, (1, 28, 28), OVER, Flatten)
    check(steps, (1, 28, 28), memory)
    assert memory.floats == 5 * 24 * 24 + 5 * 20 * 20  # activations are written over their input


@pytest.mark.parametrize("seed", range(300))
def test_no_value_is_overwritten_before_it_is_read(seed):
    model = random_model(seed)
    if model is None:
        return
    steps = description_of(model).steps
    image = model.network.input_shape
    memory = laid_out(steps, image, OVER, Flatten)
    check(steps, image, memory)
    if len(steps) == len(model.network.layers) and all(len(step.inputs) == 1 for step in steps):
        sizes = [math.prod(image), *(math.prod(step.gives) for step in steps)]
        assert memory.floats <= max(a + b for a, b in itertools.pairwise(sizes))


def test_ways_that_cross_keep_what_is_read_again():
    layers = [
        Conv2D(4, 3, padding="same"),
        Residual([ReLU(), Residual([Conv2D(4, 3, padding="same"), Tanh()]), ReLU()]),
        Flatten(), Dense(3),
    ]  # fmt: skip
    steps = steps_of(layers, (6, 6))
    memory = laid_out(steps, (1, 6, 6), OVER, Flatten)
    check(steps, (1, 6, 6), memory)
    assert memory.floats == 3 * 4 * 36


def test_a_model_of_every_kind_is_laid_out():
    network = presets.default((3, 20, 20), 4)
    model = model_of(network, parameters_of(network))
    steps = description_of(model).steps
    check(steps, (3, 20, 20), laid_out(steps, (3, 20, 20), OVER, Flatten))
