import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.network.layers import Dense

EXAMPLES = [
    (Dense(7), (12,)),
    (Dense(3, std=0.5, bias=0.25), (5,)),
    (Dense(9, bias=False), (10,)),
]


def drawn(random, shape):
    if len(shape) > 1:
        return None
    return Dense(int(random.integers(1, 20)), bias=0.0 if random.random() < 0.8 else False)


def torch_twin(torch, layer, shape):
    return torch.nn.Linear(shape[0], layer.units, bias=layer.bias is not None)


@given(units=st.integers(1, 50), inputs=st.integers(1, 50))
def test_dense_has_the_shapes_of_torch(units, inputs):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    module = torch.nn.Linear(inputs, units)
    assert Dense(units).output_shape((inputs,)) == (units,)
    assert Dense(units).parameter_shapes((inputs,)) == {
        "w": tuple(module.weight.shape),
        "b": tuple(module.bias.shape),
    }
