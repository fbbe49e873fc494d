"""The network that Pellucid began with, layer by layer, without the estimator.

Two layers of five 5 x 5 filters, a pool, 500 -> 10 -> 10: 5,880 parameters. Here the parts are put
together by hand: network, Adam, randomizing, schedule, Trainer. On MNIST it sees 81,000 randomized
images once; where MNIST is out of reach, scikit-learn's digits take its place.

    python examples/reference_network.py [--data mnist]
"""

import argparse

from pellucid import Adam, Augmentation, Schedule, Trainer, data
from pellucid.network import presets

LEAST = 0.9


def main() -> None:
    """Train the reference network, and print the loss on the way."""
    parser = argparse.ArgumentParser(description="Train the reference network.")
    parser.add_argument("--data", default="mnist", help="a name or path for data.load")
    digits = data.load(parser.parse_args().data, fallback=True, say=print)

    network = presets.reference(digits.input_shape, len(digits.classes))
    print(network.summary())
    with Trainer(
        network, optimizer=Adam(learning_rate=0.05), augmentation=Augmentation(), seed=0
    ) as trainer:
        history = trainer.fit(
            digits.train_images,
            digits.train_labels,
            total_images=81_000,
            batch_size=1024,
            schedule=Schedule(warmup=0.3, cooldown=0.3),
        )
        accuracy = trainer.evaluate(digits.test_images, digits.test_labels).accuracy

    for number in range(0, len(history), 13):
        update = history.updates[number]
        print(f"update {update.update:>3}  loss {update.loss:.3f}")
    print(f"{digits.name}: {accuracy:.2%} of {len(digits.test_images):,} test images are right")
    assert accuracy >= LEAST, f"{accuracy:.1%} is less than {LEAST:.0%}"


if __name__ == "__main__":
    main()
