import os
import re
import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from pellucid import Augmentation, CNNClassifier, Conv2D, Dense, Flatten, Network, ReLU, data
from pellucid.data.sets.mnist import cached_mnist
from pellucid.errors import ConfigurationError, DataError, NetworkError
from pellucid.execution.sections import section_step
from pellucid.network import presets

DIGITS = load_digits()
X, Y = DIGITS.data[:200], DIGITS.target[:200]
SOME, THEIRS = DIGITS.data[:60], DIGITS.target[:60]


def small(**settings):
    """A classifier that trains in milliseconds, for where it does not matter what it learns."""
    defaults = {"network": [Flatten(), Dense(8), ReLU()], "max_iter": 3, "random_state": 0}
    return CNNClassifier(**(defaults | settings))


def bits(classifier):
    return classifier.parameters_.tobytes()


@parametrize_with_checks(
    [
        CNNClassifier(),
        CNNClassifier(
            network=[Flatten(), Dense(32), ReLU()], early_stopping=True, class_weight="balanced"
        ),
        CNNClassifier(batch_size=5, augmentation=None, n_jobs=1),
    ]
)
def test_scikit_learn_finds_nothing_to_object_to(estimator, check):
    check(estimator)


def test_no_check_is_passed_by_a_tag():
    tags = CNNClassifier().__sklearn_tags__()
    assert not tags.no_validation
    assert not tags._skip_test
    assert not tags.classifier_tags.poor_score
    assert not tags.non_deterministic
    assert tags.classifier_tags.multi_class
    assert tags.input_tags.two_d_array
    assert tags.input_tags.three_d_array
    assert not tags.input_tags.sparse
    assert not tags.input_tags.allow_nan
    assert tags.target_tags.required


class TestInputs:
    def test_all_ways_to_give_the_same_images_learn_the_same(self):
        images = DIGITS.images[:60]
        rows = small().fit(SOME, THEIRS)
        for way in (
            images,
            images[..., None],
            images.tolist(),
            images.astype(int),
            images.astype(np.float32),
            images.astype(np.uint8),  # no value above 127: the range is taken from the data
            np.asfortranarray(images),
            pd.DataFrame(SOME),
        ):
            assert bits(small().fit(way, THEIRS)) == bits(rows)
        assert rows.n_features_in_ == 64
        assert rows.network_.input_shape == (1, 8, 8)
        assert rows.pixel_range_ == (0, 16)

    def test_booleans(self):
        on = DIGITS.images[:60] > 8
        assert bits(small().fit(on, THEIRS)) == bits(small().fit(on.astype(float), THEIRS))

    def test_bytes_are_left_as_they_are(self):
        images = (DIGITS.images[:60] * 15).astype(np.uint8)
        classifier = small().fit(images, THEIRS)
        assert classifier.pixel_range_ == (0, 255)
        scaled = small(pixel_range=(0, 1)).fit(images / np.float32(255), THEIRS)
        np.testing.assert_allclose(
            classifier.predict_proba(images), scaled.predict_proba(images / 255), atol=0.2
        )

    def test_color(self):
        random = np.random.default_rng(0)
        y = np.arange(60) % 3
        images = random.integers(0, 60, (60, 6, 5, 3)).astype(np.uint8)
        images[np.arange(60), :, :, y] += 180  # the class is the color
        classifier = CNNClassifier(random_state=0, max_iter=8).fit(images, y)
        assert classifier.network_.input_shape == (3, 6, 5)
        assert classifier.score(images, y) == 1
        rows = images.reshape(60, -1)
        assert (classifier.predict(rows) == classifier.predict(images)).all()
        again = CNNClassifier(random_state=0, max_iter=8, image_shape=(6, 5, 3)).fit(rows, y)
        assert bits(again) == bits(classifier)

    @pytest.mark.parametrize(
        ("y", "classes"),
        [
            (np.array(["no", "yes"])[THEIRS % 2], ["no", "yes"]),
            (np.array(["no", "yes"], object)[THEIRS % 2], ["no", "yes"]),
            (["b" if t % 2 else "a" for t in THEIRS], ["a", "b"]),
            (THEIRS % 2 == 1, [False, True]),
            (THEIRS % 3 - 1.0, [-1.0, 0.0, 1.0]),
            ((THEIRS % 2).astype(np.uint64) + 2**63, [2**63, 2**63 + 1]),
            (pd.Series(THEIRS % 2, dtype="category"), [0, 1]),
            (pd.Categorical(np.array(["x", "y"])[THEIRS % 2]), ["x", "y"]),
            (pd.Series(np.array(["x", "y"])[THEIRS % 2]), ["x", "y"]),
        ],
    )
    def test_classes_of_any_type(self, y, classes):
        classifier = small(max_iter=20, learning_rate=0.02).fit(SOME, y)
        assert classifier.classes_.tolist() == classes
        assert classifier.predict(SOME[:7]).dtype == classifier.classes_.dtype
        assert set(classifier.predict(SOME).tolist()) <= set(classes)
        assert classifier.score(SOME, y) > 0.8

    def test_memory_maps_are_neither_changed_nor_copied_for_prediction(self, tmp_path):
        path = tmp_path / "images.npy"
        np.save(path, (DIGITS.images[:60] * 15).astype(np.uint8))
        images = np.load(path, mmap_mode="r")
        classifier = small().fit(images, THEIRS)
        before = classifier.predict_proba(images)
        assert (before == classifier.predict_proba(np.array(images))).all()
        assert bits(classifier) == bits(small().fit(np.array(images), THEIRS))


