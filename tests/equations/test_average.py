import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.average import average
from tests.equations.numeric import SEEDS


def torch_average(torch, vectors, decay):
    """Return what PyTorch's AveragedModel makes of some vectors; without decay their mean."""
    model = torch.nn.Linear(vectors.shape[1], 1, bias=False).double()
    how = (
        {} if decay is None else {"multi_avg_fn": torch.optim.swa_utils.get_ema_multi_avg_fn(decay)}
    )
    averaged = torch.optim.swa_utils.AveragedModel(model, **how)
    for vector in vectors:
        with torch.no_grad():
            model.weight[:] = torch.tensor(vector)
        averaged.update_parameters(model)
    return averaged.module.weight[0].detach().numpy()


@given(st.integers(1, 20), st.integers(1, 30), st.sampled_from([None, 0.0, 0.5, 0.99]), SEEDS)
def test_averages_are_those_of_torch(size, count, decay, seed):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    vectors = np.random.default_rng(seed).normal(size=(count, size))
    mean = np.zeros(size)
    for number, vector in enumerate(vectors, start=1):
        weight = 1 / number if decay is None else 1 - decay * (number > 1)
        mean = average(mean, vector, weight)
    np.testing.assert_allclose(mean, torch_average(torch, vectors, decay), rtol=1e-9, atol=1e-12)


def test_the_first_is_taken_as_it_is():
    assert average([np.inf], [3.0], 1).tolist() == [3.0]
