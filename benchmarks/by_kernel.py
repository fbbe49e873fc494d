"""Where a step's time goes: microseconds an image of every op of a network's program.

A section of digits is trained on first, so that the ops find what they find in training: gates half
closed, and survivors of a pool where there are some. Then the ops of its last chunk run again and
again in their order on one core, each timed alone; the median is told.

Networks for other images than digits get images of noise. What runs once for all chunks, as the
statistics of norms do, is left out.

    python -m benchmarks.by_kernel [--network reference|lenet|wide|simplechains|vgg|residual]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from numpy.typing import NDArray

from pellucid import Adam, Network, Trainer
from pellucid.data import load
from pellucid.execution import sections
from pellucid.execution.sections import Procedure, section_step, whole_section
from pellucid.kernels.compiling.compile import kernel_name
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.execute import run_ops
from pellucid.kernels.plan import plan_for
from pellucid.measuring.networks import DEEP, NETWORKS

ROUNDS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    makers = NETWORKS | DEEP
    parser.add_argument("--network", choices=list(makers), default="reference")
    network = makers[parser.parse_args().network]()
    images, labels = images_for(network)
    trainer = Trainer(network, optimizer=Adam(0.003), workers=1)
    trainer.fit(images, labels, epochs=2, batch_size=128)
    images, labels = images[:128], labels[:128]
    section_step(
        Procedure(network), trainer.parameters, np.ascontiguousarray(images), whole_section(labels)
    )
    plan, arena = plan_for(network), sections._local.arenas[0]
    gradient = np.zeros_like(trainer.parameters)
    ops = [(p, n, op[None].copy()) for p in PHASES for n, op in enumerate(getattr(plan, p))]
    took = np.zeros((ROUNDS, len(ops)))
    for round_ in range(ROUNDS):
        for place, (_, _, op) in enumerate(ops):
            start = time.perf_counter()
            run_ops(op, arena, trainer.parameters, gradient)
            took[round_, place] = time.perf_counter() - start
    each = np.median(took, axis=0) / LANES * 1e6
    for (phase, number, op), value in zip(ops, each, strict=True):
        print(f"{phase:<9} {number:>2}  {kernel_name(int(op[0, 0])):<38} {value:8.3f} us an image")
    print(f"{'sum':<51} {each.sum():8.3f} us an image; begin and end come once a section")


def images_for(network: Network) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the digits where they have the network's shape, else noise; with their labels."""
    digits = load("digits")
    images, labels = digits.train_images[:, None], digits.train_labels
    if images.shape[1:] == network.input_shape:
        return images, labels
    shape = (256, *network.input_shape)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8), labels[:256]


PHASES = ("begin", "forward", "backward", "end")

if __name__ == "__main__":
    main()
