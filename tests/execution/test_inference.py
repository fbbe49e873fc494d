import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import (
    BinaryCrossEntropy,
    Conv2D,
    CrossEntropy,
    Dense,
    Flatten,
    Huber,
    MeanSquaredError,
    Network,
    ReLU,
    evaluate,
    image_gradients,
    predict_proba,
)
from pellucid.errors import ConfigurationError, DataError, NetworkError
from pellucid.execution.inference import PART
from pellucid.network import presets
from tests.equations.numeric import SEEDS
from tests.equations.test_network import OTHER
from tests.kernels.oracle import by_equations, error, problem
from tests.training.examples import NETWORK

NETWORKS = {"reference": presets.reference((12, 12)), "other": OTHER}


@pytest.mark.parametrize("name", NETWORKS)
@given(count=st.integers(1, 40), seed=SEEDS, as_bytes=st.booleans())
def test_probabilities_loss_and_accuracy_are_those_of_the_equations(name, count, seed, as_bytes):
    network = NETWORKS[name]
    parameters, images, labels = problem(network, count, seed, as_bytes=as_bytes)
    result, loss, _, _ = by_equations(network, parameters, images, labels)
    probabilities = predict_proba(network, parameters, images, workers=1)
    assert probabilities.shape == (count, network.classes)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, result.probs, rtol=0, atol=1e-5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-6)

    found = evaluate(network, parameters, images, labels, workers=1)
    np.testing.assert_array_equal(found.probabilities, probabilities)
    np.testing.assert_array_equal(found.predicted, result.probs.argmax(axis=1))
    assert found.loss == pytest.approx(loss / count, rel=1e-5)
    assert found.accuracy == (result.probs.argmax(axis=1) == labels).mean()


@pytest.mark.parametrize("name", NETWORKS)
@given(count=st.integers(1, 40), seed=SEEDS, as_bytes=st.booleans())
def test_image_gradients_are_the_tenth_step(name, count, seed, as_bytes):
    network = NETWORKS[name]
    parameters, images, labels = problem(network, count, seed, as_bytes=as_bytes)
    expected = by_equations(network, parameters, images, labels)[3]
    found = image_gradients(network, parameters, images, labels)
    assert found.shape == (count, *network.input_shape)
    assert found.dtype == np.float32
    assert error(found, expected) <= 1e-5


def test_many_images_are_cut_into_parts_that_workers_share():
    images = np.random.default_rng(0).integers(0, 256, (2 * PART + 77, 10, 11), dtype=np.uint8)
    parameters = NETWORK.initial_parameters(1)
    whole = predict_proba(NETWORK, parameters, images, workers=1)
    np.testing.assert_array_equal(predict_proba(NETWORK, parameters, images, workers=3), whole)
    few = predict_proba(NETWORK, parameters, images[PART - 3 : PART + 9])
    np.testing.assert_array_equal(few, whole[PART - 3 : PART + 9])


@pytest.mark.parametrize("views", ["mirror", "shifts", "mirror+shifts"])
@given(count=st.integers(1, 40), seed=SEEDS, as_bytes=st.booleans())
def test_with_several_views_it_is_the_mean_over_them(views, count, seed, as_bytes):
    network = NETWORKS["other"]
    parameters, images, _ = problem(network, count, seed, as_bytes=as_bytes)
    wide = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), "edge")
    seen = [images]
    if views != "mirror":
        seen += [wide[:, :, 1:-1, 2:], wide[:, :, 1:-1, :-2], wide[:, :, 2:, 1:-1],
                 wide[:, :, :-2, 1:-1]]  # fmt: skip
    if views != "shifts":
        flipped = wide[..., ::-1]
        seen += [flipped[:, :, 1:-1, 1:-1]]
    if views == "mirror+shifts":
        seen += [flipped[:, :, 1:-1, 2:], flipped[:, :, 1:-1, :-2], flipped[:, :, 2:, 1:-1],
                 flipped[:, :, :-2, 1:-1]]  # fmt: skip
    expected = np.mean([predict_proba(network, parameters, view) for view in seen], axis=0)
    found = predict_proba(network, parameters, images, views=views)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_views_have_the_same_bits_whoever_works_on_them(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (2 * PART + 77, 10, 11), dtype=np.uint8)
    parameters = NETWORK.initial_parameters(1)
    whole = predict_proba(NETWORK, parameters, images, workers=1, views="mirror+shifts")
    monkeypatch.setattr("pellucid.execution.inference.AT_ONCE", 50)
    for workers in (1, 2, 3, 8):
        found = predict_proba(NETWORK, parameters, images, workers=workers, views="mirror+shifts")
        np.testing.assert_array_equal(found, whole)
    few = predict_proba(NETWORK, parameters, images[7:10], views="mirror+shifts")
    np.testing.assert_array_equal(few, whole[7:10])


