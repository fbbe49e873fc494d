"""Checkpoint files come back to the last bit, or not at all."""

import dataclasses
import errno
import json
import os

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Adam, Augmentation, Checkpoints, Dense, Flatten, Network, ReLU, Trainer
from pellucid.errors import CheckpointError
from pellucid.files import atomic as files
from pellucid.files.tensor_file import digest
from pellucid.training import Checkpoint, Update, load_checkpoint
from pellucid.training.checkpoint_file import save_checkpoint
from pellucid.training.state import TrainingState
from tests.training.examples import bits, bright_corners

NETWORK = Network([Flatten(), Dense(3), ReLU(), Dense(2)], (2, 2))
UPDATES = (
    Update(1, 8, 0.1 + 0.2, 1 / 3, 0.5, "0123456789abcdef"),
    Update(2, 8, 1e-17, 1.0, 0.75, "f" * 16),
    Update(3, 11, 2.0, 0.0, 1.25, "0" * 16),
)


def make(**changes):
    random = np.random.default_rng(0)
    parameters, m = random.normal(size=(2, NETWORK.size)).astype(np.float32)
    vectors = {"m": m, "v": np.abs(m) * np.float32(1e-40)}  # denormal
    state = TrainingState(
        parameters, vectors, t=5, done=2, first_pass=3, next_pass=4, updates=UPDATES, **changes
    )
    return Checkpoint(
        state,
        {"network": NETWORK.to_dict(), "optimizer": Adam().to_dict(), "seed": 0},
        {"data": "größe", "n": [1, 0.1]},
    )


CHECKPOINT = make()


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "checkpoint-00000003.safetensors"
    save_checkpoint(path, CHECKPOINT)
    return path


def assert_same(found, expected):
    pairs = [(found.state.parameters, expected.state.parameters)]
    assert list(found.state.vectors) == list(expected.state.vectors) == ["m", "v"]
    pairs += zip(found.state.vectors.values(), expected.state.vectors.values(), strict=True)
    for a, b in pairs:
        assert (a.tobytes(), a.dtype) == (b.tobytes(), b.dtype)
    for name in ("t", "done", "first_pass", "next_pass", "updates"):
        assert getattr(found.state, name) == getattr(expected.state, name)
    assert found.settings == expected.settings
    assert found.configuration == expected.configuration
    assert found.versions == expected.versions


def refused(path):
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(path)
    message = str(error.value)
    assert message.startswith(f"Can't load the checkpoint {path}: ")
    assert "\n" not in message
    return message


def test_a_checkpoint_comes_back_to_the_last_bit(saved):
    assert_same(load_checkpoint(saved), CHECKPOINT)


def test_moments_may_be_anything_and_the_history_empty(tmp_path):
    """Adam's second moment overflows before anything else does."""
    state = dataclasses.replace(CHECKPOINT.state, done=0, updates=())
    second = state.vectors["v"]
    second[0] = np.inf
    try:
        save_checkpoint(tmp_path / "a", dataclasses.replace(CHECKPOINT, state=state))
        assert load_checkpoint(tmp_path / "a").state.vectors["v"][0] == np.inf
    finally:
        second[0] = 0.0


def test_cut_short_at_every_length(saved):
    data = saved.read_bytes()
    for length in range(len(data)):
        saved.write_bytes(data[:length])
        refused(saved)
    saved.write_bytes(data + b"\0")
    refused(saved)


def test_every_flipped_bit_is_told(saved):
    """One bit of every byte of the header, all of its length's, and some of the rest's."""
    data = saved.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    random = np.random.default_rng(1)
    places = [*range(header), *random.integers(header, len(data), 300).tolist()]
    for place in places:
        bits = range(8) if place < 8 else [int(random.integers(8))]
        for bit in bits:
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            saved.write_bytes(changed)
            refused(saved)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_damage_is_told_or_harmless(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    save_checkpoint(path, CHECKPOINT)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content) - 1))
        piece = data.draw(st.binary(min_size=0, max_size=9))
        content[start : start + data.draw(st.integers(0, 9))] = piece
    path.write_bytes(content)
    try:
        found = load_checkpoint(path)
    except CheckpointError:
        return
    assert_same(found, CHECKPOINT)


def rewrite(path, tensors=None, **metadata):
    """Write it again with something changed, and the checksum that a careful forger would give."""
    with safetensors.safe_open(path, "np") as file:
        old = file.metadata()
        held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    held = {k: v for k, v in (held | (tensors or {})).items() if v is not None}
    new = old | {k: json.dumps(v) if not isinstance(v, str) else v for k, v in metadata.items()}
    order = ["parameters", "m", "v", *(f"history.{name}" for name in (
        "update", "images", "loss", "accuracy", "seconds", "fingerprint"))]  # fmt: skip
    new["sha256"] = digest(new, *(held[name] for name in order if name in held))
    path.write_bytes(safetensors.numpy.save(held, new))


PLACE = {"t": 5, "done": 2, "first_pass": 3, "next_pass": 4, "updates": 3}


