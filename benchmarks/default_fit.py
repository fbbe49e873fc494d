"""CNNClassifier without a parameter beside skorch: the same network, passes and batches, on MNIST.

    python -m benchmarks.default_fit [--set mnist] [--passes N]

skorch wraps the default network of the classifier as a PyTorch module, with Adam at the same
learning rate, the same batch size and as many passes; both on every core, skorch also with one
thread, which small networks prefer. The classifier randomizes its images as it does by default;
skorch does not, so it has less to do. It needs the environment that ``make bench`` makes:
``.venv-bench/bin/python -m benchmarks.default_fit``.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from pellucid import CNNClassifier, data

Pair = tuple[Any, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", default="mnist", help="a name that pellucid.data.load takes")
    parser.add_argument("--passes", type=int, help="as many as the default, if left out")
    options = parser.parse_args()
    images = data.load(options.set)
    train = np.asarray(images.train_images), images.train_labels
    test = np.asarray(images.test_images), images.test_labels

    start = time.perf_counter()
    ours = CNNClassifier(max_iter=options.passes or "auto", random_state=0).fit(*train)
    print(
        f"CNNClassifier, {ours.n_iter_} passes: {time.perf_counter() - start:.1f} s, "
        f"{ours.score(*test):.2%} of the test images right",
        flush=True,
    )
    theirs(ours, train, test)


def theirs(ours: CNNClassifier, train: Pair, test: Pair) -> None:
    """Train the same network with skorch, on one thread and on all."""
    # Peers are not installed where only --help or the tests run.
    import torch
    from skorch import NeuralNetClassifier
    from torch import nn

    from benchmarks.peers.skorch_training import FromBytes

    for threads in (1, torch.get_num_threads()):
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        net = NeuralNetClassifier(
            FromBytes(ours.network_, randomize=False), criterion=nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam, optimizer__fused=True, lr=ours.learning_rate,
            batch_size=min(256, max(32, len(train[1]) // 40)), max_epochs=ours.n_iter_,
            train_split=None, callbacks__print_log=None, iterator_train__shuffle=True,
        )  # fmt: skip
        start = time.perf_counter()
        net.fit(*train)
        print(
            f"skorch, {threads} threads, {ours.n_iter_} passes: "
            f"{time.perf_counter() - start:.1f} s, {net.score(*test):.2%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
