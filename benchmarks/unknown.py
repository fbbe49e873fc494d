"""Which score tells best what is unlike all of MNIST: how much of it each calls unknown.

CNNClassifier is trained on MNIST, a tenth held back. For each score the limit is that which the
given share of the images held back lies beyond. The table shows the share of each set that is
called unknown, on average over the seeds; "own test" is MNIST's test set, all of it false alarms.
The first score is that of ``is_known``. Fashion-MNIST is needed too.

    python -m benchmarks.unknown
    python -m benchmarks.unknown --models runs/seed-0/model.safetensors

The second only says how much of Fashion-MNIST models of the command line call unknown.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable

import numpy as np
from sklearn.model_selection import train_test_split

from pellucid import CNNClassifier, data, load_model
from pellucid.execution.features import outputs, seen_by_last
from pellucid.images.known import Known

HELD_BACK = 6_000


def strange(random: np.random.Generator, digits: np.ndarray, clothes: np.ndarray) -> dict:
    """Return sets of images that are no upright digits."""
    noise = random.integers(0, 256, (2000, 28, 28)).astype(np.uint8)
    coarse = random.integers(0, 256, (2000, 7, 7)).repeat(4, axis=1).repeat(4, axis=2)
    shuffled = random.permuted(digits[:2000].reshape(2000, -1), axis=1)
    return {
        "Fashion-MNIST": clothes,
        "noise": noise,
        "coarse noise": coarse.astype(np.uint8),
        "one color": np.repeat(np.arange(256, dtype=np.uint8), 784).reshape(256, 28, 28),
        "shuffled digits": shuffled.reshape(-1, 28, 28),
        "inverted digits": 255 - digits[:2000],
        "turned digits": np.ascontiguousarray(np.rot90(digits[:2000], axes=(1, 2))),
        "two halves": np.concatenate([digits[:2000, :14], digits[2000:4000, 14:]], axis=1),
    }


def scores(classifier: CNNClassifier, images: np.ndarray, labels: np.ndarray) -> dict:
    """Return functions that say how strange images are."""
    network, parameters = classifier.network_, classifier.parameters_

    def logits(some: np.ndarray) -> np.ndarray:
        return outputs(network, network, parameters, some, None).astype(np.float64)

    def energy(some: np.ndarray) -> np.ndarray:
        return -np.log(np.exp(logits(some)).sum(axis=1))

    def mahalanobis(part: Callable[[np.ndarray], np.ndarray]) -> Callable:
        seen = part(images)
        means = np.stack([seen[labels == k].mean(axis=0) for k in range(network.classes)])
        around = seen - means[labels]
        inverse = np.linalg.pinv(around.T @ around / len(around), hermitian=True)

        def distance(some: np.ndarray) -> np.ndarray:
            apart = part(some)[:, np.newaxis] - means
            return np.einsum("nki,ij,nkj->nk", apart, inverse, apart, optimize=True).min(axis=1)

        return distance

    def features(some: np.ndarray) -> np.ndarray:
        return seen_by_last(network, parameters, some, None).astype(np.float64)

    known = Known.of(features(images), labels, features(images[:1]))
    return {
        "direction and length": lambda some: known.distance(features(some)),
        "probability": lambda some: logits(some).max(axis=1) * -1 - energy(some),
        "largest logit": lambda some: -logits(some).max(axis=1),
        "energy": energy,
        "Mahalanobis, features": mahalanobis(features),
        "Mahalanobis, logits": mahalanobis(logits),
    }


def ask_models(names: list[str], rates: list[float], clothes: np.ndarray) -> None:
    for name in names:
        model = load_model(name)
        seen = seen_by_last(model.network, model.parameters, clothes, None)
        distances = model.known.distance(seen)
        print(name, *(f"{(distances > model.known.limit(rate)).mean():.1%}" for rate in rates))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0, 1, ... (default 5)")
    parser.add_argument("--rates", type=float, nargs="+", default=(0.01, 0.05))
    parser.add_argument("--models", nargs="*", help="ask these, of any classes, and train none")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    digits, clothes = data.load("mnist", say=print), data.load("fashion-mnist", say=print)
    if arguments.models:
        ask_models(arguments.models, arguments.rates, clothes.test_images)
        return
    found: dict[tuple[float, str], list[list[float]]] = {}
    for seed in range(arguments.seeds):
        sets = {"own test": digits.test_images}
        random = np.random.default_rng(seed)
        sets |= strange(random, digits.test_images, clothes.test_images)
        images, held, labels, _ = train_test_split(
            digits.train_images, digits.train_labels, test_size=HELD_BACK, random_state=seed,
            stratify=digits.train_labels,
        )  # fmt: skip
        classifier = CNNClassifier(random_state=seed).fit(images, labels)
        for name, score in scores(classifier, images[:20_000], labels[:20_000]).items():
            own = np.sort(score(held))
            values = [score(some) for some in sets.values()]
            for rate in arguments.rates:
                limit = own[len(own) - int(rate * (len(own) + 1))]
                row = [float((value > limit).mean()) for value in values]
                found.setdefault((rate, name), []).append(row)
        print(f"seed {seed}: {classifier.score(digits.test_images, digits.test_labels):.2%}")
    for rate in arguments.rates:
        print(f"\n{f'{rate:.0%} false alarms':<22}", *(f"{name:>16}" for name in sets))
        for (own_rate, name), rows in found.items():
            if own_rate == rate:
                shares = np.mean(rows, axis=0)
                print(f"{name:<22}", *(f"{share:>16.1%}" for share in shares))


if __name__ == "__main__":
    main()