class TestSettings:
    @pytest.mark.parametrize(
        ("changes", "error", "message"),
        [
            ({"max_iter": 0}, ConfigurationError, "1, or 'auto'"),
            ({"max_iter": 2.5}, ConfigurationError, "max_iter is 2.5"),
            ({"max_iter": True}, ConfigurationError, "max_iter is True"),
            ({"batch_size": 0}, ConfigurationError, "batch_size is 0; it must be a whole"),
            ({"batch_size": "big"}, ConfigurationError, "batch_size is 'big'"),
            ({"n_iter_no_change": -1}, ConfigurationError, "n_iter_no_change is -1"),
            ({"learning_rate": 0}, ConfigurationError, "learning_rate is 0"),
            ({"learning_rate": "fast"}, ConfigurationError, "learning_rate is 'fast'"),
            ({"beta2": 1.0}, ConfigurationError, "beta2 is 1.0"),
            ({"epsilon": 0.0}, ConfigurationError, "epsilon is 0.0"),
            ({"validation_fraction": 1.5}, ConfigurationError, "validation_fraction is 1.5"),
            ({"augmentation": "strong"}, ConfigurationError, "augmentation is 'strong'"),
            ({"class_weight": "even"}, ConfigurationError, "class_weight is 'even'"),
            ({"class_weight": {1: -2}}, ConfigurationError, "class_weight[1] is -2"),
            ({"class_weight": {11: 2}}, ConfigurationError, "class_weight names the class 11"),
            ({"class_weight": dict.fromkeys(range(10), 0)}, DataError, "leaves no image"),
            ({"callbacks": print}, ConfigurationError, "it must be a list of functions"),
            ({"callbacks": [3]}, ConfigurationError, "callbacks is [3]"),
            ({"n_jobs": 0}, ConfigurationError, "n_jobs is 0; it must be a whole number but 0"),
            ({"n_jobs": "all"}, ConfigurationError, "n_jobs is 'all'"),
            ({"network": "reference"}, NetworkError, "network is 'reference'; it must be a list"),
            ({"network": 5}, NetworkError, "network is 5; it must be a list of layers, a Network"),
            ({"early_stopping": 1}, ConfigurationError,
             "early_stopping is 1; it must be True or False."),
            ({"warm_start": "no"}, ConfigurationError, "warm_start is 'no'; it must be True or Fa"),
            ({"verbose": "yes"}, ConfigurationError,
             "verbose is 'yes'; it must be True or False, or a whole number."),
            ({"class_weight": {0: 1e308}}, ConfigurationError,
             "sample_weight and class_weight {0: 1e+308} make weights of up to 1e+308; use small"),
            ({"network": []}, NetworkError, "A network needs at least one layer"),
            ({"network": [Flatten(), Dense(7)]}, NetworkError,
             "The network ends in 7 outputs, but y has 10 classes; end it with Dense(10)."),
            ({"network": presets.reference()}, NetworkError, "takes images of shape (1, 28, 28)"),
            ({"network": [Conv2D(2, 9), Flatten()]}, NetworkError, "larger than its input"),
            ({"image_shape": (7, 9)}, ConfigurationError,
             "image_shape (7, 9) has 63 values, but X has 64 a sample"),
            ({"image_shape": 8}, ConfigurationError, "image_shape is 8; it must be (height,"),
            ({"image_shape": (8, 8.0)}, ConfigurationError, "whole numbers of at least 1"),
            ({"pixel_range": "bytes"}, ConfigurationError, "pixel_range is 'bytes'"),
            ({"pixel_range": (1, 0)}, ConfigurationError, "pixel_range is (1, 0)"),
            ({"pixel_range": (0, 1)}, ConfigurationError,
             "pixel_range is (0, 1), but X goes from 0 to 16"),
            ({"random_state": "x"}, ValueError, "cannot be used to seed"),
        ],
    )  # fmt: skip
    def test_a_bad_one_is_named(self, changes, error, message):
        with pytest.raises(error, match=re.escape(message)):
            small(**changes).fit(SOME, THEIRS)

    @pytest.mark.parametrize(
        ("images", "y", "message"),
        [
            (SOME, np.ones(60), "There is only one class, 1.0; a classifier needs at least two"),
            (np.where(SOME == 16, np.nan, SOME), THEIRS, "NaN"),
            (np.where(SOME == 16, np.inf, SOME), THEIRS, "infinity"),
            (SOME, THEIRS[:50], "inconsistent numbers of samples"),
            (SOME, None, "requires y to be passed"),
            (SOME, np.linspace(0, 1, 60), "Unknown label type: continuous"),
            (SOME[:0], THEIRS[:0], "0 sample"),
            (SOME[:0].reshape(0, 8, 8), THEIRS[:0], "0 sample"),
            ([np.ones((2, 2)), np.ones((3, 2))], [0, 1], "images must have the same shape"),
            (SOME.reshape(60, 2, 2, 4, 4), THEIRS, "X has shape (60, 2, 2, 4, 4); it must be (n,"),
            (np.ones((60, 3, 8, 8)), THEIRS, "looks as if the channels came first"),
            (pd.Series(np.ones(60)), THEIRS, "Expected a 2-dimensional container"),
        ],
    )
    def test_bad_data_are_named(self, images, y, message):
        with pytest.raises(ValueError, match=re.escape(message)):
            small().fit(images, y)

    def test_numbers_near_the_end_of_float64_are_refused_without_a_warning(self):
        far = np.where(np.arange(64) % 2, 1.7e308, -1.7e308) * np.ones((60, 1))
        with np.errstate(all="warn"), pytest.raises(DataError, match=re.escape("X goes from -1.7")):
            small().fit(far, THEIRS)
        heavy = small(class_weight={0: 1e308})
        with np.errstate(all="warn"), pytest.raises(ConfigurationError, match="up to inf; use"):
            heavy.fit(SOME, THEIRS, np.full(60, 1e10))

    def test_numpy_s_booleans_and_numbers_will_do(self):
        yes = small(early_stopping=np.True_, warm_start=np.False_, verbose=0)
        assert bits(yes.fit(SOME, THEIRS)) == bits(small(early_stopping=True).fit(SOME, THEIRS))

    def test_n_jobs_is_looked_at_in_prediction_too(self):
        with pytest.raises(ConfigurationError, match="n_jobs is 0; it must be a whole number but"):
            small().fit(SOME, THEIRS).set_params(n_jobs=0).predict(SOME)

    def test_images_of_another_shape_are_refused(self):
        classifier = small().fit(DIGITS.images[:60], THEIRS)
        wide = DIGITS.images[:60].reshape(60, 4, 16)
        message = re.escape("X holds images of shape (4, 16), but training had (8, 8)")
        with pytest.raises(DataError, match=message):
            classifier.predict(wide)
        with pytest.raises(DataError, match=message):
            classifier.partial_fit(wide, THEIRS)
        with pytest.raises(ConfigurationError, match="image_shape is"):
            small(image_shape=(8, 8)).fit(wide, THEIRS)

    def test_a_network_is_used_as_given(self):
        network = Network([Flatten(), Dense(10)], (8, 8))
        assert small(network=network).fit(SOME, THEIRS).network_ is network
        layers = [Conv2D(2, 3), ReLU(), Flatten(), Dense(10)]
        assert small(network=layers).fit(SOME, THEIRS).network_ == Network(layers, (8, 8))
        once = small(network=iter(layers))
        with pytest.raises(DataError, match="one class"):
            once.fit(SOME, THEIRS * 0)
        assert once.fit(SOME, THEIRS).network_ == Network(layers, (8, 8))
        for way in (iter, tuple, lambda layers: np.array(layers, object)):
            classifier = small(network=way(layers)).fit(SOME, THEIRS).partial_fit(SOME, THEIRS)
            assert classifier.fit(SOME, THEIRS).network_ == Network(layers, (8, 8))
        open_ended = small(network=layers[:-1]).fit(SOME, THEIRS % 3).network_
        assert open_ended.layers[-1] == Dense(3)

    def test_the_default_network_fits_rows_and_images(self):
        for count, shape in ((64, (1, 8, 8)), (30, (1, 1, 30)), (9, (1, 1, 9)), (16, (1, 4, 4))):
            classifier = CNNClassifier(max_iter=1).fit(np.eye(20, count), np.arange(20) % 2)
            assert classifier.network_ == presets.default(shape, 2)


