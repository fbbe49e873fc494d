"""Whole updates against PyTorch, which shares no code with the kernels or the equations."""

import numpy as np
import pytest

from pellucid import Adam, Trainer
from pellucid.network import presets
from tests.equations.test_network import OTHER
from tests.kernels.oracle import error, problem
from tests.layers import torch_network

NETWORKS = {"reference": presets.reference(), "other": OTHER}


@pytest.mark.parametrize("name", NETWORKS)
def test_three_updates_agree_with_torch(name):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    network, rate = NETWORKS[name], 0.01
    parameters, images, labels = problem(network, 192, seed=2)
    with Trainer(network, optimizer=Adam(rate)) as trainer:
        trainer.parameters[:] = parameters
        losses = [trainer.step(images[i::3], labels[i::3]) for i in range(3)]

        model = torch_network(torch, network, parameters.astype(np.float64))
        optimizer = torch.optim.Adam(model.parameters(), lr=rate, betas=(0.9, 0.999), eps=1e-10)
        for i in range(3):
            optimizer.zero_grad()
            logits = model(torch.tensor(images[i::3].astype(np.float64)))
            loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels[i::3]))
            loss.backward()
            optimizer.step()
            assert losses[i] == pytest.approx(loss.item(), rel=1e-5)
        expected = torch.nn.utils.parameters_to_vector(model.parameters()).detach().numpy()

        # Adam divides a gradient by its size and so enlarges its rounding: 1e-4, not 1e-5.
        wanted = network.views(expected)
        for name_of, found in network.views(trainer.parameters).items():
            assert error(found, wanted[name_of]) <= 1e-4, name_of
