import pytest

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Sigmoid
from pellucid.kernels.compiling.compile import kernel_name
from pellucid.kernels.plan import plan_for
from pellucid.network import presets


def walks(network, **settings):
    """Return how many convolutions of a plan go through survivors."""
    plan = plan_for(network, **settings)
    return sum(kernel_name(int(op[0])).startswith("conv2d_survivors_walk") for op in plan.backward)


def test_the_reference_network_does():
    assert walks(presets.reference()) == 1


def test_a_saliency_map_and_inference_do_not():
    assert walks(presets.reference(), image_gradient=True) == 0
    assert walks(presets.reference(), training=False) == 0


def ending(layers):
    return Network([Conv2D(16, 3), ReLU(), Conv2D(16, 3), *layers, Flatten(), Dense(3)], (20, 20))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([ReLU(), MaxPool2D(2)], 1),
        ([MaxPool2D(3)], 1),
        ([ReLU(), MaxPool2D(2), ReLU()], 1),
        ([ReLU()], 0),
        ([MaxPool2D(1)], 0),
        ([Sigmoid(), MaxPool2D(2)], 0),
    ],
)
def test_it_takes_a_pool_right_after_that_lets_few_through(layers, expected):
    assert walks(ending(layers)) == expected
