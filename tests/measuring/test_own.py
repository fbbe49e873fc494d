"""The machine's own figures: all are there, and say what they are of."""

import subprocess

import pytest

from pellucid.measuring import own


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(own, "BATCH_SIZES", {"reference": (32, 64), "lenet": (32,), "wide": (32,)})
    monkeypatch.setattr(own, "IMAGES", {"reference": 64, "lenet": 32, "wide": 32})


def test_figures(few, monkeypatch):
    caches = []
    monkeypatch.setattr(subprocess, "run", lambda *_, env, **__: caches.append(env))
    found = list(own.own_figures(seconds=0.001, rounds=2, workers=1))
    assert all(0 < f.low <= f.value <= f.high for f in found)
    names = [(f.group.split(",")[0], f.name) for f in found]
    assert len(set(zip(names, (f.group for f in found), strict=True))) == len(found)
    assert [f.unit for f in found if f.group.startswith("training")] == ["images/s"] * 4
    assert [f.name for f in found if f.group.startswith("inference, reference")] == [
        "64 images",
        "one image",
    ]
    assert [f.unit for f in found if "sgemm" in f.group] == ["%"] * 3
    # Both processes share one cache that was empty at first, and is not the user's.
    first, second = (env["PELLUCID_CACHE"] for env in caches)
    assert first == second
    assert found[-1].name == "filled kernel cache"


def test_the_first_update_runs():
    exec(compile(own.FIRST_UPDATE, "first update", "exec"), {})


def test_no_new_processes_where_they_are_not_wanted(few):
    found = own.own_figures(seconds=0.001, rounds=1, workers=1, cold=False)
    assert not [f for f in found if f.group.startswith("first update")]
