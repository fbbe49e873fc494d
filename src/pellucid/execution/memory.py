"""What work will need of the memory, looked at before it starts, and what there is."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pellucid.errors import Argument, OutOfMemoryError
from pellucid.execution.sections import FEW, GRAIN, cut, threads_for
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.plan import plan_for
from pellucid.network.network import Network

__all__ = [
    "Need",
    "check_inference_memory",
    "check_memory",
    "check_training_memory",
    "free_memory",
    "need_of_mixing",
    "shown_bytes",
]

HARMLESS = 1 << 28
"""Bytes that are not looked at."""

_PROC = Path("/proc")
_CGROUPS = Path("/sys", "fs", "cgroup")
_KIB = 1024
_VECTORS = 3  # the parameters, and what an optimizer keeps
_MENTIONED = 50  # what is less of the whole goes without saying


class Need(NamedTuple):
    """Memory that something takes.

    Attributes
    ----------
    what : str
        In words.
    size : int
        Bytes.
    """

    what: str
    size: int


def check_training_memory(
    network: Network, workers: int, batch_size: int, sections: int, *others: Need
) -> None:
    """Refuse a training whose threads, and ``others``, need more memory than there is.

    A thread holds some images side by side, with all that the layers make of them, forward and
    backward.

    Raises
    ------
    OutOfMemoryError
        The message names ``workers`` and ``batch_size``, if one of them helps.
    """
    parts = len(cut(batch_size, sections))
    threads = min(workers, parts, threads_for(network, batch_size, training=True))
    vectors = 4 * network.size * (_VECTORS + parts)
    needs = (
        _of_layers(network, threads, _chunks(network, batch_size, sections)),
        Need("parameters, moments and gradients", vectors),
        *others,
    )
    smaller = "smaller images, or a network that pools sooner or has fewer filters."
    if threads == 1:
        check_memory("Training", needs, f"Use {smaller}")
        return
    check_memory(
        "Training", needs, "Use fewer ", Argument("workers"), ", which changes no result; a ",
        Argument("batch_size"), f" of {GRAIN}, which one thread works on; {smaller}",
    )  # fmt: skip


def need_of_mixing(network: Network, workers: int, batch_size: int, sections: int) -> Need:
    """Return what threads hold of their sections' images, which lie apart where they are mixed."""
    parts = cut(batch_size, sections)
    threads = min(workers, len(parts), threads_for(network, batch_size, training=True))
    one = 4 * math.prod(network.input_shape)
    return Need("images that are mixed", threads * parts[0].stop * one)


def check_inference_memory(network: Network, workers: int, images: int, parts: int) -> None:
    """Refuse a prediction whose threads need more memory than there is.

    Raises
    ------
    OutOfMemoryError
        The message names ``workers``, if it helps.
    """
    threads = min(workers, parts, threads_for(network, images, training=False))
    alone = f"at most {FEW} images at a time, which are computed one by one; or smaller images."
    fix = [f"Give {alone}"]
    if threads > 1:
        fix = ["Use fewer ", Argument("workers"), f", which changes no result; {alone}"]
    check_memory("Prediction", [_of_layers(network, threads)], *fix)


def _chunks(network: Network, batch_size: int, sections: int) -> int:
    """Return how many chunks of a section are held at once, each with all that the layers make."""
    if not plan_for(network).has_joins:
        return 1
    return int(-(-cut(batch_size, sections)[0].stop // LANES))


def _of_layers(network: Network, threads: int, chunks: int = 0) -> Need:
    """Return what threads hold of so many chunks in training, or of one in inference for 0."""
    shape = " x ".join(map(str, network.input_shape))
    size = 4 * plan_for(network, chunks > 0).size * max(1, chunks)
    each = "one thread" if threads == 1 else f"{threads} threads, {shown_bytes(size)} each"
    return Need(f"what the layers make of images of {shape} ({each})", threads * size)


def check_memory(doing: str, needs: Sequence[Need], *fix: str) -> None:
    """Refuse work that needs more memory than there is.

    Parameters
    ----------
    doing : str
        The work, as the sentence begins.
    needs : sequence of Need
        What it takes.
    *fix : str
        What to change, as for :class:`pellucid.errors.PellucidError`; ends the message.

    Raises
    ------
    OutOfMemoryError
        The message has all figures.
    """
    total = sum(need.size for need in needs)
    if total < HARMLESS:
        return
    free = free_memory()
    if free is None or total <= free:
        return
    large = [need for need in needs if need.size >= total / _MENTIONED]
    parts = ", ".join(f"{shown_bytes(need.size)} for {need.what}" for need in large)
    raise OutOfMemoryError(
        f"{doing} needs about {shown_bytes(total)} of memory, but {shown_bytes(free)} are free: "
        f"{parts}. ",
        *fix,
    )


def shown_bytes(size: int) -> str:
    """Return a number of bytes for a person.

    Examples
    --------
    >>> shown_bytes(3_400_000_000), shown_bytes(56_700_000), shown_bytes(123_000_000_000)
    ('3.4 GB', '57 MB', '123 GB')
    """
    if size < 1e9:
        return f"{size / 1e6:.0f} MB"
    return f"{size / 1e9:.1f} GB" if size < 1e11 else f"{size / 1e9:,.0f} GB"


def free_memory() -> int | None:
    """Return the bytes that this process may still take, swap space among them; None if unknown.

    On Linux what the system, the process's control group and its limits leave; elsewhere all that
    the machine has, where it says so.
    """
    known = [free for free in (_of_system(), _of_group(), _of_limit()) if free is not None]
    return max(0, min(known)) if known else None


def _of_system() -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError, KeyError):
        lines = (_PROC / "meminfo").read_text().splitlines()
        values = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        return _KIB * (values["MemAvailable"] + values["SwapFree"])
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _of_group() -> int | None:
    """Return what the control groups leave that this process is in: those of a container."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = (_PROC / "self" / "cgroup").read_text().splitlines()
        path = next(line[3:] for line in lines if line.startswith("0::"))
        folder = _CGROUPS / path.lstrip("/")
        folders = [folder, *folder.parents]
        frees = [_left(one) for one in folders if one.is_relative_to(_CGROUPS)]
        return min((free for free in frees if free is not None), default=None)
    return None


def _left(group: Path) -> int | None:
    """Return what a control group leaves; what only caches files can be taken back."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        limit = int((group / "memory.max").read_text())  # "max" where there is none
        used = int((group / "memory.current").read_text())
        lines = (group / "memory.stat").read_text().splitlines()
        cached = {line.split()[0]: int(line.split()[1]) for line in lines}.get("inactive_file", 0)
        return limit - used + cached
    return None


def _of_limit() -> int | None:
    """Return what ``ulimit -v`` leaves."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return None
        pages = int((_PROC / "self" / "statm").read_text().split()[0])
        return limit - pages * os.sysconf("SC_PAGE_SIZE")
    return None
