"""What a call that fails leaves of a classifier: what it has learned, or all as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pellucid.errors import DivergenceError
from pellucid.training import History, Trainer

__all__ = ["all_or_nothing"]


@contextmanager
def all_or_nothing(classifier: Any) -> Iterator[None]:
    """Put a classifier back as it was, if training ends by an error before one pass is done.

    After a pass, what was learned stays, whatever comes then.
    """
    before = dict(vars(classifier))
    trainer = before.get("_trainer")
    put_back = None if trainer is None else _bookmark(trainer)
    try:
        yield
    except BaseException as error:
        now = vars(classifier)
        is_same = now.get("_trainer") is trainer
        if now.get("n_iter_", 0) > (before.get("n_iter_", 0) if is_same else 0):
            raise
        now.clear()
        now.update(before)
        if put_back is not None:
            put_back()
        if isinstance(error, DivergenceError):
            error.add_note("No pass was finished: the classifier is what it was before the call.")
        raise
    finally:
        if hasattr(classifier, "_trainer"):
            classifier._trainer.history = History()  # it would grow with every call


def _bookmark(trainer: Trainer) -> Callable[[], None]:
    """Return what brings a trainer back to where it stands now."""
    state = trainer.state

    def put_back() -> None:
        trainer.state = state

    return put_back
