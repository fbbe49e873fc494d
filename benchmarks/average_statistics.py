"""Whether an average of weights predicts better with statistics of norms brought up to date.

A small residual network with batch normalization, averages that begin at once or late, a constant
learning rate or one that falls; tested on what the data set keeps for the test. "along" are the
statistics that were averaged with the weights. CIFAR-10, for instance:

    python -m benchmarks.average_statistics cifar10-train.parquet
"""

from __future__ import annotations

import argparse

from pellucid import (
    SGD,
    Augmentation,
    BatchNorm2D,
    Conv2D,
    Dense,
    ExponentialAverage,
    GlobalAveragePool2D,
    MaxPool2D,
    MeanAverage,
    Network,
    OneCycleSchedule,
    ReLU,
    Residual,
    Schedule,
    Trainer,
    data,
    evaluate,
)
from pellucid.network.layers import Layer

CASES = {
    "exponential": (ExponentialAverage(decay=0.99), Schedule()),
    "exponential, one-cycle": (ExponentialAverage(decay=0.99), OneCycleSchedule()),
    "mean of a half": (MeanAverage(start=0.5), Schedule()),
    "mean of a quarter": (MeanAverage(start=0.75), Schedule()),
}


def network_for(shape: tuple[int, ...], classes: int) -> Network:
    """Return the network."""

    def convolution(filters: int) -> list[Layer]:
        return [Conv2D(filters, 3, padding="same", bias=False), BatchNorm2D(), ReLU()]

    layers = [
        *convolution(8), MaxPool2D(2), Residual([*convolution(8), *convolution(8)]),
        *convolution(16), MaxPool2D(2), Residual([*convolution(16), *convolution(16)]),
        GlobalAveragePool2D(), Dense(classes),
    ]  # fmt: skip
    return Network(layers, shape)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="what pellucid.data.load takes")
    parser.add_argument("--images", type=int, default=8000)
    parser.add_argument("--passes", type=int, default=6)
    parser.add_argument("--seeds", type=int, default=1, help="seeds 0, 1, ... (default 1)")
    arguments = parser.parse_args()
    photos = data.load(arguments.data, say=print)
    images, labels = (a[: arguments.images] for a in (photos.train_images, photos.train_labels))
    test = photos.test_images[:4000], photos.test_labels[:4000]
    network = network_for(photos.input_shape, len(photos.classes))
    print("seed  average                  no average      along           up to date")
    for seed in range(arguments.seeds):
        for name, (average, schedule) in CASES.items():
            with Trainer(
                network, optimizer=SGD(0.1, momentum=0.9, nesterov=True), average=average,
                augmentation=Augmentation.photos(min(photos.input_shape[1:])), seed=seed,
            ) as trainer:  # fmt: skip
                trainer.fit(
                    images, labels, epochs=arguments.passes, batch_size=128, schedule=schedule
                )
            found = [
                evaluate(network, parameters, *test)
                for parameters in (trainer.parameters, trainer.state.predicting, trainer.averaged)
            ]
            cells = "   ".join(f"{each.loss:.4f} {each.accuracy:.1%}" for each in found)
            print(f"{seed:<4}  {name:<23}  {cells}", flush=True)


if __name__ == "__main__":
    main()
