import json
import os
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU
from pellucid.console import printable
from pellucid.errors import ConfigurationError, ModelFileError
from pellucid.files.model_file import Model, current_versions, load_model, read_network, save_model
from pellucid.files.tensor_file import RefusedError, digest
from pellucid.images.preprocessing import Preprocessing
from pellucid.network import presets

NETWORK = Network([Conv2D(2, 3), ReLU(), MaxPool2D(2), Flatten(), Dense(3)], (6, 6))


def make(network=NETWORK, **changes):
    parameters = np.random.default_rng(0).normal(size=network.size).astype(np.float32)
    values = {
        "network": network,
        "parameters": parameters,
        "preprocessing": Preprocessing(network.input_shape),
        "classes": tuple(f"klasse {n} ä" for n in range(network.classes)),
        "configuration": {"seed": 0, "betas": [0.9, 0.999], "augmentation": {"shift": [-2, 2]}},
    }
    return Model(**(values | changes))


def assert_same(a, b):
    assert a.network == b.network
    assert a.parameters.dtype == np.float32
    assert a.parameters.tobytes() == b.parameters.tobytes()
    assert a.preprocessing == b.preprocessing
    assert a.classes == b.classes
    assert a.configuration == b.configuration
    assert a.versions == b.versions


MODEL = make()


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(path, MODEL)
    return path


def test_what_was_saved_comes_back(tmp_path):
    for network in (NETWORK, presets.reference(), Network([Flatten(), Dense(2)], (3, 4, 5))):
        model = make(network)
        save_model(tmp_path / "a", model)
        loaded = load_model(str(tmp_path / "a"))
        assert_same(loaded, model)
        loaded.parameters[0] = 1  # the vector is the caller's own


def test_the_file_holds_named_tensors_and_json(saved):
    tensors = safetensors.numpy.load_file(saved)
    assert {name: t.shape for name, t in tensors.items()} == {
        p.name: p.shape for p in NETWORK.parameters
    }
    np.testing.assert_array_equal(tensors["f1"], NETWORK.views(MODEL.parameters)["f1"])
    with safetensors.safe_open(saved, "np") as file:
        metadata = file.metadata()
    assert metadata["format"] == "pellucid-model"
    assert metadata["format_version"] == "1"
    assert json.loads(metadata["classes"])[0] == "klasse 0 ä"
    assert json.loads(metadata["network"]) == json.loads(json.dumps(NETWORK.to_dict()))


def test_current_versions_without_importing_numba():
    assert current_versions()["numpy"] == np.__version__
    assert current_versions()["python"] == ".".join(map(str, sys.version_info[:3]))
    code = (
        "import sys, pellucid.files.model_file as m; m.current_versions(); "
        "print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"parameters": np.zeros(3, np.float32)},
            "have shape (3,) and dtype float32; this network",
        ),
        (
            {"parameters": np.zeros(NETWORK.size)},
            "dtype float64; this network needs (47,), float32",
        ),
        ({"classes": ("a", "b")}, "There are 2 class names, but the network has 3 outputs."),
        ({"classes": (0, 1, 2)}, "The class names must be text, not (0, 1, 2)."),
        (
            {"preprocessing": Preprocessing((28, 28))},
            "images of shape (1, 28, 28), but the network",
        ),
    ],
)
def test_parts_that_don_t_fit_the_network(changes, message):
    with pytest.raises(ConfigurationError) as error:
        make(**changes)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parameters": np.full(NETWORK.size, np.nan, np.float32)}, "parameters hold NaN or inf"),
        ({"configuration": {"a": object()}}, "its configuration or versions can't be JSON"),
        ({"configuration": {"a": float("inf")}}, "its configuration or versions can't be JSON"),
    ],
)
def test_a_model_that_can_t_be_saved_leaves_the_old_file(saved, changes, message):
    before = saved.read_bytes()
    with pytest.raises(ModelFileError, match=f"The model is not written to {saved}: .*{message}"):
        save_model(saved, make(**changes))
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_failure_while_writing_leaves_the_old_file_and_no_other(saved, monkeypatch):
    before = saved.read_bytes()

    def fail(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ModelFileError, match=r"can't be written to .*: No space left on device\."):
        save_model(saved, make(classes=("a", "b", "c")))
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_folder_that_is_missing(tmp_path):
    with pytest.raises(ModelFileError, match=r"can't be written to .*: No such file"):
        save_model(tmp_path / "none" / "a", MODEL)


def refused(path):
    with pytest.raises(ModelFileError) as error:
        load_model(path)
    message = str(error.value)
    assert message.startswith(f"Can't load the model {printable(str(path))}: ")
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 600 + len(str(path))
    return message


