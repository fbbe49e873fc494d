"""Images without labels, all at once: for tests that look at what was read."""

import numpy as np

from pellucid.data.readers.unlabeled import Unlabeled, each_unlabeled


def read_unlabeled(paths, preprocessing, say, **settings):
    """Return the blocks of each_unlabeled as one."""
    blocks = list(each_unlabeled(paths, preprocessing, say, **settings))
    return Unlabeled(
        [name for block in blocks for name in block.names],
        [id for block in blocks for id in block.ids],
        np.concatenate([block.images for block in blocks]),
    )