class TestPixels:
    def test_another_scale_is_told_once_a_call(self):
        classifier = small().fit(SOME, THEIRS)
        for call in (classifier.predict, classifier.predict_proba, classifier.transform):
            with pytest.warns(UserWarning, match="looks like another scale") as caught:
                call(SOME * 15)
            assert len(caught) == 1
            if call != classifier.transform:  # which scikit-learn wraps
                assert caught[0].filename == __file__
        with pytest.warns(UserWarning, match="looks like another scale"):
            classifier.partial_fit(SOME * 15, THEIRS)

    def test_a_single_pixel_gone_wrong_does_no_harm(self):
        wrong = X.copy()
        wrong[5, 20] = 1e5
        score = CNNClassifier(random_state=0, max_iter=10).fit(wrong, Y).score(X[6:], Y[6:])
        assert score > 0.9

    def test_rows_that_may_be_color_images_are_told(self):
        rows = np.random.default_rng(0).uniform(0, 1, (20, 192))
        y = np.arange(20) % 2
        with pytest.warns(UserWarning, match=re.escape("set image_shape=(8, 8, 3)")):
            small().fit(rows, y)
        assert small(image_shape=(8, 8, 3)).fit(rows, y).network_.input_shape == (3, 8, 8)
        assert small(image_shape=(1, 192)).fit(rows, y).network_.input_shape == (1, 1, 192)


