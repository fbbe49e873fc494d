import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.split import stratified_split
from pellucid.errors import ConfigurationError, DataError


@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=60),
    st.floats(0.01, 0.99),
    st.integers(0, 3),
)
def test_every_class_gives_its_share(labels, share, seed):
    labels = np.array([*labels, 0, 0])
    train, test = stratified_split(labels, share, seed)
    assert sorted([*train, *test]) == list(range(len(labels)))
    assert (np.diff(train) > 0).all()
    assert (np.diff(test) > 0).all()
    for name in np.unique(labels):
        count, found = (labels == name).sum(), (labels[test] == name).sum()
        assert found == min(max(1, round(share * count)), count - 1)
    again = stratified_split(labels, share, seed)
    np.testing.assert_array_equal(test, again[1])


def test_the_draw_depends_on_the_seed_and_not_on_other_classes():
    labels = np.repeat([0, 1], 50)
    one, other = (stratified_split(labels, seed=seed)[1] for seed in (0, 1))
    assert one.tolist() != other.tolist()
    longer = stratified_split(np.concatenate([labels, [2, 2]]))[1]
    np.testing.assert_array_equal(longer[:20], one)
    text = stratified_split(labels.astype(str))[1]
    np.testing.assert_array_equal(text, one)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_shares_that_can_t_be_used(share):
    with pytest.raises(ConfigurationError, match=r"test_share is .*; it must be above 0 and "):
        stratified_split(np.zeros(4), share)


@pytest.mark.parametrize("labels", [[], [0], [0, 1, 2]])
def test_single_images_can_t_be_split(labels):
    with pytest.raises(DataError, match="No class has two images"):
        stratified_split(np.array(labels))
