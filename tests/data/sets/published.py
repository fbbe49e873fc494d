"""What every set that is published as four IDX files is held to."""

import numpy as np
import pytest

from pellucid.data.sets.published import GZ_FILES, load_published


def check_published_set(known):
    assert list(known.file_sums) == list(GZ_FILES.values())
    assert set(known.array_sums) in (set(), set(known.file_sums))
    for total in (*known.file_sums.values(), *known.array_sums.values()):
        assert len(total) == 64
    assert len(known.classes) == len(set(known.classes)) == 10


def check_the_real_set(known, monkeypatch):
    monkeypatch.delenv("PELLUCID_CACHE", raising=False)
    if known.where() == "not fetched yet":
        pytest.skip(f"{known.title} is not here; `pellucid data fetch {known.name}` fetches it")
    found = load_published(known, download=never)
    assert found.train_images.shape == (60000, 28, 28)
    assert found.test_images.shape == (10000, 28, 28)
    assert np.bincount(found.train_labels).tolist() == [6000] * 10
    assert np.bincount(found.test_labels).tolist() == [1000] * 10


def never(address):
    raise AssertionError("no mirror must be asked")
