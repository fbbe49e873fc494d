import pytest

from pellucid import data
from pellucid.data.sets.registry import FAMILIES, SETS
from pellucid.errors import DataError


def test_the_sets_that_are_known():
    assert list(SETS)[:5] == ["mnist", "fashion-mnist", "kmnist", "digits", "digits8"]
    assert {"cifar10", "cifar100", "svhn", "emnist", "pathmnist"} < set(SETS)
    assert all(known.name == name for name, known in SETS.items())


@pytest.mark.parametrize("name", FAMILIES)
def test_a_name_of_several_sets_names_them(name):
    with pytest.raises(DataError, match="That is several sets; name one of ") as error:
        data.load(name)
    assert all(one in str(error.value) and one in SETS for one in FAMILIES[name])


def test_what_is_registered_is_loaded_and_listed(monkeypatch):
    tiny = data.load("digits8")
    monkeypatch.setitem(SETS, "mnist", SETS["digits8"])
    assert data.load("mnist").fingerprint() == tiny.fingerprint()
    assert data.available()[0].name == "digits8"