class TestReproducible:
    def test_the_same_on_any_number_of_threads(self):
        found = [CNNClassifier(max_iter=2, random_state=3, n_jobs=n).fit(X, Y) for n in (1, 2, 3)]
        assert bits(found[0]) == bits(found[1]) == bits(found[2])
        first = found[0].predict_proba(X)
        assert (first == found[1].predict_proba(X)).all()
        assert (first == found[2].predict_proba(X)).all()

    def test_the_seed_decides(self):
        assert bits(small().fit(SOME, THEIRS)) == bits(small().fit(SOME, THEIRS))
        assert bits(small().fit(SOME, THEIRS)) != bits(small(random_state=1).fit(SOME, THEIRS))
        state = np.random.RandomState(0)
        first, second = (small(random_state=state).fit(SOME, THEIRS) for _ in range(2))
        assert bits(first) != bits(second)

    @given(st.permutations(range(60)))
    @settings(max_examples=5)
    def test_the_order_of_rows_does_not_matter(self, order):
        weights = 0.1 + np.arange(60) / 7
        fitted = small(class_weight="balanced").fit(SOME, THEIRS, weights)
        again = small(class_weight="balanced").fit(SOME[order], THEIRS[order], weights[order])
        assert bits(fitted) == bits(again)


WAYS = [
    {},
    {"early_stopping": True, "validation_fraction": 0.3},
    {"class_weight": "balanced"},
    {"class_weight": {0: 3.0, 1: 0.5}, "augmentation": Augmentation()},
]