@pytest.mark.parametrize(
    "loss",
    [CrossEntropy(label_smoothing=0.1), BinaryCrossEntropy(), MeanSquaredError(), Huber(0.3)],
    ids=lambda loss: type(loss).__name__,
)
def test_loss_and_accuracy_with_several_views_are_those_of_the_mean(loss):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    network = Network([Conv2D(2, 3), ReLU(), Flatten(), Dense(3)], (8, 9), loss)
    random = np.random.default_rng(5)
    parameters = network.initial_parameters(1)
    images = random.integers(0, 256, (30, 8, 9), np.uint8)
    targets = {
        "classes": random.integers(0, 3, 30),
        "labels": random.integers(0, 2, (30, 3)).astype(np.float64),
        "numbers": random.normal(size=(30, 3)),
    }[loss.targets]
    found = evaluate(network, parameters, images, targets, views="mirror+shifts")
    means = predict_proba(network, parameters, images, views="mirror+shifts")
    np.testing.assert_array_equal(found.probabilities, means)
    p = torch.tensor(means.astype(np.float64))
    if loss.targets == "classes":
        y = torch.tensor(targets)
        expected = torch.nn.functional.cross_entropy(p.log(), y, label_smoothing=0.1)
        right = (p.argmax(axis=1) == y).double().mean()
    elif loss.targets == "labels":
        y = torch.tensor(targets)
        expected = torch.nn.functional.binary_cross_entropy(p, y)
        right = ((p > 0.5) == (y > 0.5)).all(axis=1).double().mean()
    else:
        y = torch.tensor(targets.astype(np.float32).astype(np.float64))
        function = (
            torch.nn.functional.huber_loss if isinstance(loss, Huber)
            else torch.nn.functional.mse_loss
        )  # fmt: skip
        expected = function(p, y, **({"delta": 0.3} if isinstance(loss, Huber) else {}))
        right = 1 - ((p - y) ** 2).sum() / ((y - y.mean(axis=0)) ** 2).sum()
    assert found.loss == pytest.approx(float(expected), rel=1e-6)
    assert found.accuracy == pytest.approx(float(right), rel=1e-9)
    alone = evaluate(network, parameters, images, targets)
    assert found.kind == alone.kind
    assert found.loss != alone.loss


@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy()])
def test_a_network_that_is_quite_sure_has_a_finite_loss_with_views_too(loss):
    network = Network([Flatten(), Dense(2)], (2, 2), loss)
    parameters = np.array([0] * 8 + [1e4, -1e4], np.float32)
    images = np.zeros((3, 2, 2), np.uint8)
    targets = [0, 1, 0] if loss.targets == "classes" else [[1, 0], [0, 1], [1, 0]]
    found = evaluate(network, parameters, images, targets, views="mirror")
    assert np.isfinite(found.loss)
    assert found.accuracy == 2 / 3


def test_views_that_are_none_are_refused_before_the_images():
    with pytest.raises(ConfigurationError, match=r"^views is 'flip'; it must be 'mirror', "):
        predict_proba(NETWORK, NETWORK.initial_parameters(1), "no images", views="flip")


def test_images_may_have_no_axis_of_channels_and_lie_anywhere():
    parameters, images, labels = problem(NETWORK, 9, as_bytes=True)
    expected = predict_proba(NETWORK, parameters, images)
    for same in (images[:, 0], np.asfortranarray(images), images[::-1][::-1], images.tolist()):
        np.testing.assert_array_equal(predict_proba(NETWORK, parameters, same), expected)
    np.testing.assert_array_equal(
        image_gradients(NETWORK, parameters, images[:, 0], labels),
        image_gradients(NETWORK, parameters, images, labels),
    )