@pytest.mark.parametrize(
    ("tensors", "metadata", "message"),
    [
        ({"m": None}, {}, "it lacks the tensor 'm'"),
        ({"x": np.zeros(1)}, {}, "it has the tensor 'x' that its format does not know"),
        ({"v": np.zeros(3, np.float32)}, {}, "its tensor 'v' has shape (3,), its network needs ("),
        ({"v": np.zeros(NETWORK.size)}, {}, "its tensor 'v' has dtype F64, not F32"),
        (
            {"parameters": np.full(NETWORK.size, np.nan, np.float32)},
            {},
            "its parameters hold NaN or infinity",
        ),
        ({}, {"place": PLACE | {"t": -1}}, "its place has t -1, which is no count"),
        ({}, {"place": PLACE | {"t": 2.5}}, "its place has t 2.5, which is no count"),
        ({}, {"place": PLACE | {"t": True}}, "its place has t True, which is no count"),
        ({}, {"place": PLACE | {"t": 10**30}}, "which is no count"),
        ({}, {"place": {}}, "its place has t None, which is no count"),
        ({}, {"place": PLACE | {"done": 4}}, "more updates done than its history holds"),
        ({}, {"place": PLACE | {"updates": 4}}, "its tensor 'history.update' has shape (3,)"),
        ({}, {"place": "[1"}, "its entry 'place' is not JSON"),
        ({}, {"settings": {}}, "its network is not valid"),
        (
            {},
            {"settings": {"network": NETWORK.to_dict()}},
            "its optimizer is not valid (An optimizer is described by a dictionary, not None.)",
        ),
        (
            {},
            {"settings": {"network": NETWORK.to_dict(), "optimizer": {"name": "Adm"}}},
            "its optimizer is not valid (Unknown optimizer 'Adm'; known: Adam, AdamW, SGD.",
        ),
        ({}, {"settings": [1]}, "its entry 'settings' is list, not dict"),
        ({}, {"format": "pellucid-model"}, "it is a safetensors file, but not a Pellucid checkp"),
        ({}, {"format_version": "4"}, "it has format version 4, this Pellucid reads up to 3; upda"),
    ],
)
def test_well_signed_files_that_are_wrong_all_the_same(saved, tensors, metadata, message):
    rewrite(saved, tensors, **metadata)
    assert message in refused(saved)


def test_files_that_are_none(tmp_path):
    assert "there is no such file" in refused(tmp_path / "none")
    assert "it is a folder" in refused(tmp_path)


@pytest.mark.parametrize("step", ["_write", "_flush", "_rename"])
def test_a_write_that_fails_leaves_what_was_there(saved, monkeypatch, step):
    before = saved.read_bytes()

    def full(file, *rest):
        if step == "_write":
            file.write(rest[0][:100])  # half of it comes to the disk
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, step, full)
    with pytest.raises(
        CheckpointError, match=r"^The checkpoint .* can't be written: No space left"
    ):
        save_checkpoint(saved, CHECKPOINT)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_parameters_that_are_not_finite_are_not_written(saved):
    before = saved.read_bytes()
    bad = np.full(NETWORK.size, np.inf, np.float32)
    state = dataclasses.replace(CHECKPOINT.state, parameters=bad)
    with pytest.raises(CheckpointError, match=r"is not written: its parameters hold NaN or infin"):
        save_checkpoint(saved, dataclasses.replace(CHECKPOINT, state=state))
    assert saved.read_bytes() == before


def test_settings_that_differ_are_named():
    CHECKPOINT.check_settings(CHECKPOINT.settings)
    with pytest.raises(
        CheckpointError, match=r"than the checkpoint's: seed is 0 there and 1 here\."
    ):
        CHECKPOINT.check_settings(CHECKPOINT.settings | {"seed": 1})


def test_a_checkpoint_of_before_optimizers_had_names_goes_on_to_the_same_bits(tmp_path):
    """It holds Adam's settings without a name, and its moments; the rest was as it is."""
    images, labels = bright_corners(60)
    network, call = Network([Flatten(), Dense(4)], (1, 10, 11)), {"total_images": 400}
    settings = {"optimizer": Adam(0.02), "augmentation": Augmentation(), "workers": 1}

    def trained(stop=None, **more):
        with Trainer(network, **settings) as trainer:
            trainer.fit(
                images, labels, **call, batch_size=70, **more,
                on_update=lambda update: update.update == stop,
            )  # fmt: skip
            return bits(trainer.state)

    trained(3, checkpoints=Checkpoints(tmp_path))
    path = tmp_path / "checkpoint-00000003.safetensors"
    with safetensors.safe_open(path, "np") as file:
        new = json.loads(file.metadata()["settings"])
        assert set(file.keys()) - {n for n in file.keys() if "." in n} == {"parameters", "m", "v"}  # noqa: SIM118
    assert new["optimizer"].pop("name") == "Adam"
    rewrite(path, settings=new)
    old = load_checkpoint(path)
    assert old.settings["optimizer"] == Adam(0.02).to_dict()
    assert trained(resume=old) == trained(checkpoints=Checkpoints(tmp_path), resume=True)
    assert trained(resume=old) == trained()
