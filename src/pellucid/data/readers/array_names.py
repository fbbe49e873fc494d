"""What arrays are by their names: images or labels, to train, to validate, to test, or all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["CLASSES", "LABELS", "Name", "pairs_of", "parsed"]

IMAGES = ("images", "image", "imgs", "img", "x", "pixels", "data", "features")
"""What images are called, the likeliest first."""
LABELS = ("labels", "y", "label", "targets", "target", "class")
CLASSES = ("classes", "class_names", "label_names", "target_names")
"""What the names of the classes are called."""

_PARTS = {
    "train": ("training", "train", "trn"),
    "test": ("testing", "test", "tst"),
    "validation": ("validation", "valid", "val", "dev"),
}
_PART = "|".join(word for words in _PARTS.values() for word in words)
_KIND = "|".join(IMAGES + LABELS)
_NAME = re.compile(
    rf"(?:(?P<prefix>.*?)[_\-. ])??(?:(?P<before>{_PART})[_\-. ]?)?(?P<kind>{_KIND})"
    rf"(?:[_\-. ]?(?P<behind>{_PART}))?"
)


@dataclass(frozen=True)
class Name:
    """A name that tells what an array is.

    Attributes
    ----------
    name : str
        The whole.
    prefix : str
        What it begins with and does not matter.
    part : str
        "train", "validation", "test", or "all".
    is_label : bool
    rank : int
        The smaller, the likelier among several for the same.
    """

    name: str
    prefix: str
    part: str
    is_label: bool
    rank: int


def parsed(name: str) -> Name | None:
    """Return what a name tells, or None.

    Examples
    --------
    >>> found = parsed("mnist_x_train")
    >>> found.prefix, found.part, found.is_label
    ('mnist', 'train', False)
    >>> parsed("ytest").part, parsed("labels").is_label, parsed("mean")
    ('test', True, None)
    """
    match = _NAME.fullmatch(name.lower())
    if match is None or (match["before"] and match["behind"]):
        return None
    word = match["before"] or match["behind"]
    part = next((part for part, words in _PARTS.items() if word in words), "all")
    kind = match["kind"]
    rank = (IMAGES + LABELS).index(kind)
    return Name(name, match["prefix"] or "", part, kind in LABELS, rank)


def pairs_of(names: Iterable[str]) -> dict[str, tuple[str, str]] | None:
    """Return the names of images and labels of each part, as far as they are there.

    None where one has no other, or where there are several sets. "all" is "train" where there are
    no others to train on.
    """
    found = [known for name in names if (known := parsed(name)) is not None]
    if len({known.prefix for known in found}) != 1:
        return None
    pairs: dict[str, tuple[str, str]] = {}
    for part in ("train", "all", "validation", "test"):
        images, labels = (
            sorted(
                (known for known in found if known.part == part and known.is_label == is_label),
                key=lambda known: known.rank,
            )
            for is_label in (False, True)
        )
        if images and labels:
            pairs[part] = images[0].name, labels[0].name
        elif (images or labels) and part in ("train", "test"):
            return None
    if "all" in pairs:
        whole = pairs.pop("all")
        pairs.setdefault("train", whole)
    return pairs if "train" in pairs or "test" in pairs else None
