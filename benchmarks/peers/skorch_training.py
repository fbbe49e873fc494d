"""skorch around the same PyTorch module: what people use to train a CNN as scikit-learn does."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from skorch import NeuralNetClassifier
from torch import Tensor, nn

from benchmarks.peers.torch_network import load_parameters, torch_network
from benchmarks.peers.torch_training import randomize as randomized
from pellucid import Network


class FromBytes(nn.Module):
    """The network behind its preprocessing: bytes to [0, 1], and randomizing in training."""

    def __init__(self, network: Network, randomize: bool) -> None:
        super().__init__()
        self.inner = torch_network(network)
        self.shape, self.randomize = (-1, *network.input_shape), randomize

    def forward(self, images: Tensor) -> Tensor:
        pixels = images.view(self.shape).to(torch.float32) / 255
        return self.inner(randomized(pixels) if self.randomize else pixels)


class SkorchTraining:
    """``partial_fit`` on one batch at a time, silent and without a validation set."""

    def __init__(self, network: Network, threads: int, randomize: bool) -> None:
        torch.set_num_threads(threads)
        self.network, self.randomize = network, randomize
        self.net: NeuralNetClassifier | None = None

    def load(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        module = FromBytes(self.network, self.randomize)
        load_parameters(module.inner, arrays.values())
        self.net = NeuralNetClassifier(
            module, criterion=nn.CrossEntropyLoss, optimizer=torch.optim.Adam, lr=0.001,
            optimizer__eps=1e-10, optimizer__fused=True, batch_size=-1, max_epochs=1,
            train_split=None, callbacks__print_log=None, classes=range(self.network.classes),
        ).initialize()  # fmt: skip

    def step(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
        assert self.net is not None
        self.net.partial_fit(images, labels)
        return float(self.net.history[-1, "train_loss"])
