"""How a run randomizes its images, in words and options: as suits digits or photographs, or not."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pellucid.errors import Argument, ConfigurationError
from pellucid.images.augmentation import Augmentation

__all__ = ["STEPS", "ForPhotos", "Randomize", "from_words", "suited", "to_words", "told_default"]

Randomize = Literal["digits", "photos", "none"]
"""What the steps are before an option says otherwise."""

STEPS = tuple(field.name for field in dataclasses.fields(Augmentation))
"""The options of single steps: the fields of an augmentation."""

_PHOTOS = Augmentation.photos()
_OF_PHOTOS = ("scale", "rotation", "noise_probability", "mirror", "border", "whole_shift")
"""What tells that an augmentation began as that of photographs."""


@dataclass(frozen=True)
class ForPhotos:
    """What suits photographs of the size that the data turn out to have, with changes.

    Attributes
    ----------
    changes : tuple of (str, value)
        Fields of :class:`pellucid.Augmentation`; without ``shift``, which then hangs on the size.
    """

    changes: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        self.suited(32)  # whatever can't be is refused at once

    def suited(self, side: int) -> Augmentation:
        """Return it for photographs with so many pixels on their shorter side."""
        return dataclasses.replace(Augmentation.photos(side), **dict(self.changes))


def suited(
    augmentation: Augmentation | ForPhotos | None, shape: tuple[int, ...]
) -> Augmentation | None:  # fmt: skip
    """Return what images of a shape get."""
    if isinstance(augmentation, ForPhotos):
        return augmentation.suited(min(shape[-2:]))
    return augmentation


def to_words(augmentation: Augmentation | ForPhotos | None) -> dict[str, Any]:
    """Return the word for an augmentation, and its steps that are others; None for the rest."""
    steps: dict[str, Any] = dict.fromkeys(STEPS)
    if augmentation is None:
        return {"randomize": "none", **steps}
    if isinstance(augmentation, ForPhotos):
        return {"randomize": "photos", **steps, **dict(augmentation.changes)}
    is_photos = all(getattr(augmentation, name) == getattr(_PHOTOS, name) for name in _OF_PHOTOS)
    base = dataclasses.replace(_PHOTOS, shift=(0, 0)) if is_photos else Augmentation()
    for name, value in vars(augmentation).items():
        if value != getattr(base, name) or (is_photos and name == "shift"):  # it hangs on the size
            steps[name] = value
    return {"randomize": "photos" if is_photos else "digits", **steps}


def from_words(options: Mapping[str, Any]) -> Augmentation | ForPhotos | None:
    """Return what :func:`to_words` describes.

    Raises
    ------
    ConfigurationError
        A step that can't be, or one where nothing is randomized.
    """
    word: Randomize = options["randomize"]
    given = {name: options[name] for name in STEPS if options.get(name) is not None}
    if word == "digits":
        return Augmentation(**given)
    if word == "photos":
        photos = ForPhotos(tuple(given.items()))
        return photos.suited(32) if "shift" in given else photos
    for name, value in given.items():
        raise ConfigurationError(
            Argument(name), f" is {value!r}, but ", Argument("randomize"),
            " is none, which changes no image; leave one of them out.",
        )  # fmt: skip
    return None


def told_default(name: str) -> str:
    """Return in words what a step is where nothing is said of it.

    Examples
    --------
    >>> told_default("scale"), told_default("erase"), told_default("shift")
    ('0.9 1.1; 1 1 of photos', '0', '-2 2; an eighth of the side of photos')
    """
    digits, photos = (_shown(getattr(base, name)) for base in (Augmentation(), _PHOTOS))
    if name == "shift":
        photos = "an eighth of the side"
    return digits if digits == photos else f"{digits}; {photos} of photos"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(f"{number:g}" for number in value)
    return value if isinstance(value, str) else f"{value:g}"
