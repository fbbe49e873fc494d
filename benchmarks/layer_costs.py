"""What each layer costs, on one thread: microseconds an image, in training and in prediction.

    python -m benchmarks.layer_costs [--rounds 7]

Each stands between a convolution and the end of one and the same network, on 16 maps of 32 x 32
pixels; its cost is the time of the network with it less that of the network without it, medians
over rounds in which all networks take turns. docs/guide/layers.md has the table.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from pellucid import (
    GELU,
    AveragePool2D,
    BatchNorm2D,
    Conv2D,
    Dropout,
    GlobalAveragePool2D,
    GroupNorm,
    LeakyReLU,
    MaxPool2D,
    Network,
    ReLU,
    Residual,
    Sigmoid,
    SiLU,
    Tanh,
)
from pellucid.execution.sections import Procedure, cut, prepare, section_step, whole_section
from pellucid.measuring.images import photo_batches
from pellucid.network.layers import Dense, Layer
from pellucid.network.summary import describe

IMAGES, SECTIONS = 256, 8

LAYERS: list[list[Layer]] = [
    [Conv2D(16, 3, padding="same")],
    [Conv2D(16, 5, padding="same")],
    [Conv2D(16, 1)],
    [Conv2D(32, 3, stride=2, padding="same")],
    [Conv2D(16, 3, padding="same", groups=16)],
    [Conv2D(16, 3, padding="same", dilation=2)],
    [MaxPool2D(2)],
    [AveragePool2D(2)],
    [BatchNorm2D()],
    [GroupNorm(4)],
    [ReLU()],
    [LeakyReLU()],
    [SiLU()],
    [GELU()],
    [Tanh()],
    [Sigmoid()],
    [Dropout(0.1)],
    [Residual([ReLU()])],
]


def network(layers: list[Layer]) -> Network:
    """Return the network with some layers in it."""
    return Network(
        [Conv2D(16, 3, padding="same"), ReLU(), *layers, GlobalAveragePool2D(), Dense(10)],
        (3, 32, 32),
    )


def seconds(made: Network, training: bool) -> float:
    """Return what a batch takes, section by section."""
    [(images, labels)] = photo_batches(1, IMAGES)
    parameters = made.initial_parameters()
    started = time.perf_counter()
    batch = whole_section(labels.astype(np.int64))
    for part in cut(IMAGES, SECTIONS):
        section_step(Procedure(made), parameters, images, batch.part(part), training=training)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what each layer costs.")
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    networks = [network([]), *map(network, LAYERS)]
    found: dict[bool, list[list[float]]] = {}
    for training in (True, False):
        for made in networks:
            prepare(made, training=training)
            seconds(made, training)
        found[training] = [[seconds(made, training) for made in networks] for _ in range(rounds)]
    print("| layer | parameters | training | prediction |\n| --- | --- | --- | --- |")
    for k, layers in enumerate(LAYERS, start=1):
        costs = [
            1e6 / IMAGES * statistics.median(row[k] - row[0] for row in found[training])
            for training in (True, False)
        ]
        last = len(networks[k].nodes) - 1
        size = sum(p.size for p in networks[k].parameters if p.is_trained and 0 < p.node < last)
        cells = " | ".join(f"{max(cost, 0):.1f}" for cost in costs)
        print(f"| `{describe(layers[0])}` | {size:,} | {cells} |")


if __name__ == "__main__":
    main()
