"""Choose the reference run's learning rate on training images held back, never on the test set.

The last 10,000 of MNIST's 60,000 training images are held back. For every learning rate and seed
the reference run is done on the other 50,000; the table shows the accuracy on those held back.

    python -m benchmarks.learning_rate
"""

from __future__ import annotations

import argparse
import statistics

from pellucid import Adam, Augmentation, Schedule, Trainer, data
from pellucid.network import presets
from pellucid.runs.settings import RunSettings

RATES = (0.01, 0.02, 0.03, 0.05, 0.08)
HELD_BACK = 10_000


def accuracy(
    digits: data.Dataset, learning_rate: float, seed: int, schedule: Schedule
) -> float:  # fmt: skip
    """Train as the reference run does and return the accuracy on the held-back images."""
    optimizer = Adam(learning_rate=learning_rate)
    augmentation = Augmentation()
    images, labels = digits.train_images, digits.train_labels
    with Trainer(
        presets.reference(), optimizer=optimizer, augmentation=augmentation, seed=seed
    ) as trainer:
        trainer.fit(
            images[:-HELD_BACK], labels[:-HELD_BACK], total_images=81_000, schedule=schedule
        )  # fmt: skip
        return trainer.evaluate(images[-HELD_BACK:], labels[-HELD_BACK:]).accuracy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    parser.add_argument("--seeds", type=int, default=20, help="seeds 0, 1, ... (default 20)")
    parser.add_argument("--constant", action="store_true", help="without warm-up and cool-down")
    arguments = parser.parse_args()
    schedule = Schedule() if arguments.constant else RunSettings().schedule
    digits = data.load("mnist", say=print)
    print(f"{'rate':>6}  {'median':>7}  {'lowest':>7}  {'highest':>7}")
    for rate in arguments.rates:
        found = [accuracy(digits, rate, seed, schedule) for seed in range(arguments.seeds)]
        row = (statistics.median(found), min(found), max(found))
        print(f"{rate:>6g}  " + "  ".join(f"{value:>7.2%}" for value in row), flush=True)


if __name__ == "__main__":
    main()
