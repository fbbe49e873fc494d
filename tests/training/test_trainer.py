"""What a trainer is, a step of it, and what it refuses before anything changes."""

import threading

import joblib
import numpy as np
import pytest

from pellucid import Adam, Augmentation, Dense, Flatten, Network, ReLU, Trainer
from pellucid.arguments import count_workers
from pellucid.equations import loss_and_gradient
from pellucid.equations.adam import adam as adam_equation
from pellucid.errors import ConfigurationError, DataError, DivergenceError, NetworkError
from pellucid.training.batches import batches
from tests.training.examples import NETWORK, bits, bright_corners


@pytest.fixture
def trainer():
    with Trainer(NETWORK, optimizer=Adam(0.01), workers=2) as made:
        yield made


def state(trainer):
    return bits(trainer.state)


# A step and what it does.


@pytest.mark.parametrize("count", [1, 5, 16, 40, 130])
def test_a_step_is_the_equations_mean_loss_and_adam(trainer, count):
    """Batches smaller than the sections, too."""
    images, labels = bright_corners(count)
    theta = trainer.parameters.astype(np.float64)
    loss, gradient = loss_and_gradient(NETWORK, theta, images / 255.0, labels)
    expected, _, _ = adam_equation(
        theta, 0.0 * theta, 0.0 * theta, gradient, 1, batch_size=count, learning_rate=0.01,
        beta1=0.9, beta2=0.999, eps=1e-10,
    )  # fmt: skip
    assert trainer.step(images, labels) == pytest.approx(loss / count, rel=1e-5)
    # Adam's first step is the gradient's sign: an element that is all rounding may go either way.
    clear = (np.abs(gradient) > 1e-5 * np.abs(gradient).max()) | (gradient == 0.0)
    assert clear.mean() > 0.9
    np.testing.assert_allclose(trainer.parameters[clear], expected[clear], rtol=0, atol=1e-6)


def test_training_learns(trainer):
    images, labels = bright_corners(400)
    history = trainer.fit(images, labels, epochs=12, batch_size=64)
    assert history.losses[-1] < 0.3 * history.losses[0]
    result = trainer.evaluate(*bright_corners(200, seed=1))
    assert result.accuracy > 0.9
    assert result.probabilities.shape == (200, 4)


def test_a_fit_is_its_steps():
    images, labels = bright_corners(90)
    fitted, stepped = Trainer(NETWORK, seed=4), Trainer(NETWORK, seed=4)
    fitted.fit(images, labels, total_images=200, batch_size=50)
    for batch in batches(90, 200, 50, seed=4):
        stepped.step(images[batch.indices], labels[batch.indices])
    np.testing.assert_array_equal(fitted.parameters, stepped.parameters)


def test_images_are_randomized_by_pass_and_their_number_in_the_data():
    images, labels = bright_corners(40)
    trainer = Trainer(NETWORK, seed=9, augmentation=Augmentation())
    start = trainer.parameters.copy()
    history = trainer.fit(images, labels, epochs=1, batch_size=40)
    seen = Augmentation().apply(images, seed=9, pass_number=0)
    loss, _ = loss_and_gradient(NETWORK, start, seen, labels)
    assert history.losses[0] == pytest.approx(loss / 40, rel=1e-5)

    after = trainer.parameters.copy()
    history = trainer.fit(images, labels, epochs=1, batch_size=40)
    seen = Augmentation().apply(images, seed=9, pass_number=1)
    loss, _ = loss_and_gradient(NETWORK, after, seen, labels)
    assert history.losses[0] == pytest.approx(loss / 40, rel=1e-5)


def test_the_images_given_are_not_changed(trainer):
    images, labels = bright_corners(50)
    copy = images.copy()
    images.setflags(write=False)
    labels.setflags(write=False)
    trainer.step(images, labels)
    trainer.fit(images, labels, batch_size=16)
    np.testing.assert_array_equal(images, copy)


# Where it stands.


def test_a_state_is_a_copy_and_brings_a_trainer_back():
    images, labels = bright_corners(60)
    with Trainer(NETWORK, seed=3, augmentation=Augmentation(), workers=1) as trainer:
        trainer.fit(images, labels, epochs=2, batch_size=25)
        kept, same = trainer.state, trainer.state
        assert (kept.t, kept.done, kept.first_pass, kept.next_pass) == (5, 5, 0, 2)
        assert kept.updates == tuple(trainer.history.updates)
        first = trainer.fit(images, labels, batch_size=25)
        assert bits(kept) == bits(same) != state(trainer)
        ends = state(trainer)
        trainer.state = kept
        assert state(trainer) == bits(kept)
        assert len(trainer.history) == 5
        assert trainer.fit(images, labels, batch_size=25).losses == first.losses
        assert state(trainer) == ends
        assert bits(kept) == bits(same)


def test_a_state_is_for_another_trainer_too(trainer):
    images, labels = bright_corners(40)
    trainer.step(images, labels)
    other = Trainer(NETWORK, optimizer=Adam(0.01), seed=7)
    other.state = trainer.state
    assert other.step(images, labels) == trainer.step(images, labels)
    assert state(other) == state(trainer)


