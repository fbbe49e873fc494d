import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.adam import adam
from pellucid.errors import ConfigurationError
from tests.equations.numeric import SEEDS, relative_error

SETTINGS = {"batch_size": 4, "learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-10}


@given(
    seed=SEEDS,
    batch_size=st.integers(1, 2000),
    learning_rate=st.floats(1e-4, 1.0),
    beta1=st.floats(0.0, 0.99, allow_subnormal=False),
    beta2=st.floats(0.0, 0.9999, allow_subnormal=False),
    eps=st.floats(1e-10, 1e-2),
)
def test_several_steps_agree_with_torch(seed, batch_size, learning_rate, beta1, beta2, eps):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    random = np.random.default_rng(seed)
    theta = random.normal(size=(3, 5))
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    tensor = torch.tensor(theta, requires_grad=True)
    optimizer = torch.optim.Adam([tensor], lr=learning_rate, betas=(beta1, beta2), eps=eps)

    for t in range(1, 6):
        g = random.normal(scale=batch_size, size=theta.shape)
        theta, m, v = adam(
            theta,
            m,
            v,
            g,
            t,
            batch_size=batch_size,
            learning_rate=learning_rate,
            beta1=beta1,
            beta2=beta2,
            eps=eps,
        )
        tensor.grad = torch.tensor(g / batch_size)
        optimizer.step()
        assert relative_error(theta, tensor.detach().numpy()) < 1e-10


def test_the_second_step_is_the_equation_worked_by_hand():
    settings = {**SETTINGS, "batch_size": 2, "beta1": 0.5, "beta2": 0.75, "eps": 1.0}
    theta, m, v = adam([1.0], [2.0], [8.0], [8.0], 2, **settings)
    # m = 1 + 2, v = 6 + 4, m_hat = 3 / 0.75, v_hat = 10 / 0.4375
    assert (m.item(), v.item()) == (3.0, 10.0)
    assert theta.item() == pytest.approx(1.0 - 0.01 * 4.0 / ((10 / 0.4375) ** 0.5 + 1.0), rel=1e-14)


def test_the_first_step_has_the_length_of_the_learning_rate():
    theta, _, _ = adam(np.zeros(2), np.zeros(2), np.zeros(2), [1e3, -1e-3], 1, **SETTINGS)
    np.testing.assert_allclose(theta, [-0.01, 0.01], rtol=1e-5)


def test_no_gradient_means_no_step():
    theta, m, v = adam([1.5], [0.0], [0.0], [0.0], 1, **SETTINGS)
    assert (theta.item(), m.item(), v.item()) == (1.5, 0.0, 0.0)


def test_what_is_given_stays_as_it_is():
    given_arrays = [np.full(3, value) for value in (1.0, 2.0, 3.0, 4.0)]
    adam(*given_arrays, 1, **SETTINGS)
    assert [array.tolist() for array in given_arrays] == [[v] * 3 for v in (1.0, 2.0, 3.0, 4.0)]


@pytest.mark.parametrize("t", [0, -3])
def test_steps_are_counted_from_1(t):
    with pytest.raises(ConfigurationError) as caught:
        adam([1.0], [0.0], [0.0], [1.0], t, **SETTINGS)
    assert str(caught.value) == f"Adam's step number t is {t}; count the steps from 1."
