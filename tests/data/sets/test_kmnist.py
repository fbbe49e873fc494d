from pellucid.data.sets.kmnist import KMNIST
from tests.data.sets.published import check_published_set, check_the_real_set


def test_it_is_described_in_full():
    check_published_set(KMNIST)
    assert KMNIST.folder is None


def test_the_real_set_where_it_is(monkeypatch):
    check_the_real_set(KMNIST, monkeypatch)