def test_a_prediction_beside_a_training_leaves_nothing_stale():
    """What filters were packed from must be what is compared with at the next prediction."""
    network = Network([Conv2D(64, 5), ReLU(), Conv2D(64, 5), Flatten(), Dense(3)], (1, 12, 12))
    both = [network.initial_parameters(seed) for seed in (0, 1)]
    image = np.random.default_rng(0).integers(0, 256, (1, 1, 12, 12), dtype=np.uint8)
    expected = predict_proba(network, both[1], image)
    parameters = both[0].copy()

    def train():
        for k in range(11):
            parameters[:] = both[(k + 1) % 2]

    for _ in range(300):
        thread = threading.Thread(target=train)
        thread.start()
        while thread.is_alive():
            predict_proba(network, parameters, image)
        np.testing.assert_array_equal(predict_proba(network, parameters, image), expected)


def test_nan_parameters_are_visible():
    _, images, labels = problem(NETWORK, 3)
    parameters = np.full(NETWORK.size, np.nan, dtype=np.float32)
    assert np.isnan(predict_proba(NETWORK, parameters, images)).all()
    assert np.isnan(evaluate(NETWORK, parameters, images, labels).loss)


def test_data_that_cannot_be_used():
    parameters, images, labels = problem(NETWORK, 3)
    nan = images.copy()
    nan[1, 0, 0, 0] = np.nan
    for call in (
        lambda data: predict_proba(NETWORK, parameters, data),
        lambda data: evaluate(NETWORK, parameters, data, labels),
        lambda data: image_gradients(NETWORK, parameters, data, labels),
    ):
        with pytest.raises(DataError, match="NaN or infinity in 1 of 3 images, first image 1"):
            call(nan)
        with pytest.raises(DataError, match=r"the network takes \(1, 10, 11\)"):
            call(images[:, :, :5])
    for call in (evaluate, image_gradients):
        with pytest.raises(DataError, match="Label 4 at index 2 is out of range"):
            call(NETWORK, parameters, images, [0, 1, 4])


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros(NETWORK.size - 1, np.float32),
        np.zeros(NETWORK.size + 1, np.float32),
        np.zeros((1, NETWORK.size), np.float32),
        np.zeros(0, np.float32),
    ],
    ids=lambda wrong: str(wrong.shape),
)
def test_parameters_of_another_network_are_refused(wrong):
    _, images, labels = problem(NETWORK, 3)
    for call in (
        lambda: predict_proba(NETWORK, wrong, images),
        lambda: evaluate(NETWORK, wrong, images, labels),
        lambda: image_gradients(NETWORK, wrong, images, labels),
    ):
        with pytest.raises(ValueError, match=r"does not fit this network, which has [\d,]+ param"):
            call()


@pytest.mark.parametrize("kind", [np.float64, np.float16, ">f4", "strided"])
def test_parameters_of_another_type_or_layout_are_refused_or_taken(kind):
    """Never read as what they are not."""
    parameters, images, _ = problem(NETWORK, 3)
    other = np.repeat(parameters, 2)[::2] if kind == "strided" else parameters.astype(kind)
    try:
        found = predict_proba(NETWORK, other, images)
    except ValueError:
        return
    expected = predict_proba(NETWORK, parameters, images)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-3)


def test_what_is_no_network_no_parameters_or_no_count_of_threads_is_told():
    network = Network([Flatten(), Dense(2)], (2, 2))
    parameters, images = network.initial_parameters(), np.zeros((1, 2, 2), np.uint8)
    with pytest.raises(ConfigurationError, match="network is None; it must be of type Network"):
        predict_proba(None, parameters, images)
    with pytest.raises(ConfigurationError, match=r"workers is 1\.5; it must be a whole number"):
        predict_proba(network, parameters, images, workers=1.5)
    with pytest.raises(NetworkError, match="The parameters have dtype complex64; they must be"):
        predict_proba(network, parameters.astype(np.complex64), images)
