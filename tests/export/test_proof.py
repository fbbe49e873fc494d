import numpy as np
import pytest

from pellucid.export.proof import Answer, compared, drawn, ulps


def says(outputs, chosen=None):
    outputs = np.asarray(outputs, float)
    if chosen is None:
        chosen = outputs.argmax(axis=1)
    return lambda images: Answer(
        outputs[images.ravel().astype(int)], np.asarray(chosen)[images.ravel().astype(int)]
    )


IMAGES = np.arange(3.0).reshape(3, 1, 1, 1)
OURS = [[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]]


def test_what_says_the_same_agrees():
    found = compared("c", 1e-6, says(OURS), says(OURS), IMAGES)
    assert (found.images, found.changed, found.largest, found.ulp) == (3, 0, 0.0, 0)
    assert found.agrees


def test_differences_are_found_wherever_they_are(monkeypatch):
    monkeypatch.setattr("pellucid.export.proof.AT_ONCE", 2)
    step = 2.0**-24
    theirs = [[0.25, 0.75], [1.0, 0.0], [0.5 + step, 0.5 - 2 * step]]
    found = compared("c", 1e-6, says(OURS), says(theirs), IMAGES)
    assert (found.largest, found.ulp, found.changed) == (2 * step, 4, 0)
    assert found.agrees
    far = compared("c", step, says(OURS), says(theirs), IMAGES)
    assert not far.agrees
    changed = compared("c", 1e-6, says(OURS), says(OURS, [1, 0, 1]), IMAGES)
    assert (changed.changed, changed.agrees) == (1, False)


def test_a_label_more_is_a_change():
    ours, theirs = says(OURS, [[1, 1], [0, 0], [0, 1]]), says(OURS, [[1, 0], [0, 0], [1, 0]])
    assert compared("c", 1, ours, theirs, IMAGES).changed == 2


def test_nan_is_no_agreement():
    theirs = [[0.25, np.nan], [1.0, 0.0], [0.5, 0.5]]
    with np.errstate(invalid="ignore"):
        found = compared("c", 1e-6, says(OURS), says(theirs, [1, 0, 0]), IMAGES)
    assert found.largest == np.inf
    assert not found.agrees


def test_numbers_are_compared_in_their_own_units():
    ours, theirs = says([[1000.0], [0.0], [1.0]]), says([[1001.0], [0.0], [1.0]])
    unit = np.array([1e6])
    assert compared("c", 1e-5, ours, theirs, IMAGES, unit).largest == pytest.approx(1e-6)


def test_units_in_the_last_place_are_counted_across_zero():
    tiny = float(np.float32(2.0**-149))
    assert ulps(np.array([tiny]), np.array([-tiny])).tolist() == [2]


@pytest.mark.parametrize("shape", [(1, 4, 4), (3, 8, 5), (2, 1, 30)])
def test_the_images_to_test_with_are_of_all_kinds(shape):
    images = drawn(shape)
    assert images.shape == (10, *shape)
    assert images.min() == 0
    assert images.max() == 1
    np.testing.assert_array_equal(images, drawn(shape))
    assert (images[0] == 0).all()
    assert (images[1] == images[1, :1]).all()
    assert len({image.tobytes() for image in images}) == 10
