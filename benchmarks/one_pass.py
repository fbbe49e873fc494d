"""Train one pass over random digits, as the section `scaling` of the benchmarks does.

    python -m benchmarks.one_pass 10000

Prints, as JSON, the seconds of the pass and the megabytes that it added to the process.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from benchmarks.memory import Watch, megabytes
from pellucid import Adam, Trainer
from pellucid.measuring.images import digit_batches
from pellucid.network import presets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=int, help="how many")
    count = parser.parse_args().images
    [(images, labels)] = digit_batches(1, 10_000)
    repeats = -(-count // len(images))
    pixels = np.tile(images, (repeats, 1, 1))[:count]
    classes = np.tile(labels, repeats)[:count]
    with Trainer(presets.reference(), optimizer=Adam(0.01)) as trainer:
        # Compiled kernels and the workers' memory are there before the clock starts.
        trainer.step(pixels[:1024], classes[:1024])
        before, watch, start = megabytes("RssAnon"), Watch(), time.perf_counter()
        trainer.fit(pixels, classes)
        seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "megabytes": watch.stop() - before}))


if __name__ == "__main__":
    main()
