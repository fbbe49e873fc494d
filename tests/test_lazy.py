import subprocess
import sys

import pytest

import pellucid
from pellucid import data, export, training
from pellucid._lazy import lazy_names


@pytest.mark.parametrize(
    "package", [pellucid, data, export, training], ids=lambda room: room.__name__
)
def test_every_public_name_is_found_and_nothing_else(package):
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'x'"):
        package.x  # noqa: B018


def test_what_is_almost_a_name_is_told():
    with pytest.raises(
        AttributeError, match=r"no attribute 'MaxPooling2D'\. Did you mean 'MaxPool2D"
    ):
        pellucid.MaxPooling2D  # noqa: B018


@pytest.mark.parametrize(("name", "here"), [
    ("Linear", r"Use Dense\(units\)\."), ("MSELoss", r"Use MeanSquaredError\(\)\."),
    ("LayerNorm", r"Use GroupNorm\(\)\."), ("Dropout2d", "Use Dropout"),
])  # fmt: skip
def test_what_other_libraries_call_it_is_told(name, here):
    with pytest.raises(AttributeError, match=rf"no attribute '{name}'\. {here}"):
        getattr(pellucid, name)


def test_a_name_is_looked_for_once(monkeypatch):
    get = lazy_names("pellucid", {"math": ["pi"]})
    monkeypatch.setattr(pellucid, "pi", None, raising=False)
    assert get("pi") == pellucid.pi == pytest.approx(3.14159, abs=1e-5)


def test_readers_and_process_pools_wait_until_they_are_asked_for():
    code = (
        "import sys, pellucid; late = ('PIL', 'multiprocessing', 'importlib.metadata', "
        "'pellucid.data.catalog'); print([name for name in late if name in sys.modules]); "
        "from pellucid.data import load; print('pellucid.data.catalog' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "True"]
