"""What a call that fails leaves of a trainer: what it has learned, or all as it was."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from pellucid.errors import DivergenceError
from pellucid.training import History, Trainer

__all__ = ["all_or_nothing", "one_at_a_time"]

# Not on the estimators, which are copied and pickled.
_locks: WeakKeyDictionary[object, threading.RLock] = WeakKeyDictionary()
_lock = threading.Lock()


@contextmanager
def one_at_a_time(estimator: object) -> Iterator[None]:
    """Let one thread train an estimator, and others wait: they would share its trainer."""
    with _lock:
        own = _locks.setdefault(estimator, threading.RLock())
    with own:
        yield


@contextmanager
def all_or_nothing(trainer: Trainer, has_learned: Callable[[], bool]) -> Iterator[None]:
    """Put a trainer back where it stood, if training ends by an error before one pass is done.

    After a pass, what was learned stays, whatever comes then.
    """
    put_back = _bookmark(trainer)
    try:
        yield
    except BaseException as error:
        if not has_learned():
            put_back()
            if isinstance(error, DivergenceError):
                error.add_note(
                    "No pass was finished: the estimator is what it was before the call."
                )
        raise
    finally:
        trainer.history = History()  # it would grow with every call


def _bookmark(trainer: Trainer) -> Callable[[], None]:
    """Return what brings a trainer back to where it stands now."""
    state, optimizer, average = trainer.state, trainer.optimizer, trainer.average

    def put_back() -> None:
        trainer.optimizer, trainer.average = optimizer, average
        trainer.state = state

    return put_back
