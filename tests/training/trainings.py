"""A training of ten updates that is stopped, resumed and compared."""

from __future__ import annotations

from pellucid import Adam, Augmentation, Checkpoints, Schedule, Trainer
from pellucid.training.checkpoints import checkpoint_paths
from tests.training.examples import NETWORK, bits, bright_corners

IMAGES, LABELS = bright_corners(60)
# 70 a batch of 60 images: every batch spans two passes, some three; the last has 30 more.
CALL = {"total_images": 730, "batch_size": 70, "schedule": Schedule(0.3, 0.4)}
UPDATES = 10


def trainer(**settings):
    return Trainer(NETWORK, optimizer=Adam(0.01), augmentation=Augmentation(), **settings)


def train(folder=None, stop=None, resume=False, images=IMAGES, labels=LABELS, call=(), made=None,
          **settings):  # fmt: skip
    """Train, as far as update ``stop``; return the trainer."""
    checkpoints = None if folder is None else Checkpoints(folder, **{"every_updates": 1} | settings)
    made = trainer(workers=2) if made is None else made
    with made:
        made.fit(
            images, labels, **CALL | dict(call), checkpoints=checkpoints, resume=resume,
            on_update=lambda update: update.update == stop,
        )  # fmt: skip
    return made


def all_bits(made):
    """Return all that must be the same: where it stands, and every update's bits."""
    updates = [
        (u.update, u.images, u.loss, u.accuracy, u.fingerprint) for u in made.history.updates
    ]
    return bits(made.state), updates


def numbers(folder):
    return [int(path.stem[-8:]) for path in checkpoint_paths(folder)]
