"""Work handed to an executor: all of its results, or one clean error and nothing left waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import BrokenExecutor, CancelledError, Future, wait
from typing import Any

from pellucid.errors import ExecutorError, PellucidError

__all__ = ["gather"]

_KEPT = "The parameters are those before this update; training can go on with a new executor."


def gather(
    submit: Callable[..., Future[Any]],
    function: Callable[[Any], Any],
    arguments: Iterable[Any],
    look: Callable[[], None] | None = None,
    seconds: float = 1.0,
) -> list[Any]:
    """Return a function's results, in order; whatever goes wrong, no work is left waiting.

    While they are awaited, ``look`` is called every so many seconds: what it raises ends the wait.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(1) as pool:
    ...     gather(pool.submit, abs, [-1, -2])
    [1, 2]
    """
    futures: list[Future[Any]] = []
    try:
        for argument in arguments:
            futures.append(submit(function, argument))
        for future in futures:
            while look is not None and not wait([future], seconds).done:
                look()
        return [future.result() for future in futures]
    except (Exception, CancelledError) as error:
        raise _explained(error) from error
    finally:
        for future in futures:
            future.cancel()  # which those that are done ignore


def _explained(error: BaseException) -> Exception:
    """Return an executor's error as ours, in words."""
    if isinstance(error, PellucidError):
        return ExecutorError(f"{error} {_KEPT}") if isinstance(error, ExecutorError) else error
    name = type(error).__name__
    if isinstance(error, BrokenExecutor):
        what = (
            f"A worker process ended abruptly ({name}): it was killed, ran out of memory, or could "
            "not start, as happens in a script that starts training outside of "
            "'if __name__ == \"__main__\":'"
        )
    elif isinstance(error, CancelledError):
        reason = f" ({error})" if str(error) else ""
        what = f"The executor gave the work up{reason}: its scheduler is gone, or it was shut down"
    else:
        what = f"The executor failed with {name}: {' '.join(str(error).split()) or 'no reason'}"
    return ExecutorError(f"{what.rstrip('.')}. {_KEPT}")
