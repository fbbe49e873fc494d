from pellucid import Conv2D, Dense, Flatten, Network, ReLU
from pellucid.kernels.compiling.compile import kernel_name
from pellucid.kernels.plan_one_image import plan_for_one_image
from pellucid.network import presets


def names(ops):
    return [kernel_name(int(op[0])) for op in ops]


def test_the_program_of_the_reference_network():
    plan = plan_for_one_image(presets.reference())
    assert names(plan.begin) == ["conv2d_winograd_pack_5"] * 2
    assert all(name.startswith("conv2d_one_image_winograd_") for name in names(plan.forward)[:2])
    assert names(plan.forward)[2:] == [
        "one_image_maxpool2d", "one_image_flatten", "one_image_dense", "one_image_dense",
    ]  # fmt: skip


def test_a_relu_that_a_layer_takes_in_is_no_op_of_its_own():
    plan = plan_for_one_image(Network([Flatten(), Dense(3), ReLU(), Dense(2)], (2, 2)))
    assert names(plan.forward) == ["one_image_flatten", *["one_image_dense"] * 2]


def test_a_plan_is_made_once():
    network = Network([Conv2D(3, 2), Flatten(), Dense(2)], (4, 4))
    again = Network([Conv2D(3, 2), Flatten(), Dense(2)], (4, 4))
    assert plan_for_one_image(network) is plan_for_one_image(again)