def test_what_is_no_state_of_it_is_refused(trainer):
    before = state(trainer)
    with pytest.raises(ConfigurationError, match=r"^state is None; it must be of type Train"):
        trainer.state = None
    small = Trainer(Network([Flatten(), Dense(4)], (1, 10, 11)))
    with pytest.raises(NetworkError, match="does not fit this network"):
        trainer.state = small.state
    assert state(trainer) == before


def test_a_state_in_a_call_says_how_far_it_is(trainer):
    states = []
    images, labels = bright_corners(100)
    trainer.fit(images, labels, batch_size=50)
    trainer.fit(
        images, labels, total_images=150, batch_size=50,
        on_update=lambda _: states.append(trainer.state),
    )  # fmt: skip
    places = [(s.t, s.done, s.first_pass, s.next_pass, len(s.updates)) for s in states]
    assert places == [(3, 1, 1, 2, 3), (4, 2, 1, 2, 4), (5, 3, 1, 3, 5)]


def test_arrays_that_may_not_be_written_are_copied(trainer, tmp_path):
    """As joblib gives them to a process: mapped from a file."""
    data = bright_corners(20)
    trainer.fit(*data, batch_size=20)
    joblib.dump(trainer, tmp_path / "trainer")
    mapped, another = (joblib.load(tmp_path / "trainer", mmap_mode="r") for _ in range(2))
    assert not mapped.parameters.flags.writeable
    mapped.fit(*data, batch_size=20)
    trainer.fit(*data, batch_size=20)
    assert state(mapped) == state(trainer)
    another.parameters = np.zeros(NETWORK.size)
    assert not another.parameters.any()
    third = joblib.load(tmp_path / "trainer", mmap_mode="r")
    third.state = trainer.state
    assert state(third) == state(trainer)


# What can't be used is refused before anything changes.


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sections": 0}, r"sections is 0; it must be a whole number of at least 1\."),
        ({"sections": 2.5}, r"sections is 2\.5; "),
        (
            {"seed": -1},
            r"seed is -1; it must be a whole number of at least 0 and at most 9223372036854775807",
        ),
        ({"seed": "now"}, r"seed is 'now'; "),
        ({"seed": 2**63}, r"seed is 9223372036854775808; "),
        ({"workers": 0}, r"workers is 0; "),
    ],
)
def test_settings_out_of_bounds(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        Trainer(NETWORK, **settings)


@pytest.mark.parametrize("seed", [2**62, 2**63 - 1, np.int64(3)])
def test_large_seeds_work(seed):
    trainer = Trainer(NETWORK, seed=seed, augmentation=Augmentation(), workers=1)
    assert np.isfinite(trainer.step(*bright_corners(8)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"batch_size": 7},
            r"^batch_size 7 is smaller than sections 8, but each section needs an image; use "
            r"sections=7 or a larger batch_size\.$",
        ),
        ({"batch_size": 0}, r"^batch_size is 0; it must be a whole number of at least 1\.$"),
        ({"batch_size": 16.0}, r"^batch_size is 16\.0; "),
        ({"epochs": 0}, r"^epochs is 0; it must be a finite number above 0\.$"),
        ({"epochs": float("nan")}, r"^epochs is nan; "),
        ({"epochs": float("inf")}, r"^epochs is inf; "),
        ({"total_images": 0}, r"^total_images is 0; "),
        ({"total_images": 1.5}, r"^total_images is 1\.5; "),
        ({"epochs": "3"}, r"^epochs is '3'; it must be a finite number above 0\.$"),
        (
            {"schedule": "cosine"},
            r"^schedule is 'cosine'; it must be of type BaseSchedule, for exa",
        ),
        ({"checkpoints": "runs"}, r"^checkpoints is 'runs'; it must be of type Checkpoints, for "),
        ({"resume": "runs"}, r"^resume is 'runs'; it must be True, which takes the newest of che"),
        ({"resume": 1}, r"^resume is 1; "),
    ],
)
def test_arguments_out_of_bounds(trainer, arguments, message):
    before = state(trainer)
    with pytest.raises(ConfigurationError, match=message):
        trainer.fit(*bright_corners(40), **arguments)
    assert state(trainer) == before
    assert len(trainer.history) == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network": [1, 2]}, r"^network is \[1, 2\]; it must be of type Network, for example"),
        ({"optimizer": "adam"}, r"^optimizer is 'adam'; it must be of type Optimizer, for ex"),
        ({"augmentation": "auto"}, r"^augmentation is 'auto'; it must be of type Augmentation, "),
        ({"workers": 0}, r"^workers is 0; "),
    ],
)
def test_settings_of_another_type_are_refused_at_once(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        Trainer(**{"network": NETWORK} | settings)


def test_settings_changed_later_are_checked_too(trainer):
    trainer.optimizer = 0.01
    with pytest.raises(ConfigurationError, match=r"^optimizer is 0\.01; "):
        trainer.step(*bright_corners(40))


def test_workers_may_be_changed_and_change_no_bit():
    images, labels = bright_corners(300)
    found = set()
    others = {*threading.enumerate()}  # of trainers that nobody has closed yet
    for first, second in ((1, 3), (3, 1), (2, None)):
        with Trainer(NETWORK, workers=first) as trainer:
            trainer.fit(images, labels, batch_size=100)
            trainer.workers = second
            assert trainer.workers == (second or count_workers(None))
            left = {*threading.enumerate()} - others
            assert not [t for t in left if t.name.startswith("pellucid")]
            trainer.fit(images, labels, batch_size=100)
            found.add(trainer.parameters.tobytes())
    assert len(found) == 1
    with pytest.raises(ConfigurationError, match=r"^workers is 0; "):
        trainer.workers = 0
    assert trainer.workers == count_workers(None)


def _spoiled(what):
    images, labels = bright_corners(40)
    floats = (images / 255.0).astype(np.float32)
    match what:
        case "label":
            labels[17] = 4
        case "negative label":
            labels[3] = -1
        case "fewer labels":
            labels = labels[:-1]
        case "nan":
            floats[5, 0, 2, 2] = np.nan
            return floats, labels
        case "infinity":
            floats[6, 0, 0, 0] = np.inf
            return floats, labels
        case "range":
            return floats * 255.0, labels
        case "shape":
            images = images[:, :, :9]
        case "channels":
            images = np.repeat(images, 3, axis=1)
        case "none":
            images, labels = images[:0], labels[:0]
    return images, labels


@pytest.mark.parametrize("method", ["step", "fit", "evaluate"])
@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("label", r"Label 4 at index 17 is out of range .*the labels of 4 classes are 0 to 3"),
        ("negative label", r"Label -1 at index 3 is out of range"),
        ("fewer labels", r"There are 40 images but 39 labels"),
        ("nan", r"hold NaN or infinity in 1 of 40 images, first image 5"),
        ("infinity", r"hold NaN or infinity in 1 of 40 images, first image 6"),
        ("range", r"floats must lie in \[0, 1\]"),
        ("shape", r"Each image has shape \(1, 9, 11\) .*the network takes \(1, 10, 11\)"),
        ("channels", r"Each image has shape \(3, 10, 11\)"),
        ("none", r"There are no images"),
    ],
)
def test_data_that_cannot_be_used(trainer, method, what, message):
    before = state(trainer)
    with pytest.raises(DataError, match=message):
        getattr(trainer, method)(*_spoiled(what))
    assert state(trainer) == before
    assert len(trainer.history) == 0


