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
    Dropout,
    Flatten,
    MaxPool2D,
    MeanAverage,
    Network,
    ReLU,
    Residual,
    Trainer,
    fingerprint,
    open_executor,
)
from pellucid.equations import loss_and_gradient
from pellucid.errors import ModelFileError
from pellucid.training import statistics
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


def averaged(workers=2, call=None, network=NETWORK, **settings):
    trainer = Trainer(network, average=MeanAverage(0.3), workers=workers, **settings)
    with trainer:
        trainer.fit(IMAGES, LABELS, **{"total_images": 1000, "batch_size": 100} | (call or {}))
    return trainer


def test_an_average_has_the_statistics_that_torch_brings_up_to_date(monkeypatch):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    monkeypatch.setattr(statistics, "TOGETHER", 100)
    trainer = averaged()
    along = trainer.state.predicting
    model = torch_network(torch, NETWORK, along.astype(np.float64))
    order = np.random.default_rng([0, 300]).permutation(300)
    assert sorted(order) == list(range(300))
    scaled = (IMAGES / 255.0)[order].reshape(3, 100, *NETWORK.input_shape)
    torch.optim.swa_utils.update_bn([torch.tensor(part) for part in scaled], model)
    kept = slice(NETWORK.trained_size, None)
    np.testing.assert_allclose(
        trainer.averaged[kept], torch_running(NETWORK, model), rtol=2e-5, atol=1e-6
    )
    assert np.array_equal(trainer.averaged[: kept.start], along[: kept.start])
    assert not np.allclose(trainer.averaged[kept], along[kept], rtol=1e-3)


def test_they_are_of_so_many_images_at_the_most(monkeypatch):
    monkeypatch.setattr(statistics, "MOST", 64)
    monkeypatch.setattr(statistics, "TOGETHER", 32)
    parameters = NETWORK.initial_parameters(1)
    found = statistics.statistics_of(NETWORK, parameters, IMAGES, 5, 2)
    drawn = np.random.default_rng([5, 64]).permutation(300)[:64]
    expected = sum(
        loss_and_gradient(NETWORK, parameters, IMAGES[part] / 255.0, LABELS[part])[1]
        for part in (drawn[:32], drawn[32:])
    )
    np.testing.assert_allclose(
        found, expected[NETWORK.trained_size :] / 64, rtol=2e-5, atol=1e-6
    )  # fmt: skip


def test_no_worker_and_no_executor_changes_a_bit_of_an_average_s():
    found = {averaged(workers).averaged.tobytes() for workers in (1, 2, 3, 8)}
    with open_executor("processes", 2) as executor:
        found.add(averaged(executor=executor).averaged.tobytes())
    assert len(found) == 1


@pytest.mark.parametrize("stop", [2, 5, 9, 10])
def test_a_resumed_average_ends_with_the_same_bits(tmp_path, stop):
    whole = averaged()
    stopped = averaged(call={
        "checkpoints": Checkpoints(tmp_path), "on_update": lambda update: update.update == stop,
    })  # fmt: skip
    assert (stopped.averaged.tobytes() == whole.averaged.tobytes()) == (stop == 10)
    resumed = averaged(3, {"checkpoints": Checkpoints(tmp_path), "resume": True})
    assert resumed.averaged.tobytes() == whole.averaged.tobytes()
    assert bits(resumed.state) == bits(whole.state)


def test_what_is_measured_last_is_what_predicts_and_measuring_changes_nothing():
    held = bright_corners(100, seed=3)
    plain = averaged()
    measured = averaged(call={"validation_data": held, "validation_every": 2})
    assert measured.averaged.tobytes() == plain.averaged.tobytes()
    assert bits(measured.state)[:2] == bits(plain.state)[:2]
    last = measured.history.validated[-1]
    assert last.validation_loss == measured.evaluate(*held).loss


def test_they_are_averaged_along_while_training_goes_on_and_put_back_with_a_state():
    trainer = averaged()
    before, predicting = trainer.state, trainer.averaged.copy()
    trainer.step(IMAGES, LABELS)
    assert trainer.averaged.tobytes() == trainer.state.predicting.tobytes()
    trainer.state = before
    assert trainer.averaged.tobytes() == predicting.tobytes()
    trainer.parameters = predicting
    assert trainer.averaged.tobytes() == predicting.tobytes()
    assert trainer.state.statistics is None


def test_dropout_and_an_average_that_has_not_begun():
    network = Network([Flatten(), BatchNorm1D(), Dropout(0.5), Dense(4)], NETWORK.input_shape)
    trainer = averaged(network=network)
    assert trainer.state.statistics.shape == (2 * 110,)
    early = averaged(call={"on_update": lambda update: True})
    assert early.state.averaged == 0
    assert early.averaged.tobytes() == early.parameters.tobytes()
