import json
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score

from pellucid import (
    Augmentation,
    CNNClassifier,
    Dense,
    Flatten,
    HistoryDisplay,
    Network,
    Preprocessing,
    ReLU,
    data,
    load_model,
    save_model,
)
from pellucid.errors import ConfigurationError, ModelFileError, NetworkError
from pellucid.files.model_file import Model
from pellucid.runs import run
from pellucid.runs.finished import FinishedRun
from tests.cli.console import invoke

DIGITS = load_digits()
X, Y = DIGITS.data[:100], DIGITS.target[:100]
LAYERS = [Flatten(), Dense(8), ReLU()]


def small(**settings):
    return CNNClassifier(**({"network": LAYERS, "max_iter": 2, "random_state": 0} | settings))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def through(classifier, path):
    classifier.save(path)
    return CNNClassifier.load(str(path))


CLASSES = [
    np.arange(3),
    np.array([-1, 2**62, 2**63 - 1]),
    np.array([5, 2**64 - 1], np.uint64),
    np.array([-1.0, 0.0, 3e15]),
    np.array([1, 2], np.float32),
    np.array([False, True]),
    np.array(["cat", "dog", "ä ☃"]),
    np.array(["1", "10", "9"]),
    np.array(["b", "a"], object),
]


class TestRoundTrip:
    @pytest.mark.parametrize("classes", CLASSES, ids=str)
    def test_classes_of_any_type(self, classes, path):
        classifier = small().fit(X, classes[Y % len(classes)])
        loaded = through(classifier, path)
        assert loaded.classes_.dtype == classifier.classes_.dtype
        assert loaded.classes_.tolist() == classifier.classes_.tolist()
        assert [type(a) for a in loaded.classes_] == [type(a) for a in classifier.classes_]
        assert (loaded.predict(X) == classifier.predict(X)).all()
        assert load_model(path).classes == tuple(map(str, classifier.classes_))

    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"network": None, "early_stopping": True, "verbose": np.bool_(False)},
            {"class_weight": "balanced", "image_shape": (4, 16), "batch_size": np.int64(9)},
            {"class_weight": {0: 2, np.int64(3): np.float32(0.5)}, "random_state": np.int64(3)},
            {"augmentation": Augmentation(shift=(0, 1)), "learning_rate": np.float32(0.01)},
            {"augmentation": Augmentation(mirror=0.5, border="reflect", contrast=(0.5, 1))},
            {"augmentation": "photos"},
            {"augmentation": None, "pixel_range": (0, 20), "n_jobs": None},
            {"unknown": 0.1, "early_stopping": True},
            {"pixel_range": np.array([0.0, 16.0]), "warm_start": True, "max_iter": np.uint8(2)},
        ],
    )
    def test_everything_comes_back(self, parameters, path):
        classifier = small(**parameters).fit(X, Y)
        loaded = through(classifier, path)
        assert (loaded.predict_proba(X) == classifier.predict_proba(X)).all()
        assert (loaded.transform(X) == classifier.transform(X)).all()
        for name in ("network_", "loss_curve_", "validation_scores_", "pixel_range_", "n_iter_",
                     "n_features_in_", "preprocessing_"):  # fmt: skip
            assert getattr(loaded, name) == getattr(classifier, name)
        for name, value in loaded.get_params().items():
            original = getattr(classifier, name)
            if name == "network":
                assert value == original
            elif name != "callbacks":
                np.testing.assert_equal(np.array(value, object), np.array(original, object))
        again = loaded.fit(X, Y)
        if not classifier.warm_start:
            assert (again.parameters_ == classifier.parameters_).all()

    def test_what_tells_unknown_images(self, path):
        classifier = small(unknown=0.1).fit(X, Y)
        loaded = through(classifier, path)
        assert (loaded.score_samples(X) == classifier.score_samples(X)).all()
        assert (loaded.is_known(X) == classifier.is_known(X)).all()

    def test_older_files_know_nothing_of_it(self, path):
        small().fit(X, Y).save(path)
        model = load_model(path)
        del model.configuration["estimator"]["unknown"]
        save_model(path, model)
        loaded = CNNClassifier.load(path)
        assert loaded.unknown is None
        with pytest.raises(ConfigurationError, match="it was trained without one"):
            loaded.is_known(X)

    def test_names_of_features(self, path):
        frame = pd.DataFrame(X, columns=[f"p{n}" for n in range(64)])
        loaded = through(small().fit(frame, Y), path)
        assert loaded.feature_names_in_.tolist() == list(frame.columns)
        loaded.predict(frame)
        with pytest.raises(ValueError, match="feature names should match"):
            loaded.predict(frame[frame.columns[::-1]])

    def test_training_may_go_on(self, path):
        loaded = through(small().fit(X, Y), path)
        loaded.partial_fit(X, Y)
        assert loaded.n_iter_ == 3
        loaded.set_params(warm_start=True).fit(X, Y)
        assert len(loaded.loss_curve_) == 5

    @pytest.mark.parametrize("given", [None, LAYERS, (*LAYERS, Dense(10))])
    def test_it_can_be_trained_on_what_the_original_could(self, given, path):
        classifier = small(network=given).fit(X, Y)
        loaded = through(classifier, path)
        if given is not None and len(given) == 4:
            with pytest.raises(NetworkError, match="10 outputs, but y has 3 classes"):
                loaded.fit(X, Y % 3)
        else:
            scores = cross_val_score(classifier, X, Y % 3, cv=2)
            assert (cross_val_score(loaded, X, Y % 3, cv=2) == scores).all()
        assert (loaded.fit(X[:, :36], Y).parameters_ == classifier.fit(X[:, :36], Y).parameters_)\
            .all()  # fmt: skip

    def test_a_network_comes_back_as_one(self, path):
        network = Network([*LAYERS, Dense(10)], (8, 8))
        assert through(small(network=network).fit(X, Y), path).network == network

    def test_passes_without_a_score_come_back(self, path):
        classifier = small(warm_start=True).fit(X, Y).set_params(early_stopping=True).fit(X, Y)
        loaded = through(classifier, path)
        np.testing.assert_equal(loaded.validation_scores_, classifier.validation_scores_)
        assert np.isnan(loaded.validation_scores_).tolist() == [True, True, False, False]

    @pytest.mark.parametrize(
        ("changes", "error", "message"),
        [
            ({"max_iter": 0}, ConfigurationError, "max_iter is 0; it must be a whole number"),
            ({"n_jobs": 0}, ConfigurationError, "n_jobs is 0"),
            ({"network": 5}, NetworkError, "network is 5; it must be a list of layers"),
            ({"pixel_range": pd.Series([0.0, 16.0])}, ModelFileError,
             "its parameter pixel_range is 0     0.0\n1    16.0"),
            ({"class_weight": {(1, 2): np.float32(3), 1: pd.Timedelta(3)}}, ConfigurationError,
             "class_weight[1] is Timedelta"),
            ({"class_weight": {pd.Timedelta(3): 2.0}}, ModelFileError,
             "its parameter class_weight is {Timedelta"),
        ],
    )  # fmt: skip
    def test_what_could_not_be_loaded_is_not_written(self, changes, error, message, path):
        classifier = small().fit(X, Y).set_params(**changes)
        with pytest.raises(error, match=re.escape(message)):
            classifier.save(path)
        assert not path.exists()

    def test_a_random_state_that_is_no_number_is_forgotten(self, path):
        assert through(small(random_state=np.random.RandomState(1)).fit(X, Y), path)\
            .random_state is None  # fmt: skip

    def test_saving_needs_a_fit_and_a_name_for_each_class(self, path):
        with pytest.raises(ValueError, match="not fitted yet"):
            small().save(path)
        classifier = small().fit(X, Y % 2)
        classifier.classes_ = np.array(["2024-01-01", "2025-01-01"], "datetime64[D]")
        with pytest.raises(ModelFileError, match=re.escape("its classes have dtype datetime64[D]")):
            classifier.save(path)
        assert not path.exists()

    def test_a_folder_that_is_not_there_is_named(self, tmp_path):
        with pytest.raises(ModelFileError, match="missing"):
            small().fit(X, Y).save(tmp_path / "missing" / "model.safetensors")
        with pytest.raises(ModelFileError, match="there is no such file"):
            CNNClassifier.load(tmp_path / "missing.safetensors")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return the model file of a run of the command line, and its accuracy."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FinishedRun, "draw", lambda *args: None)
        settings = run.RunSettings(data="digits", images=20_000, batch_size=256, seed=5)
        metrics = run.reference_run(settings, folder, lambda line: None)
    return folder / "model.safetensors", metrics.accuracy


