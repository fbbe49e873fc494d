"""What tells unknown images is kept in the model file, and nothing hostile comes out of one."""

import dataclasses
import re

import numpy as np
import pytest
import safetensors
import safetensors.numpy

from pellucid import Dense, Flatten, Model, Network, Preprocessing, ReLU, load_model, save_model
from pellucid.errors import ModelFileError
from pellucid.files.tensor_file import digest
from pellucid.images.known import Known

NETWORK = Network([Flatten(), Dense(4), ReLU(), Dense(3)], (2, 2))
RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.random((60, 4))
KNOWN = Known.of(FEATURES, np.arange(60) % 3, FEATURES[:50], 0.05)
PLAIN = Model(NETWORK, NETWORK.initial_parameters(), Preprocessing((2, 2)), ("a", "b", "c"))
MODEL = dataclasses.replace(PLAIN, known=KNOWN)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def version(path):
    with safetensors.safe_open(path, framework="np") as opened:
        return opened.metadata()["format_version"]


def test_it_comes_back(path):
    save_model(path, MODEL)
    known = load_model(path).known
    for name in ("factor", "centers", "distances"):
        assert getattr(known, name).tobytes() == getattr(KNOWN, name).tobytes()
    assert known.limit() == KNOWN.limit()
    assert version(path) == "2"


def test_a_file_without_is_as_older_ones_read_it(path):
    save_model(path, PLAIN)
    assert load_model(path).known is None
    assert version(path) == "1"


def changed(path, **arrays):
    """Write the model with other arrays, or other JSON of ``known``, and a digest that is right."""
    save_model(path, MODEL)
    with safetensors.safe_open(path, framework="np") as opened:
        metadata = opened.metadata()
    metadata["known"] = arrays.pop("json", metadata["known"])
    held = safetensors.numpy.load_file(path)
    held |= {f"known.{name}": value for name, value in arrays.items()}
    held = {name: value for name, value in held.items() if value is not None}
    known = [held[f"known.{name}"] for name in ("factor", "centers", "distances")
             if f"known.{name}" in held]  # fmt: skip
    metadata["sha256"] = digest(metadata, PLAIN.parameters, *known)
    safetensors.numpy.save_file(held, path, metadata)
    return path


def test_what_is_changed_well_loads(path):
    assert load_model(changed(path)).known is not None


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"factor": np.zeros((4, 5), np.float32)}, "'known.factor' has shape (4, 5)"),
        ({"factor": np.zeros((5, 5))}, "'known.factor' has dtype F64"),
        ({"factor": np.full((5, 5), np.nan, np.float32)}, "holds NaN or infinity"),
        ({"factor": None}, "it lacks the tensor 'known.factor'"),
        ({"more": np.zeros(1, np.float32)}, "it has the tensor 'known.more'"),
        ({"centers": np.zeros((4, 5), np.float32)}, "by 4 classes and 50 distances"),
        ({"centers": np.zeros((0, 5), np.float32)}, "by 0 classes and 50 distances"),
        ({"distances": np.zeros(1001, np.float32)}, "by 3 classes and 1001 distances"),
        ({"distances": np.zeros(0, np.float32)}, "by 3 classes and 0 distances"),
        ({"distances": np.zeros((), np.float32)}, "by 3 classes and 0 distances"),
        ({"distances": np.array([2, 1], np.float32)}, "are not in order"),
        ({"distances": np.array([-1, 1], np.float32)}, "are not in order"),
        ({"json": "{}"}, "its false_alarms is None; it must be above 0 and below 1"),
        ({"json": '{"false_alarms": 2}'}, "its false_alarms is 2"),
        ({"json": "[]"}, "its entry 'known' is list, not dict"),
    ],
)
def test_what_can_not_be_is_refused(path, arrays, message):
    with pytest.raises(ModelFileError, match=re.escape(message)):
        load_model(changed(path, **arrays))


def test_a_changed_bit_is_told(path):
    save_model(path, MODEL)
    data = bytearray(path.read_bytes())
    place = data.rfind(KNOWN.distances.tobytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match="it is damaged"):
        load_model(path)


def test_a_last_layer_that_sees_too_much(path):
    wide = Network([Flatten(), Dense(1100), Dense(3)], (2, 2))
    parameters = wide.initial_parameters()
    save_model(path, Model(wide, parameters, PLAIN.preprocessing, PLAIN.classes, known=KNOWN))
    with pytest.raises(ModelFileError, match="its last layer sees 1,100 values"):
        load_model(path)
