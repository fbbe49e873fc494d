"""What randomizing and what views suit photographs: accuracy on images held back.

The first 20,000 training images of a data set of color photos, a network of six layers that learn,
14 passes; tested on what the data set keeps for the test. CIFAR-10, for instance:

    python -m benchmarks.photos cifar10-train.parquet
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace

from pellucid import (
    Adam,
    Augmentation,
    Conv2D,
    Dense,
    Flatten,
    MaxPool2D,
    Network,
    ReLU,
    Schedule,
    Trainer,
    data,
    predict_proba,
)
from pellucid.network.layers import Layer
from pellucid.recipes.named import augmentation_for

VIEWS = ("mirror", "shifts", "mirror+shifts")


def cases(shape: tuple[int, ...]) -> dict[str, Augmentation | None]:
    """Return what is compared, for images of a shape."""
    photos = Augmentation.photos(min(shape[1:]))
    factors = dict.fromkeys(("brightness", "contrast", "saturation"), (0.8, 1.2))
    return {
        "None": None,
        '"auto"': augmentation_for("drawings", shape, 1),  # as few drawings are
        '"photos"': photos,
        "without shifts": replace(photos, shift=(0, 0)),
        "with zeros outside": replace(photos, border="zeros"),
        "shifted between pixels": replace(photos, whole_shift=False),
        "and colors": replace(photos, **factors),
        "and erased": replace(photos, erase=0.5, erase_area=(0.02, 0.2)),
        "and mixed": replace(photos, mixup=0.2),
        "cropped, not shifted": replace(
            photos, shift=(0, 0), crop=(0.6, 1.0), crop_aspect=(0.8, 1.25)
        ),
    }


def network_for(shape: tuple[int, ...], classes: int) -> Network:
    """Return a small network for color photos, with initial values that suit ReLU."""

    def convolution(filters: int) -> list[Layer]:
        scale = math.sqrt(2 * filters)  # He's variance
        return [Conv2D(filters, 3, padding="same", scale=scale), ReLU()]

    layers = [*convolution(16), MaxPool2D(2), *convolution(32), *convolution(32), MaxPool2D(2)]
    layers += [*convolution(64), MaxPool2D(2), Flatten(), Dense(classes, std=0.03)]
    return Network(layers, shape)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="what pellucid.data.load takes")
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--passes", type=int, default=14)
    parser.add_argument("--seeds", type=int, default=1, help="seeds 0, 1, ... (default 1)")
    arguments = parser.parse_args()
    photos = data.load(arguments.data, say=print)
    images, labels = (a[: arguments.images] for a in (photos.train_images, photos.train_labels))
    network = network_for(photos.input_shape, len(photos.classes))
    schedule = Schedule(warmup=0.1, cooldown=0.6)
    print("seed  randomizing              image   " + "   ".join(VIEWS))
    for seed in range(arguments.seeds):
        for name, augmentation in cases(photos.input_shape).items():
            with Trainer(
                network, optimizer=Adam(0.003), augmentation=augmentation, seed=seed
            ) as trainer:
                trainer.fit(
                    images, labels, epochs=arguments.passes, batch_size=128, schedule=schedule
                )
            found = [
                (
                    predict_proba(network, trainer.parameters, photos.test_images, views=views)
                    .argmax(axis=1) == photos.test_labels
                ).mean()
                for views in (None, *VIEWS)
            ]  # fmt: skip
            print(
                f"{seed:<4}  {name:<24} " + "  ".join(f"{value:.1%}" for value in found), flush=True
            )


if __name__ == "__main__":
    main()