class TestCommandLine:
    def test_its_model_loads_and_scores_the_same(self, model, path):
        digits = data.load("digits")
        classifier = CNNClassifier.load(model[0])
        assert classifier.score(digits.test_images, digits.test_labels) == model[1]
        assert classifier.classes_.tolist() == list(range(10))
        assert classifier.get_params()["batch_size"] == 256
        assert classifier.get_params()["learning_rate"] == 0.05
        assert classifier.get_params()["random_state"] == 5
        assert classifier.get_params()["augmentation"] == Augmentation()
        again = through(classifier, path)
        assert again.score(digits.test_images, digits.test_labels) == model[1]
        assert load_model(path).preprocessing == load_model(model[0]).preprocessing
        classifier.partial_fit(digits.train_images, digits.train_labels)

    def test_its_history_is_there(self, model):
        classifier = CNNClassifier.load(model[0])
        assert classifier.n_iter_ == len(classifier.loss_curve_) == 14  # 20,000 of 1,437 images
        assert classifier.loss_curve_[-1] < classifier.loss_curve_[0] / 2
        HistoryDisplay.from_estimator(classifier, ax=Figure().subplots())

    @pytest.mark.parametrize(
        ("dim", "pixel_range"),
        [
            (lambda images: images // 4, "auto"),
            (lambda images: images // 4, (0, 80)),
            (lambda images: images, (-255, 255)),
            (lambda images: images / 1000, "auto"),
        ],
        ids=["0 to 63", "0 to 80", "-255 to 255", "floats"],
    )
    @pytest.mark.parametrize("way", ["as it is", "loaded", "own preprocessing"])
    def test_pixels_mean_what_they_mean_to_the_classifier(
        self, dim, pixel_range, way, path, tmp_path
    ):
        images, labels = dim(DIGITS.images.astype(np.uint8) * 15), DIGITS.target
        classifier = small(pixel_range=pixel_range, max_iter=6).fit(images[:900], labels[:900])
        if way == "own preprocessing":
            classifier.preprocessing_ = Preprocessing((8, 8), "light-on-dark")
        classifier.save(path)
        if way == "loaded":
            CNNClassifier.load(path).save(path)
        np.savez(
            tmp_path / "data.npz", x_train=images[:900], y_train=labels[:900],
            x_test=images[900:], y_test=labels[900:],
        )  # fmt: skip
        score = classifier.score(images[900:], labels[900:])
        code, out, err = invoke("evaluate", path, "--data", tmp_path / "data.npz")
        assert code == 0, err
        assert f"Accuracy {score:.3%}" in out

        if images.dtype == np.uint8:
            Image.fromarray(images[903]).save(tmp_path / "digit.png")
            code, out, err = invoke("predict", path, tmp_path / "digit.png", "--json")
            assert code == 0, err
            np.testing.assert_allclose(
                list(json.loads(out)["probabilities"].values()),
                classifier.predict_proba(images[903:904])[0], rtol=1e-5,
            )  # fmt: skip

    def test_a_model_of_0_to_16_takes_pictures_of_0_to_255(self, path):
        small().fit(DIGITS.images[:100], Y).save(path)
        expected = Preprocessing((8, 8), fit="resize")  # ink that reaches the border is not MNIST's
        assert load_model(path).preprocessing == expected

    def test_it_takes_our_models(self, path, tmp_path):
        digits = data.load("digits")
        classifier = CNNClassifier(random_state=0, max_iter=2, augmentation=None)
        classifier.fit(digits.train_images, digits.train_labels).save(path)
        score = classifier.score(digits.test_images, digits.test_labels)

        code, out, err = invoke("evaluate", path, "--data", "digits")
        assert code == 0, err
        assert f"Accuracy {score:.3%}" in out

        code, out, err = invoke("summary", path)
        assert code == 0, err
        assert out.strip() == classifier.network_.summary()

        Image.fromarray(digits.test_images[3]).save(tmp_path / "digit.png")
        code, out, err = invoke("predict", path, tmp_path / "digit.png", "--json")
        assert code == 0, err
        assert json.loads(out)["label"] == str(classifier.predict(digits.test_images[3:4])[0])

    def test_gray_photographs_are_read_as_they_were(self, path, tmp_path):
        random = np.random.default_rng(0)
        y = np.arange(100) % 2
        photos = (
            random.integers(60, 150, (100, 12, 12)) + 100 * (np.arange(12) > 5) * y[:, None, None]
        )
        photos = photos.astype(np.uint8)
        classifier = CNNClassifier(random_state=0, max_iter=10).fit(photos, y)
        classifier.save(path)
        names = [tmp_path / f"{n}.png" for n in range(20)]
        for name, photo in zip(names, photos, strict=False):
            Image.fromarray(photo).resize((36, 36), Image.Resampling.NEAREST).save(name)
        code, out, err = invoke("predict", path, *names, "--json")
        assert code == 0, err
        assert "is not stored in the model" in err
        assert "pictures are resized to 12 x 12 as they are" in err
        assert [json.loads(line)["label"] for line in out.splitlines()] == list(map(str, y[:20]))
        classifier.preprocessing_ = classifier.preprocessing_
        classifier.save(path)
        assert "not stored" not in invoke("predict", path, *names)[2]

    def test_pictures_are_predicted_in_python_as_by_the_command(self, path, tmp_path):
        images = (DIGITS.images * 15).astype(np.uint8)
        classifier = small(max_iter=6).fit(images[:900], DIGITS.target[:900])
        names = [tmp_path / f"{n}.png" for n in range(12)]
        for name, image in zip(names, images, strict=False):
            Image.fromarray(image).save(name)
        with pytest.warns(UserWarning, match="is not stored in the model. By what they look"):
            found = classifier.predict(names)
        assert (found == classifier.predict(images[:12])).all()
        classifier.preprocessing_ = classifier.preprocessing_  # so it is no guess any more
        assert (classifier.predict(names) == found).all()
        assert classifier.predict([str(names[3])])[0] == found[3]
        read = data.read_images(names, classifier.preprocessing_)
        assert (classifier.predict(read) == classifier.predict(images[:12])).all()
        Image.fromarray(255 - images[0]).save(names[0])
        classifier.preprocessing_ = Preprocessing((8, 8), "light-on-dark", "resize")
        with pytest.warns(UserWarning, match="The set of pictures looks inverted"):
            classifier.predict(names[:1])

    def test_pictures_that_look_otherwise_are_told(self, path, tmp_path):
        images = (DIGITS.images * 15).astype(np.uint8)
        classifier = small().fit(images[:100], Y)
        classifier.preprocessing_ = Preprocessing((8, 8), "light-on-dark", "resize")
        classifier.save(path)
        Image.fromarray(255 - images[0]).save(tmp_path / "digit.png")
        code, _, err = invoke("predict", path, tmp_path / "digit.png")
        assert code == 0, err
        assert "The data looks inverted" in err

    def test_pictures_in_color_are_only_resized(self, path):
        images = np.random.default_rng(0).integers(0, 256, (20, 6, 6, 3)).astype(np.uint8)
        small().fit(images, Y[:20]).save(path)
        expected = Preprocessing((3, 6, 6), polarity="light-on-dark", fit="resize")
        assert load_model(path).preprocessing == expected

    def test_names_of_a_run_that_are_no_numbers_are_strings(self, path):
        network = small().fit(X, Y % 2).network_
        model = Model(network, network.initial_parameters(), Preprocessing((8, 8)), ("cat", "dog"))
        save_model(path, model)
        assert CNNClassifier.load(path).classes_.tolist() == ["cat", "dog"]