def test_files_that_are_none(tmp_path):
    assert "there is no such file" in refused(tmp_path / "none")
    assert "it is a folder" in refused(tmp_path)
    (tmp_path / "empty").touch()
    assert "it is empty (0 bytes)" in refused(tmp_path / "empty")
    (tmp_path / "text").write_text("these are no tensors, only words")
    assert "it is damaged, cut off, or no safetensors file" in refused(tmp_path / "text")
    refused("a\0b")
    (tmp_path / "zip").write_bytes(b"PK\x03\x04" + bytes(100))
    assert "no safetensors file" in refused(tmp_path / "zip")


@pytest.mark.skipif(os.name == "nt", reason="named pipes are POSIX's")
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "it is not a regular file" in refused(tmp_path / "pipe")


def test_every_truncation_is_told(saved):
    data = saved.read_bytes()
    for length in range(len(data)):
        saved.write_bytes(data[:length])
        refused(saved)
    saved.write_bytes(data + b"!")
    refused(saved)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_flipped_bytes_are_told_or_harmless(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "flipped.safetensors"
    save_model(path, MODEL)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        loaded = load_model(path)
    except ModelFileError:
        return
    assert_same(loaded, MODEL)


def test_each_single_bit_of_the_parameters_counts(saved):
    data = saved.read_bytes()
    for place in range(len(data) - 4 * NETWORK.size, len(data)):
        for bit in (1, 128):
            changed = bytearray(data)
            changed[place] ^= bit
            saved.write_bytes(changed)
            assert "SHA-256" in refused(saved)


def rewrite(path, tensors=None, **metadata):
    """Write the model again with some tensors or metadata changed (None leaves one out)."""
    with safetensors.safe_open(path, "np") as file:
        old = file.metadata()
        held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    held = {k: v for k, v in (held | (tensors or {})).items() if v is not None}
    new = {k: v for k, v in (old | metadata).items() if v is not None}
    path.write_bytes(safetensors.numpy.save(held, new or None))


def network_json(layers=None, input_shape=(6, 6)):
    values = NETWORK.to_dict()
    return json.dumps({"input_shape": input_shape, "layers": layers or values["layers"]})


HUGE = [
    {"layer": "Flatten"},
    {"layer": "Dense", "units": 2 * 10**9},
    {"layer": "Dense", "units": 3},
]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"format": None}, "it is a safetensors file, but not a Pellucid model."),
        ({"format": "pt"}, "it is a safetensors file, but not a Pellucid model."),
        ({"format_version": "3"}, "it has format version 3, this Pellucid reads up to 2; update"),
        ({"format_version": "0"}, "its format version is '0', which is none"),
        ({"format_version": "one"}, "its format version is 'one', which is none"),
        ({"format_version": "9" * 5000}, "which is none"),
        ({"format_version": None}, "its format version is '', which is none"),
        ({"network": None}, "its metadata lack the entry 'network'"),
        ({"versions": None}, "its metadata lack the entry 'versions'"),
        ({"classes": "[1"}, "its entry 'classes' is not JSON"),
        ({"classes": "[" * 100_000}, "its entry 'classes' is not JSON"),
        ({"classes": "{}"}, "its entry 'classes' is dict, not list"),
        ({"configuration": "7"}, "its entry 'configuration' is int, not dict"),
        ({"sha256": None}, "its content does not have the SHA-256 that it names"),
        ({"sha256": "0" * 64}, "its content does not have the SHA-256 that it names"),
        ({"configuration": '{"seed": 1}'}, "its content does not have the SHA-256"),
        ({"network": "{}"}, "its network is not valid (A network's description needs the entries"),
        ({"network": network_json([{"layer": "Conv3D"}])}, "its network is not valid (Unknown la"),
        ({"network": network_json([7])}, "its network is not valid"),
        ({"network": network_json([{"layer": ["Dense"]}])}, "its network is not valid"),
        ({"network": network_json(input_shape=float("inf"))}, "its network is not valid"),
        ({"network": network_json(input_shape=[float("inf"), 6])}, "its network is not valid"),
        (
            {"network": network_json(input_shape=[2, 2])},
            "its network is not valid (Layer 1: Conv2D",
        ),
        ({"network": network_json(HUGE)}, "parameters, more than 1,000,000,000"),
        ({"network": network_json([{"layer": "x" * 10**5}])}, "its network is not valid (Unknown"),
        ({"network": network_json(input_shape=[8, 8])}, "its tensor 'w2' has shape (3, 8), its"),
    ],
)
def test_metadata_that_are_wrong(saved, metadata, message):
    rewrite(saved, **metadata)
    assert message in refused(saved)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"b1": None}, "it lacks the tensor 'b1'"),
        ({"b1": None, "b9": np.zeros(2, np.float32)}, "it lacks the tensor 'b1'"),
        ({"b9": np.zeros(2, np.float32)}, "it has the tensor 'b9' that its network does not know"),
        ({"b1": np.zeros(3, np.float32)}, "its tensor 'b1' has shape (3,), its network needs (2,)"),
        ({"b1": np.zeros(2, np.float64)}, "its tensor 'b1' has dtype F64, not F32"),
        ({"b1": np.zeros(2, np.int32)}, "its tensor 'b1' has dtype I32, not F32"),
        ({"b1": np.ones(2, np.float32)}, "does not have the SHA-256 that it names"),
    ],
)
def test_tensors_that_are_wrong(saved, tensors, message):
    rewrite(saved, tensors)
    assert message in refused(saved)


