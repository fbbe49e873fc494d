import numpy as np
import pytest
from sklearn.datasets import load_digits

from pellucid import SGD, Adam, Augmentation, CNNClassifier, Conv2D, Flatten, ReLU, presets
from pellucid.errors import ConfigurationError
from pellucid.estimators.chosen import Chosen, How, default_network
from pellucid.estimators.settings import Settings, parameters_of
from pellucid.network.loss import CrossEntropy
from pellucid.recipes.sizes import batch_size_for, passes_for
from tests.recipes.test_looks import pieces

PHOTOS, OF = pieces(24)
DIGITS = load_digits()


def settings(**parameters):
    return Settings.of(parameters_of(CNNClassifier(**parameters)))


def how(chosen, trained, **parameters):
    return How.of(settings(**parameters), chosen, trained, 1000)


@pytest.mark.parametrize(
    ("parameters", "images", "expected"),
    [
        ({}, PHOTOS, Chosen("residual", "photos")),
        ({}, DIGITS.images[:, None], Chosen("plain", "drawings")),
        ({"recipe": "plain"}, PHOTOS, Chosen("plain", "photos")),
        ({"recipe": "residual"}, DIGITS.images[:, None], Chosen("residual", "drawings")),
        ({"network": [Flatten()]}, PHOTOS, Chosen("plain", "photos")),
    ],
)
def test_what_suits_the_images(parameters, images, expected):
    found = Chosen.of(settings(**parameters), images, len(images), 10, CrossEntropy())
    assert found == expected


def test_how_many_there_are_counts_and_not_how_many_are_seen():
    photos, _ = pieces(40)
    y, x = np.mgrid[:32, :32] - 15.5
    things = np.where(y**2 + x**2 < 220, photos, 255)
    for count, name in ((500, "plain"), (60_000, "residual")):
        found = Chosen.of(settings(), things, count, 10, CrossEntropy())
        assert found == Chosen(name, "objects")


def test_a_recipe_decides_what_is_left_open():
    network = presets.residual((3, 32, 32), 2)
    made = how(Chosen("residual", "photos", is_mirrored_alike=True), network)
    assert isinstance(made.optimizer, SGD)
    assert made.augmentation == Augmentation.photos(32)
    assert (made.epochs, made.batch_size) == (passes_for(1000), batch_size_for(1000))
    assert made.schedule is not None
    other = how(
        Chosen("residual", "photos"), network, learning_rate=0.01, augmentation=None, max_iter=3,
        batch_size=50, early_stopping=True,
    )  # fmt: skip
    assert (other.optimizer, other.augmentation) == (Adam(0.01, eps=1e-8), None)
    assert (other.epochs, other.batch_size, other.schedule) == (3, 50, None)
    assert how(Chosen("residual", "photos", False), network).augmentation.mirror == 0


def test_a_network_of_ones_own_is_trained_as_it_always_was():
    layers = [Conv2D(4, 3), ReLU(), Flatten()]
    made = how(Chosen(), presets.default((28, 28), 10), network=layers)
    assert made.optimizer == Adam(0.003, eps=1e-8)
    assert made.schedule is None


def test_photographs_get_the_residual_network_and_keep_it():
    classifier = CNNClassifier(max_iter=1, random_state=0, warm_start=True, n_jobs=1)
    classifier.fit(PHOTOS.transpose(0, 2, 3, 1), OF)
    assert classifier.network_ == presets.residual((3, 32, 32), 2)
    classifier.fit(PHOTOS.transpose(0, 2, 3, 1)[::-1], OF[::-1])
    assert classifier.n_iter_ == 2


def test_what_was_chosen_is_saved(tmp_path):
    classifier = CNNClassifier(max_iter=1, random_state=0, n_jobs=1)
    classifier.fit(PHOTOS.transpose(0, 2, 3, 1), OF)
    classifier.save(tmp_path / "photos.safetensors")
    again = CNNClassifier.load(tmp_path / "photos.safetensors")
    assert again._fitted.chosen == classifier._fitted.chosen
    assert again._fitted.chosen.recipe == "residual"


def test_a_recipe_of_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("recipe = 'plain'\nnetwork = 'Conv2D(4, 3), ReLU, Flatten'\nepochs = 2\n")
    classifier = CNNClassifier(recipe=path, random_state=0, n_jobs=1)
    classifier.fit(DIGITS.images[:200], DIGITS.target[:200])
    assert classifier.network_.layers[0] == Conv2D(4, 3)
    assert classifier.n_iter_ == 2
    given = default_network(
        settings(recipe=path), Chosen("plain"), (1, 8, 8), 10, CrossEntropy()
    )  # fmt: skip
    assert given == classifier.network_


@pytest.mark.parametrize("recipe", ["resnet", 7, None, "none.toml"])
def test_what_is_no_recipe(recipe):
    with pytest.raises(ConfigurationError, match=r"^recipe is "):
        settings(recipe=recipe)


def test_time_becomes_a_number_of_passes():
    X, y = DIGITS.images[:400], DIGITS.target[:400]
    made = CNNClassifier(max_time="1s", random_state=0, n_jobs=1).fit(X, y)
    again = CNNClassifier(max_iter=made.n_iter_, random_state=0, n_jobs=1).fit(X, y)
    assert np.array_equal(made.parameters_, again.parameters_)
    with pytest.warns(UserWarning, match="longer than max_time=1e-09 seconds"):
        assert CNNClassifier(max_time=1e-9, random_state=0).fit(X, y).n_iter_ == 1
    with pytest.raises(ConfigurationError, match=r"^max_time is 'soon'"):
        settings(max_time="soon")
