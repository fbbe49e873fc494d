"""Running statistics: brought up to date as PyTorch's are, and the same bits whoever works."""

import numpy as np
import pytest

import pellucid
from pellucid import (
    Adam,
    Augmentation,
    BatchNorm1D,
    BatchNorm2D,
    Checkpoints,
    Conv2D,
    Dense,
    Flatten,
    MaxPool2D,
    Network,
    ReLU,
    Residual,
    Trainer,
    fingerprint,
    open_executor,
)
from pellucid.equations import loss_and_gradient
from pellucid.errors import ModelFileError
from pellucid.training.statistics import bring_up_to_date
from tests.kernels.oracle import error, problem
from tests.layers import torch_network, torch_running
from tests.training.examples import bits, bright_corners

NETWORK = Network(
    [
        Conv2D(5, 3), BatchNorm2D(), ReLU(), MaxPool2D(2),
        Residual([Conv2D(5, 3, padding="same"), BatchNorm2D(momentum=0.3), ReLU()]),
        Flatten(), Dense(8), BatchNorm1D(), ReLU(), Dense(4),
    ],
    (1, 10, 11),
)  # fmt: skip
IMAGES, LABELS = bright_corners(300)


def trained(images=IMAGES, labels=LABELS, **settings):
    with Trainer(NETWORK, augmentation=Augmentation(), **settings) as trainer:
        trainer.fit(images, labels, total_images=1300, batch_size=100)
        return fingerprint(trainer)


def test_three_updates_agree_with_torch():
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    parameters, images, labels = problem(NETWORK, 192, seed=2)
    with Trainer(NETWORK, optimizer=Adam(0.01, eps=1e-3), sections=1) as trainer:
        trainer.parameters[:] = parameters
        model = torch_network(torch, NETWORK, parameters.astype(np.float64))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01, eps=1e-3)
        for i in range(3):
            found = trainer.step(images[i::3], labels[i::3])
            optimizer.zero_grad()
            logits = model(torch.tensor(images[i::3].astype(np.float64)))
            loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels[i::3]))
            loss.backward()
            optimizer.step()
            assert found == pytest.approx(loss.item(), rel=1e-4)
        learned = torch.nn.utils.parameters_to_vector(model.parameters()).detach().numpy()
        expected = np.concatenate([learned, torch_running(NETWORK, model)])
        for name, view in NETWORK.views(trainer.parameters).items():
            assert error(view, NETWORK.views(expected)[name], 1e-2) <= 1e-3, name


def test_statistics_of_sections_are_merged_by_their_images():
    parameters = NETWORK.initial_parameters()
    images, labels = IMAGES[:40] / 255.0, LABELS[:40]  # in sections of 16, 16 and 8
    with Trainer(NETWORK) as trainer:
        trainer.step(images.astype(np.float32), labels)
    sums = sum(
        loss_and_gradient(NETWORK, parameters, images[part], labels[part])[1]
        for part in (slice(0, 16), slice(16, 32), slice(32, 40))
    )
    expected = parameters.copy()
    bring_up_to_date(NETWORK, expected, sums, 40)
    kept = slice(NETWORK.trained_size, None)
    assert np.allclose(trainer.parameters[kept], expected[kept], rtol=1e-5, atol=1e-6)


def test_the_number_of_workers_changes_no_bit():
    assert len({trained(workers=workers) for workers in (1, 2, 3, 8)}) == 1


def test_processes_give_the_same_bits():
    with open_executor("processes", 2) as executor:
        assert trained(executor=executor) == trained(workers=2)


def test_a_resumed_training_ends_in_the_same_bits(tmp_path):
    def train(stop=None, resume=False):
        with Trainer(NETWORK) as trainer:
            trainer.fit(
                IMAGES, LABELS, total_images=1000, batch_size=100, resume=resume,
                checkpoints=Checkpoints(tmp_path, every_updates=2),
                on_update=lambda update: update.update == stop,
            )  # fmt: skip
            return bits(trainer.state)

    whole = train()
    for path in tmp_path.iterdir():
        path.unlink()
    assert train(stop=5) != whole
    assert train(resume=True) == whole


def test_a_model_keeps_them(tmp_path):
    with Trainer(NETWORK, optimizer=Adam(0.01)) as trainer:
        trainer.fit(IMAGES, LABELS, total_images=600, batch_size=100)
        model = pellucid.Model(
            NETWORK,
            trainer.parameters,
            pellucid.Preprocessing(NETWORK.input_shape),
            tuple("abcd"),
            {},
            {},
        )
        pellucid.save_model(tmp_path / "model.safetensors", model)
        again = pellucid.load_model(tmp_path / "model.safetensors")
    assert np.array_equal(again.parameters, trainer.parameters)
    views = NETWORK.views(again.parameters)
    assert (views["v2"] > 0).all()
    assert not np.array_equal(views["v2"], np.ones(5))
    views["v2"][0] = -1.0
    pellucid.save_model(tmp_path / "bad.safetensors", again)
    with pytest.raises(ModelFileError, match="its v2 are running variances"):
        pellucid.load_model(tmp_path / "bad.safetensors")


def test_a_section_of_one_image_has_no_spread():
    network = Network([Flatten(), BatchNorm1D(), Dense(3)], (2, 3))
    with Trainer(network) as trainer:
        trainer.step(np.full((1, 2, 3), 0.5, np.float32), [0])
    views = network.views(trainer.parameters)
    assert np.allclose(views["m1"], 0.05)
    assert np.allclose(views["v1"], 0.9)


def test_more_chunks_than_are_added_up_at_once():
    network = Network([BatchNorm2D(), Conv2D(3, 3), Flatten(), Dense(2)], (1, 5, 5))
    random = np.random.default_rng(0)
    images, labels = random.random((1100, 1, 5, 5), np.float32), random.integers(0, 2, 1100)
    parameters = network.initial_parameters()
    _, gradient = loss_and_gradient(network, parameters, images, labels)
    with Trainer(network, optimizer=pellucid.SGD(1.0), sections=1) as trainer:
        trainer.step(images, labels)
        learned = slice(network.trained_size)
        found = (parameters - trainer.parameters)[learned] * 1100
    assert np.abs(found - gradient[learned]).max() < 1e-4 * np.abs(gradient[learned]).max()


def test_it_trains_what_a_person_would_write():
    with Trainer(NETWORK, optimizer=Adam(0.01)) as trainer:
        trainer.fit(IMAGES, LABELS, total_images=3000, batch_size=50)
        assert trainer.evaluate(*bright_corners(200, seed=1)).accuracy > 0.95
