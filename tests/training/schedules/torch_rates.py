"""The rates of PyTorch's schedulers."""

from __future__ import annotations

import warnings


def torch_rates(torch, made, updates):
    """Return the learning rate of every update, where the optimizer's own is 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of its own way of going on
        scheduler, found = made(optimizer), []
        for number in range(updates):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if number + 1 < updates:
                scheduler.step()
    return found