@pytest.mark.parametrize("wrong", ["float64", "too few", "strided"])
def test_parameters_put_there_by_hand_are_refused_or_taken(wrong):
    images, labels = bright_corners(20)
    good = NETWORK.initial_parameters(3)
    put = {"float64": good.astype(float), "too few": good[:-1], "strided": np.repeat(good, 2)[::2]}
    trainer, expected = Trainer(NETWORK), Trainer(NETWORK, seed=3)
    if wrong == "too few":
        with pytest.raises(NetworkError, match=r"does not fit this network"):
            trainer.parameters = put[wrong]
        return
    trainer.parameters = put[wrong]
    loss = trainer.step(images, labels)
    assert loss == expected.step(images, labels)
    np.testing.assert_array_equal(trainer.parameters, expected.parameters)


# Divergence.


# A score of -infinity is left out: its class has probability 0, and nothing else is infinite.
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["f1", "b1", "w2", "b3"])
def test_divergence_is_told_and_changes_nothing(trainer, name, bad):
    images, labels = bright_corners(100)
    trainer.step(images, labels)
    NETWORK.views(trainer.parameters)[name].flat[:2] = bad
    before = state(trainer)
    with pytest.raises(
        DivergenceError,
        match=r"^The (loss is (nan|inf)|gradient is not finite) in update 2: it first appears in "
        r".*; lower the learning rate \(now 0\.01\)\. The parameters are those before this "
        r"update\.$",
    ):
        trainer.step(images, labels)
    assert state(trainer) == before


def test_fit_stops_at_divergence_with_the_last_good_state():
    images, labels = bright_corners(100)
    network = Network([Flatten(), Dense(9), ReLU(), Dense(9), ReLU(), Dense(4)], (10, 11))
    with Trainer(network, optimizer=Adam(1e20)) as trainer:
        good = []
        with pytest.raises(DivergenceError, match=r"lower the learning rate \(now 1e\+20\)"):
            trainer.fit(
                images,
                labels,
                epochs=50,
                batch_size=50,
                on_update=lambda _: good.append(state(trainer)),
            )
        assert state(trainer) == good[-1]
        assert np.isfinite(trainer.parameters).all()
        assert len(trainer.history) == len(good) == trainer.state.t


def test_training_can_go_on_after_divergence(trainer):
    images, labels = bright_corners(100)
    good = trainer.parameters.copy()
    trainer.parameters[:] = np.nan
    with pytest.raises(DivergenceError):
        trainer.step(images, labels)
    trainer.parameters[:] = good
    fresh = Trainer(NETWORK, optimizer=Adam(0.01), workers=2)
    assert trainer.step(images, labels) == fresh.step(images, labels)
    np.testing.assert_array_equal(trainer.parameters, fresh.parameters)
    fresh.close()