def sign(path):
    """Give a changed file the checksum of its content, as a careful forger would."""
    with safetensors.safe_open(path, "np") as file:
        metadata = file.metadata()
        held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    vector = np.concatenate([held[p.name].ravel() for p in NETWORK.parameters])
    metadata["sha256"] = digest(metadata, vector)
    path.write_bytes(safetensors.numpy.save(held, metadata))


@pytest.mark.parametrize(
    ("tensors", "metadata", "message"),
    [
        ({"b1": np.array([0, np.inf], np.float32)}, {}, "its parameters hold NaN or infinity"),
        (
            {},
            {"classes": '["a", "b"]'},
            "not valid (There are 2 class names, but the network has 3",
        ),
        ({}, {"classes": "[1, 2, 3]"}, "not valid (The class names must be text"),
        ({}, {"preprocessing": "{}"}, "not valid (Preprocessing needs the entry 'input_shape'.)"),
        ({}, {"preprocessing": '{"fitt": 1}'}, "has no entry 'fitt'. Did you mean 'fit'?)"),
        (
            {},
            {"preprocessing": '{"input_shape": [9, 9]}'},
            "images of shape (1, 9, 9), but the net",
        ),
    ],
)
def test_well_signed_files_that_are_wrong_all_the_same(saved, tensors, metadata, message):
    rewrite(saved, tensors, **metadata)
    sign(saved)
    assert message in refused(saved)


@pytest.mark.parametrize(
    ("layers", "side", "values"),
    [
        ([Flatten(), Dense(2)], 8001, 2 * 8001 * 8001 + 2),
        (
            [Conv2D(300, 3), MaxPool2D(498), Flatten(), Dense(2)],
            500,
            500 * 500 + 300 * (498 * 498 + 2) + 2,
        ),
    ],
)
def test_a_network_that_would_fill_the_memory(layers, side, values):
    described = Network(layers, (side, side)).to_dict()
    with pytest.raises(RefusedError) as error:
        read_network(described)
    assert str(error.value) == (
        f"its network would make {values:,} values of an image, more than 32,000,000"
    )


def test_a_file_of_somebody_else_s(tmp_path):
    path = tmp_path / "other.safetensors"
    path.write_bytes(safetensors.numpy.save({"w": np.zeros(3)}))
    assert "it is a safetensors file, but not a Pellucid model" in refused(path)


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(allow_nan=False),
        st.text(max_size=4), st.sampled_from(["Flatten", "same", "auto", 10**6, 0, -1, 1.0]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip


def places(value, path=()):
    """Yield the path of everything in a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


@given(drawn=st.data())
@settings(max_examples=200)
def test_any_description_that_is_well_signed_is_told_or_a_model(tmp_path_factory, drawn):
    path = tmp_path_factory.getbasetemp() / "described.safetensors"
    save_model(path, MODEL)
    entry = drawn.draw(st.sampled_from(["network", "preprocessing", "classes", "configuration"]))
    with safetensors.safe_open(path, "np") as file:
        value = {"": json.loads(file.metadata()[entry])}
    *above, last = drawn.draw(st.sampled_from([p for p in places(value) if p]))
    holder = value
    for key in above:
        holder = holder[key]
    if drawn.draw(st.booleans()) or last == "":
        holder[last] = drawn.draw(VALUES)
    else:
        del holder[last]
    rewrite(path, **{entry: json.dumps(value[""])})
    sign(path)
    try:
        loaded = load_model(path)
    except ModelFileError as error:
        assert str(path) in str(error)  # noqa: PT017
        return
    assert loaded.network.size == len(loaded.parameters) == NETWORK.size
    assert loaded.preprocessing.input_shape == loaded.network.input_shape
    assert len(loaded.classes) == NETWORK.classes
