"""PyTorch's steps on the same images, in float64."""

from __future__ import annotations

import numpy as np


def in_groups(model, decay):
    """Return a model's parameters in two groups: those that decay, and biases."""
    parts = list(model.parameters())
    return [
        {"params": [part for part in parts if part.ndim > 1], "weight_decay": decay},
        {"params": [part for part in parts if part.ndim == 1], "weight_decay": 0.0},
    ]


def twin_steps(torch, model, optimizer, images, labels, count, clip_norm=None):
    """Take some steps on all images; return the parameters as one vector."""
    pixels = torch.tensor(images / 255.0 if images.dtype == np.uint8 else images).double()
    for _ in range(count):
        optimizer.zero_grad()
        logits = model(pixels)
        torch.nn.functional.cross_entropy(logits, torch.tensor(labels)).backward()
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.step()
    return torch.nn.utils.parameters_to_vector(model.parameters()).detach().numpy()
