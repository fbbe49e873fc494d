"""PyTorch's inference: eager, channels_last, and torch.jit, traced, frozen and optimized."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.peers.torch_network import load_parameters, torch_network
from pellucid import Network


class FromPixels(nn.Module):
    """Bytes, or floats in [0, 1], to probabilities."""

    def __init__(self, network: Network, memory_format: torch.memory_format) -> None:
        super().__init__()
        self.inner = torch_network(network)
        self.shape, self.format = (-1, *network.input_shape), memory_format

    def forward(self, images: Tensor) -> Tensor:
        pixels = images.view(self.shape)
        if pixels.dtype == torch.uint8:
            pixels = pixels.to(torch.float32) / 255
        return self.inner(pixels.contiguous(memory_format=self.format)).softmax(1)


class TorchInference:
    """Probabilities of images."""

    def __init__(
        self, network: Network, parameters: NDArray[np.float32], threads: int, is_float: bool,
        channels_last: bool = False, jit: bool = False,
    ) -> None:  # fmt: skip
        torch.set_num_threads(threads)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        module = FromPixels(network, layout)
        load_parameters(module.inner, network.views(parameters).values())
        self.module = module.to(memory_format=layout).eval()
        if jit:
            kind = torch.float32 if is_float else torch.uint8
            example = torch.zeros((8, *network.input_shape), dtype=kind)
            with torch.inference_mode():
                traced = torch.jit.trace(self.module, example)
                self.module = torch.jit.optimize_for_inference(torch.jit.freeze(traced))

    def predict(self, images: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return self.module(torch.from_numpy(images)).numpy()