@pytest.mark.parametrize("way", WAYS)
class TestWeights:
    def test_are_repetitions(self, way):
        counts = np.random.default_rng(0).integers(0, 4, 60)
        weighted = small(**way).fit(SOME, THEIRS, counts)
        repeated = small(**way).fit(SOME.repeat(counts, axis=0), THEIRS.repeat(counts))
        assert bits(weighted) == bits(repeated)
        assert weighted.loss_curve_ == repeated.loss_curve_
        assert weighted.validation_scores_ == repeated.validation_scores_

    def test_fractions_are_too(self, way):
        weights = 0.1 + np.arange(60) / 7
        weighted = small(**way).fit(SOME, THEIRS, 3 * weights)
        again = small(**way).fit(SOME.repeat(3, axis=0), THEIRS.repeat(3), weights.repeat(3))
        assert bits(weighted) == bits(again)

    def test_zero_leaves_out(self, way):
        weights = np.ones(60)
        weights[40:] = 0
        changed = np.where(weights[:, None] > 0, SOME, 99)  # nor are these looked at
        weighted = small(**way).fit(changed, THEIRS, weights)
        assert bits(weighted) == bits(small(**way).fit(SOME[:40], THEIRS[:40]))

    def test_matter(self, way):
        counts = np.arange(60) % 5 + 1
        assert bits(small(**way).fit(SOME, THEIRS, counts)) != bits(small(**way).fit(SOME, THEIRS))


class TestMoreWeights:
    def test_class_weight_is_sample_weight(self):
        y = np.array(["even", "odd"])[THEIRS % 2]
        by_class = small(class_weight={"odd": 4}).fit(SOME, y)
        by_image = small().fit(SOME, y, np.where(y == "odd", 4, 1))
        assert bits(by_class) == bits(by_image)

    def test_balanced_is_what_scikit_learn_says(self):
        from sklearn.utils.class_weight import compute_sample_weight

        y = (THEIRS > 7).astype(int)
        balanced = small(class_weight="balanced").fit(SOME, y)
        explicit = small().fit(SOME, y, compute_sample_weight("balanced", y))
        np.testing.assert_allclose(balanced.parameters_, explicit.parameters_, rtol=1e-4, atol=1e-6)

    def test_a_class_without_weight_stays_a_class(self):
        weights = (THEIRS != 3).astype(float)
        for way in WAYS:
            classifier = small(**way).fit(SOME, THEIRS, weights)
            assert classifier.classes_.tolist() == list(range(10))
            assert 3 not in classifier.predict(SOME)

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            (np.zeros(60), "zero"),  # scikit-learn's newer versions say so before we do
            (-np.ones(60), "Negative values in data passed to `sample_weight`"),
            (np.full(60, np.nan), "contains NaN"),
            (np.full(60, 1e307), "sample_weight goes up to 1e+307; use smaller numbers"),
            (np.ones(59), "sample_weight.shape"),
        ],
    )
    def test_bad_ones_are_named(self, weights, message):
        with pytest.raises(ValueError, match=re.escape(message)):
            small().fit(SOME, THEIRS, weights)


