"""Where images come from: named data sets, .npz and IDX files, pictures; and their checks.

:func:`load` is the way in: a name or a path goes in, a :class:`Dataset` comes out.
"""

from pellucid.data.catalog import Available, available, fetch, load
from pellucid.data.checks import check_images, check_labels
from pellucid.data.dataset import Dataset, Images
from pellucid.data.pictures import read_picture, read_pictures

__all__ = [
    "Available",
    "Dataset",
    "Images",
    "available",
    "check_images",
    "check_labels",
    "fetch",
    "load",
    "read_picture",
    "read_pictures",
]
