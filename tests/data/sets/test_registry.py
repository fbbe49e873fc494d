from pellucid import data
from pellucid.data.sets.registry import SETS


def test_the_sets_that_are_known():
    assert list(SETS) == ["mnist", "fashion-mnist", "kmnist", "digits", "digits8"]
    assert all(known.name == name for name, known in SETS.items())


def test_what_is_registered_is_loaded_and_listed(monkeypatch):
    tiny = data.load("digits8")
    monkeypatch.setitem(SETS, "mnist", SETS["digits8"])
    assert data.load("mnist").fingerprint() == tiny.fingerprint()
    assert data.available()[0].name == "digits8"