class TestWhatIsTold:
    def test_callbacks_and_verbose(self, capsys):
        told = []
        classifier = small(verbose=True, callbacks=(told.append,), early_stopping=True)
        classifier.fit(SOME, THEIRS)
        assert [epoch.epoch for epoch in told] == [1, 2, 3]
        assert [epoch.loss for epoch in told] == classifier.loss_curve_
        assert [epoch.validation_score for epoch in told] == classifier.validation_scores_
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 3
        loss, score = told[2].loss, told[2].validation_score
        assert lines[2] == f"epoch 3  loss {loss:.4f}  validation accuracy {score:.4f}"

    def test_partial_fit_tells_too(self, capsys):
        told = []
        classifier = small(verbose=True, callbacks=[told.append])
        classifier.partial_fit(SOME, THEIRS, range(10)).partial_fit(SOME, THEIRS)
        assert [epoch.epoch for epoch in told] == [1, 2]
        assert capsys.readouterr().out.splitlines()[1] == f"epoch 2  loss {told[1].loss:.4f}"

    def test_nothing_is_printed_by_default(self, capsys):
        small().fit(SOME, THEIRS)
        assert capsys.readouterr().out == ""


@pytest.mark.parametrize("jobs", [1, 2])
def test_n_jobs_is_the_number_of_threads_and_none_is_left(jobs, monkeypatch):
    threads = set()

    def noted(*arguments, **options):
        threads.add(threading.get_ident())
        return section_step(*arguments, **options)

    monkeypatch.setattr("pellucid.execution.runner.section_step", noted)
    monkeypatch.setattr("pellucid.execution.runner.threads_for", lambda *a, **k: 8)
    classifier = small(n_jobs=jobs, batch_size=200)
    counts = []
    for method in (classifier.fit, classifier.partial_fit):
        threads.clear()  # each call has its own
        method(X, Y)
        counts.append(len(threads))
    assert max(counts) <= jobs
    assert (max(counts) > 1) == (jobs > 1)
    assert not [t for t in threading.enumerate() if t.name.startswith("pellucid")]


@pytest.mark.parametrize("batch_size", [1, 3, 7, 8, 17, 39, 60, 10_000, np.int64(20), "auto"])
def test_any_batch_size(batch_size):
    ways = [small(batch_size=batch_size, n_jobs=n).fit(SOME, THEIRS) for n in (1, 2)]
    assert bits(ways[0]) == bits(ways[1])
    assert ways[0].n_iter_ == len(ways[0].loss_curve_) == 3
    ways[0].partial_fit(SOME, THEIRS)


def test_the_digits_are_learned():
    train, test = slice(0, 1200), slice(1200, None)
    classifier = CNNClassifier(random_state=0).fit(DIGITS.data[train], DIGITS.target[train])
    assert classifier.score(DIGITS.data[test], DIGITS.target[test]) > 0.95
    classifier = CNNClassifier(random_state=0, early_stopping=True, max_iter=60)
    classifier.fit(DIGITS.data[train], DIGITS.target[train])
    assert classifier.score(DIGITS.data[test], DIGITS.target[test]) > 0.95
    assert classifier.n_iter_ < 60


def test_the_promised_accuracy_on_the_digits():
    scores = cross_val_score(CNNClassifier(random_state=0), DIGITS.data, DIGITS.target, cv=5)
    assert scores.mean() >= 0.98


@pytest.mark.skipif(
    not os.environ.get("PELLUCID_LONG_TESTS"), reason="half a minute: set PELLUCID_LONG_TESTS=1"
)
@pytest.mark.skipif(
    not cached_mnist().is_file(), reason="MNIST is not in the cache: run pellucid data fetch mnist"
)
def test_the_promised_accuracy_on_mnist():
    mnist = data.load("mnist")
    classifier = CNNClassifier(random_state=0).fit(mnist.train_images, mnist.train_labels)
    assert classifier.score(mnist.test_images, mnist.test_labels) >= 0.985
