"""What a page is told of a training: how it stands, the new points of its curves, and looks.

All of it is JSON, in server-sent events; arrays are base64. What was told before is not told again,
so that a page that stays costs little.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.studio.live.branches import block_of, points
from pellucid.studio.live.looking import Snapshot
from pellucid.studio.live.training import LiveTraining

__all__ = ["Follower", "as_event", "standing", "told_of"]


def as_event(name: str, data: dict[str, Any]) -> str:
    r"""Return a server-sent event.

    Examples
    --------
    >>> as_event("now", {"update": 3})
    'event: now\ndata: {"update":3}\n\n'
    """
    return f"event: {name}\ndata: {json.dumps(data, allow_nan=False, separators=(',', ':'))}\n\n"


def standing(training: LiveTraining) -> dict[str, Any]:
    """Return how a training stands, but for its curves."""
    return {
        "update": training.update,
        "total": training.total,
        "isPaused": training.is_paused,
        "ended": training.ended,
        "trouble": training.trouble,
        "rate": training.rate,
        "factor": training.factor,
        "pace": training.pace,
        "every": training.every,
        "speed": round(training.images_per_second),
        "branches": [_branch(training, k) for k in range(len(training.branches))],
    }


def _branch(training: LiveTraining, k: int) -> dict[str, Any]:
    branch = training.branches[k]
    others = {other.number: other for other in training.branches[:k]}
    other = others.get(branch.came_of or 0)
    last = branch.updates[-1:]
    return {
        "number": branch.number,
        "start": branch.start,
        "cameOf": branch.came_of,
        "rates": [[*pair] for pair in branch.rates],
        "loss": last[0].loss if last else None,
        "accuracy": last[0].accuracy if last else None,
        "fingerprint": last[0].fingerprint if last else "",
        "same": None if other is None else branch.same_as(other),
        "isCompared": other is not None,
    }


def told_of(snapshot: Snapshot) -> dict[str, Any]:
    """Return what was seen at a look, as a page reads it."""
    said = snapshot.said.astype("<u2")
    return {
        "branch": snapshot.branch,
        "update": snapshot.update,
        "parameters": _packed(snapshot.parameters.astype("<f4")),
        "said": _packed(said),
        "sure": _packed(snapshot.sure),
        "accuracy": snapshot.accuracy,
        "places": snapshot.places.tolist(),
        "labels": snapshot.labels.tolist(),
        "before": _packed(snapshot.before),
        "after": _packed(snapshot.after),
    }


def _packed(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


class Follower:
    """What one page has been told of a training.

    Parameters
    ----------
    training : LiveTraining
        What it follows.
    session : str, default ""
        Names the server's life, so that a page sees that another one has begun.
    """

    def __init__(self, training: LiveTraining, session: str = "") -> None:
        self._training, self._session = training, session
        self._block = block_of(training.total)
        self._told: dict[int, int] = {}
        self._standing = ""
        self._snapshot: Snapshot | None = None

    def news(self) -> list[str]:
        """Return events with what has changed since the last call; none where nothing has."""
        events = []
        curves = self._curves()
        told = {"session": self._session, **standing(self._training)}
        plain = json.dumps(told)
        if curves or plain != self._standing:
            self._standing = plain
            events.append(as_event("now", {**told, "curves": curves}))
        snapshot = self._training.snapshot
        if snapshot is not None and snapshot is not self._snapshot:
            self._snapshot = snapshot
            events.append(_event_of(snapshot))
        return events

    def _curves(self) -> dict[str, Any]:
        """Return the points that each run has and this page has not."""
        curves: dict[str, Any] = {}
        branches = list(self._training.branches)
        for branch in branches:
            since = self._told.get(branch.number, 0)
            new = points(list(branch.updates), self._block, since)
            if new or branch.number not in self._told:
                self._told[branch.number] = since + len(new)
                curves[str(branch.number)] = {"since": since, "points": new}
        self._told = {b.number: self._told[b.number] for b in branches}
        return curves


_LAST: tuple[Snapshot | None, str] = (None, "")
"""The look that was written last, and its event."""


def _event_of(snapshot: Snapshot) -> str:
    """Return the event of a look, which is written once for all pages that are open."""
    global _LAST
    if _LAST[0] is not snapshot:
        _LAST = snapshot, as_event("look", told_of(snapshot))
    return _LAST[1]
