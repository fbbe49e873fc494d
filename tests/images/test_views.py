import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import ConfigurationError
from pellucid.images.views import AS_THEY_ARE, View, as_seen, views_for
from tests.equations.numeric import SEEDS

SHIFTS = st.integers(-3, 3)


@pytest.mark.parametrize("views", [None, "mirror", "shifts", "mirror+shifts"])
def test_how_many_they_are_and_that_the_first_is_the_image(views):
    found = views_for(views, (1, 28, 28))
    assert len(found) == len(set(found)) == {None: 1, "mirror": 2, "shifts": 5}.get(views, 10)
    assert found[0] == AS_THEY_ARE


def test_every_view_has_its_opposite():
    for views in ("shifts", "mirror+shifts"):
        found = views_for(views, (3, 64, 100))
        assert {(v.mirror, -v.dx, -v.dy) for v in found} == {tuple(v) for v in found}
        assert max(v.dx for v in found) == 2


@pytest.mark.parametrize("views", ["flip", "mirror+mirror", "", 2, True, ["mirror"]])
def test_what_is_no_view_is_named(views):
    with pytest.raises(ConfigurationError) as caught:
        views_for(views, (8, 8))
    assert str(caught.value) == (
        f"views is {views!r}; it must be 'mirror', 'shifts', 'mirror+shifts' or None."
    )


@given(SEEDS, st.integers(1, 6), st.integers(1, 6), st.booleans(), SHIFTS, SHIFTS)
def test_a_view_is_the_image_moved_over_its_own_edge(seed, rows, columns, mirror, dx, dy):
    images = np.random.default_rng(seed).integers(0, 256, (2, 3, rows, columns), dtype=np.uint8)
    before = images.copy()
    wide = np.pad(images[..., ::-1] if mirror else images, ((0, 0), (0, 0), (3, 3), (3, 3)), "edge")
    expected = wide[..., 3 - dy : 3 - dy + rows, 3 - dx : 3 - dx + columns]
    found = as_seen(images, View(mirror, dx, dy))
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(images, before)
    assert found.flags.c_contiguous
    assert found.dtype == images.dtype
