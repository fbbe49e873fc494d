"""Where images come from: named data sets, files, folders of pictures; and their checks.

:func:`load` is the way in: a name or a path goes in, a :class:`Dataset` comes out.
"""

from typing import TYPE_CHECKING

from pellucid._lazy import lazy_names
from pellucid.data.dataset import Dataset
from pellucid.images.axes import Images
from pellucid.images.checks import check_images, check_labels

if TYPE_CHECKING:
    from pellucid.data.catalog import Available, available, fetch, load
    from pellucid.data.progress_bar import show_reading
    from pellucid.data.readers.pictures import read_images, read_picture, read_pictures

__all__ = [
    "Available",
    "Dataset",
    "Images",
    "available",
    "check_images",
    "check_labels",
    "fetch",
    "load",
    "read_images",
    "read_picture",
    "read_pictures",
    "show_reading",
]

# Readers are for those who read.
__getattr__ = lazy_names(
    __name__,
    {
        "pellucid.data.catalog": ("Available", "available", "fetch", "load"),
        "pellucid.data.progress_bar": ("show_reading",),
        "pellucid.data.readers.pictures": ("read_images", "read_picture", "read_pictures"),
    },
)


def __dir__() -> list[str]:
    return list(__all__)
