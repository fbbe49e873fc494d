"""What a call that fails leaves of a trainer: what it has learned, or all as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pellucid.errors import DivergenceError
from pellucid.training import History, Trainer

__all__ = ["all_or_nothing"]


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
                    "No pass was finished: the classifier is what it was before the call."
                )
        raise
    finally:
        trainer.history = History()  # it would grow with every call


def _bookmark(trainer: Trainer) -> Callable[[], None]:
    """Return what brings a trainer back to where it stands now."""
    state = trainer.state

    def put_back() -> None:
        trainer.state = state

    return put_back
