"""Training that goes on or ends early, what is told of it, and what images weigh in it."""

import re

import numpy as np
import pytest

from pellucid import Augmentation, CNNClassifier, CNNRegressor, Dense, Flatten, Network, ReLU
from pellucid.errors import ConfigurationError, DataError, NetworkError
from pellucid.estimators.telling import line_of
from tests.estimators.small import DIGITS, SOME, THEIRS, X, Y, bits, small


class TestPartialFit:
    def test_learns_from_a_stream(self):
        classifier = CNNClassifier(random_state=0, learning_rate=0.01)
        for start in range(0, 1000, 100):
            part = slice(start, start + 100)
            classifier.partial_fit(DIGITS.data[part], DIGITS.target[part], classes=range(10))
        assert classifier.n_iter_ == len(classifier.loss_curve_) == 10
        assert classifier.loss_curve_[-1] < classifier.loss_curve_[0] / 2
        assert classifier.score(DIGITS.data[1000:], DIGITS.target[1000:]) > 0.8

    def test_needs_the_classes_on_the_first_call_only(self):
        classifier = small()
        with pytest.raises(DataError, match="classes must be given on the first call"):
            classifier.partial_fit(SOME, THEIRS)
        classifier.partial_fit(SOME, THEIRS, classes=np.arange(10)).partial_fit(SOME, THEIRS)
        classifier.partial_fit(SOME, THEIRS, classes=np.arange(10)[::-1])
        with pytest.raises(DataError, match=re.escape("but the first call had [0, 1, 2,")):
            classifier.partial_fit(SOME, THEIRS, classes=range(11))

    @pytest.mark.parametrize(
        ("classes", "message"),
        [
            (10, "classes is 10; it must be a list of all classes that will come, for example [0,"),
            ({1, 2}, "classes is {1, 2}; it must be a list of all classes"),
            ([[0, 1]], "classes is [[0, 1]]; it must be a list"),
            ([0.0, np.nan], "classes is [0.0, nan]; NaN is no class, leave it out."),
            ([0, "1"], "classes is [0, '1']; it must be all text, or all numbers."),
            ([0, None], "classes is [0, None]; it must be all text, or all numbers."),
        ],
    )
    def test_classes_that_are_none_are_named(self, classes, message):
        with pytest.raises(DataError, match=re.escape(message)):
            small().partial_fit(SOME, THEIRS, classes)

    @pytest.mark.parametrize(
        ("y", "name"),
        [(THEIRS + 1, "10"), (THEIRS.astype(str), "'0'"), (THEIRS + 0.5 - 0.5 + 7, "10.0")],
    )
    def test_unknown_classes_are_named(self, y, name):
        message = re.escape(f"y holds the class {name}, but the classes are [0, 1,")
        with pytest.raises(DataError, match=message):
            small().partial_fit(SOME, y, classes=range(10))
        classifier = small().partial_fit(SOME, THEIRS, classes=range(10))
        with pytest.raises(DataError, match=message):
            classifier.partial_fit(SOME, y)

    def test_one_class_is_too_few(self):
        with pytest.raises(DataError, match="There is only one class, 3"):
            small().partial_fit(SOME, THEIRS * 0 + 3, classes=[3])

    def test_the_number_of_features_is_kept(self):
        classifier = small().partial_fit(SOME, THEIRS, classes=range(10))
        with pytest.raises(
            ValueError, match="X has 63 features, but CNNClassifier is expecting 64"
        ):
            classifier.partial_fit(SOME[:, :63], THEIRS)

    def test_later_values_outside_the_range_are_cut_off(self):
        classifier = small().partial_fit(SOME, THEIRS, classes=range(10))
        beyond = np.where(SOME == 16, 1e9, np.where(SOME == 0, -5.0, SOME))
        again = small().partial_fit(SOME, THEIRS, classes=range(10))
        assert bits(classifier.partial_fit(beyond, THEIRS)) == bits(again.partial_fit(SOME, THEIRS))
        assert (classifier.predict_proba(beyond) == classifier.predict_proba(SOME)).all()

    def test_a_weight_of_zero_leaves_out(self):
        weights = (np.arange(60) < 40).astype(float)
        weighted = small().partial_fit(SOME, THEIRS, range(10), weights)
        assert bits(weighted) == bits(small().partial_fit(SOME[:40], THEIRS[:40], range(10)))

    @pytest.mark.parametrize("weighted", ["classes", "images"])
    def test_weights_mean_the_same_in_every_call(self, weighted):
        """Else a call in which all count alike would be one without weights."""
        zeros, others = SOME[THEIRS == 0], SOME[THEIRS != 0]
        found = []
        for factor in (1, 1000):
            by_class = {0: factor} if weighted == "classes" else None
            classifier = small(class_weight=by_class, learning_rate=0.01)
            weight = np.full(len(zeros), factor if weighted == "images" else 1)
            for _ in range(20):
                classifier.partial_fit(zeros, [0] * len(zeros), range(10), sample_weight=weight)
                classifier.partial_fit(others, THEIRS[THEIRS != 0])
            found.append(classifier)
        plain, heavy = (classifier.predict_proba(SOME)[:, 0].mean() for classifier in found)
        assert heavy > plain + 0.5
        # The loss stays that of an image.
        assert found[1].loss_curve_[0] == pytest.approx(found[0].loss_curve_[0], rel=1e-5)

    def test_weights_that_float32_can_t_square_are_refused(self):
        with pytest.raises(ConfigurationError, match=re.escape("of up to 1e+20; use smaller")):
            small().partial_fit(SOME, THEIRS, range(10), np.full(60, 1e20))

    def test_bytes_are_bytes_however_dark_the_first_are(self):
        classifier = small().partial_fit(SOME.astype(np.uint8), THEIRS, range(10))
        assert classifier.pixel_range_ == (0, 255)
        assert small().fit(SOME.astype(np.uint8), THEIRS).pixel_range_ == (0, 16)

    def test_goes_on_after_fit(self):
        classifier = small().fit(SOME, THEIRS)
        before = bits(classifier)
        classifier.partial_fit(SOME, THEIRS)
        assert bits(classifier) != before
        assert classifier.n_iter_ == 4
        assert bits(classifier.fit(SOME, THEIRS)) == before  # which starts anew


class TestEarlyStopping:
    def test_keeps_the_best_and_stops(self):
        best = []

        def watch(epoch):
            if epoch.validation_score > max((score for score, _ in best), default=-1):
                best.append((epoch.validation_score, classifier.parameters_.copy()))

        classifier = small(
            max_iter=500, early_stopping=True, n_iter_no_change=3, callbacks=[watch],
            learning_rate=0.03,
        )  # fmt: skip
        classifier.fit(X, Y)
        scores = classifier.validation_scores_
        assert len(scores) == len(classifier.loss_curve_) == classifier.n_iter_ < 400
        assert max(scores) == best[-1][0]
        assert (classifier.parameters_ == best[-1][1]).all()
        # Three level passes without improvement, and three over which the learning rate fell.
        assert max(scores[:-6]) >= max(scores[-6:-3])

    def test_never_takes_more_passes_than_allowed(self):
        for passes in (1, 2, 3, 7):
            classifier = small(max_iter=passes, early_stopping=True, n_iter_no_change=5)
            assert classifier.fit(X, Y).n_iter_ == passes

    def test_is_weighted(self):
        weights = np.where(Y == 0, 1e6, 1.0)
        classifier = small(early_stopping=True, max_iter=1, validation_fraction=0.5)
        (score,) = classifier.fit(X, Y, weights).validation_scores_
        assert min(score, 1 - score) < 1e-3  # as good as all zeros are right, or all are wrong

    def test_too_few_images_are_refused(self):
        classifier = small(early_stopping=True, validation_fraction=0.9)
        with pytest.raises(DataError, match=re.escape("0.9 of n_samples=2 images can't be held")):
            classifier.fit(SOME[:2], [0, 1])

    def test_without_it_there_are_no_scores(self):
        assert small().fit(SOME, THEIRS).validation_scores_ is None


class TestWarmStart:
    def test_goes_on_with_the_moments(self):
        warm = small(warm_start=True, max_iter=2).fit(SOME, THEIRS)
        before = warm._fitted.trainer.state
        warm.set_params(max_iter=3).fit(SOME, THEIRS)
        after = warm._fitted.trainer.state
        assert after.t == before.t * 5 // 2
        assert not (after.vectors["m"] == before.vectors["m"]).all()
        assert warm.n_iter_ == len(warm.loss_curve_) == 5
        assert bits(warm) != bits(small(max_iter=3).fit(SOME, THEIRS))

        forgetful = small(warm_start=True, max_iter=2).fit(SOME, THEIRS)
        state = forgetful._fitted.trainer.state
        state.vectors["m"][:] = 0
        forgetful._fitted.trainer.state = state
        assert bits(forgetful.set_params(max_iter=3).fit(SOME, THEIRS)) != bits(warm)

    def test_without_it_each_fit_starts_anew(self):
        classifier = small().fit(X, Y)
        classifier.fit(SOME, THEIRS)
        assert bits(classifier) == bits(small().fit(SOME, THEIRS))
        assert classifier.n_iter_ == 3

    def test_keeps_classes_features_and_range(self):
        warm = small(warm_start=True).fit(SOME, THEIRS)
        with pytest.warns(UserWarning, match="looks like another scale"):
            warm.fit(SOME[:20] * 2, THEIRS[:20] % 2)
        assert warm.classes_.tolist() == list(range(10))
        assert warm.pixel_range_ == (0, 16)
        with pytest.raises(DataError, match="y holds the class 10"):
            warm.fit(SOME, THEIRS + 1)
        with pytest.raises(ValueError, match="X has 32 features"):
            warm.fit(SOME[:, :32], THEIRS)

    def test_early_stopping_may_begin_later_and_end(self):
        warm = small(warm_start=True).fit(SOME, THEIRS)
        warm.set_params(early_stopping=True).fit(SOME, THEIRS)
        warm.set_params(early_stopping=False, max_iter=1).fit(SOME, THEIRS)
        warm.partial_fit(SOME, THEIRS)
        measured = ~np.isnan(warm.validation_scores_)
        assert measured.tolist() == [False] * 3 + [True] * 3 + [False] * 2
        assert warm.n_iter_ == len(warm.loss_curve_) == 8

    def test_early_stopping_may_keep_what_was_there(self):
        settings = {"early_stopping": True, "warm_start": True, "validation_fraction": 0.3}
        warm = small(**settings, max_iter=60, learning_rate=0.02).fit(X, Y)
        before = bits(warm)
        warm.set_params(learning_rate=1e3, max_iter=2).fit(X, Y)  # which can only do harm
        assert bits(warm) == before
        assert warm.n_iter_ == len(warm.validation_scores_)

    def test_numbers_of_passes_go_on(self, capsys):
        told = []
        warm = small(warm_start=True, verbose=2, callbacks=[told.append], max_iter=2)
        warm.fit(SOME, THEIRS).fit(SOME, THEIRS).partial_fit(SOME, THEIRS)
        assert [epoch.epoch for epoch in told] == [1, 2, 3, 4, 5]
        assert capsys.readouterr().out.splitlines()[-1].startswith("pass 5  loss ")
        warm.set_params(warm_start=False).fit(SOME, THEIRS)
        assert [epoch.epoch for epoch in told[5:]] == [1, 2]

    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    @pytest.mark.parametrize(
        ("changes", "error", "message"),
        [
            ({"network": [Flatten(), Dense(9), ReLU()]}, NetworkError,
             "network is not the one that was trained, network_; set it back, or train anew"),
            ({"network": None}, NetworkError, "network is not the one that was trained"),
            ({"network": Network([Flatten(), Dense(10)], (4, 4))}, NetworkError,
             "The network takes images of shape (1, 4, 4)"),
            ({"network": 5}, NetworkError, "network is 5; it must be a list"),
            ({"image_shape": (4, 16)}, ConfigurationError,
             "image_shape is (4, 16), but training had images of shape (1, 8, 8) (channels, heig"),
            ({"image_shape": (7, 9)}, ConfigurationError, "image_shape (7, 9) has 63 values"),
            ({"image_shape": "8x8"}, ConfigurationError, "image_shape is '8x8'"),
            ({"pixel_range": (0, 255)}, ConfigurationError,
             "pixel_range is (0, 255), but training had (0.0, 16.0); set it back, or train anew"),
            ({"pixel_range": "bytes"}, ConfigurationError, "pixel_range is 'bytes'; it must be"),
        ],
    )  # fmt: skip
    def test_what_can_t_change_any_more_is_refused(self, method, changes, error, message):
        warm = small(warm_start=True).fit(SOME, THEIRS)
        before = bits(warm)
        with pytest.raises(error, match=re.escape(message)):
            getattr(warm.set_params(**changes), method)(SOME, THEIRS)
        assert bits(warm) == before

    def test_what_says_the_same_may_be_given(self):
        layers = [Flatten(), Dense(8), ReLU(), Dense(10)]
        warm = small(warm_start=True).fit(SOME, THEIRS)
        warm.set_params(network=Network(layers, (8, 8)), image_shape=(8, 8), pixel_range=[0, 16])
        assert warm.fit(SOME, THEIRS).partial_fit(SOME.reshape(60, 8, 8), THEIRS).n_iter_ == 7


class TestWhatIsTold:
    def test_callbacks_and_verbose(self, capsys):
        told = []
        classifier = small(verbose=True, callbacks=(told.append,), early_stopping=True)
        classifier.fit(SOME, THEIRS)
        assert [epoch.epoch for epoch in told] == [1, 2, 3]
        assert [epoch.loss for epoch in told] == classifier.loss_curve_
        assert [epoch.validation_score for epoch in told] == classifier.validation_scores_
        lines = capsys.readouterr().out.splitlines()
        assert lines == [line_of(epoch) for epoch in told]
        assert all(epoch.epochs == 3 and 0 <= epoch.accuracy <= 1 for epoch in told)
        assert [epoch.seconds_left > 0 for epoch in told] == [True, True, False]

    def test_partial_fit_tells_too(self, capsys):
        told = []
        classifier = small(verbose=True, callbacks=[told.append])
        classifier.partial_fit(SOME, THEIRS, range(10)).partial_fit(SOME, THEIRS)
        assert [epoch.epoch for epoch in told] == [1, 2]
        line = capsys.readouterr().out.splitlines()[1]
        assert line == line_of(told[1])
        assert re.fullmatch(r"pass 2  loss \d\.\d{4}  accuracy [\d.]+%  [\d,]+ images/s", line)

    def test_a_callback_ends_training_by_returning_true(self):
        """As the Trainer's does; by itself, without a list."""
        classifier = small(callbacks=lambda epoch: epoch.epoch == 2, max_iter=9).fit(SOME, THEIRS)
        assert classifier.n_iter_ == 2

    @pytest.mark.filterwarnings("ignore:Little or nothing was learned")
    @pytest.mark.parametrize("patience", [1, 2, 5])
    def test_it_ends_all_parts_of_training(self, patience):
        told = []

        def end(epoch):
            told.append(epoch)
            return len(told) == 2

        classifier = small(
            callbacks=[end, told.append], max_iter=30, early_stopping=True,
            n_iter_no_change=patience,
        )  # fmt: skip
        classifier.fit(SOME, THEIRS)
        assert len(told) == 2 * classifier.n_iter_

    def test_what_is_true_alone_ends_nothing(self):
        assert small(callbacks=lambda epoch: epoch.loss).fit(SOME, THEIRS).n_iter_ == 3
        assert small(callbacks=lambda epoch: False).fit(SOME, THEIRS).n_iter_ == 3

    def test_nothing_is_printed_by_default(self, capsys):
        small().fit(SOME, THEIRS)
        assert capsys.readouterr().out == ""


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
            classifier = small(max_iter=30, learning_rate=0.02, **way).fit(SOME, THEIRS, weights)
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


class TestNothingLearned:
    """What was not learned is said, and nothing is said of what was."""

    RANDOM = np.random.default_rng(0)
    NOISE = RANDOM.integers(0, 256, (200, 4, 4)).astype(np.uint8).repeat(2, 1).repeat(2, 2)
    LABELS = RANDOM.integers(0, 2, 200)

    def fitted(self, y, sample_weight=None, **settings):
        layers = [Flatten(), Dense(2)]
        settings = {"network": layers, "max_iter": 5, "augmentation": None} | settings
        settings.setdefault("learning_rate", 1e-12)
        return CNNClassifier(random_state=0, **settings).fit(self.NOISE, y, sample_weight)

    def test_what_is_no_better_than_the_commonest_class_is_told(self):
        with pytest.warns(UserWarning, match=r"^Little or nothing was learned: in the last pass "):
            self.fitted(self.LABELS)

    def test_what_is_better_but_as_it_began_is_told_by_its_loss(self):
        told = (self.NOISE[:, 0, 0] > 127).astype(int)
        classifier = self.fitted(told, learning_rate=0.03, max_iter=30)
        classifier.set_params(warm_start=True, max_iter=5, learning_rate=1e-12)
        classifier.fit(self.NOISE, told)  # what was learned before still is
        with pytest.warns(UserWarning, match=r"the loss was 0\.\d+ in the first pass and 0\.\d+ i"):
            self.fitted(self.LABELS, class_weight={0: 1.0, 1: 2.0})

    def test_few_passes_and_weights_are_told_nothing_of_their_accuracy(self):
        self.fitted(self.LABELS, max_iter=4)
        rare = (np.arange(200) < 20).astype(int)
        self.fitted(rare, class_weight="balanced", learning_rate=0.01)

    def test_numbers_that_the_mean_tells_as_well_are_told(self):
        regressor = CNNRegressor(
            network=[Flatten(), Dense(1)], learning_rate=1e-12, max_iter=5, random_state=0
        )
        with pytest.warns(UserWarning, match=r"the last pass had an R\^2 of -?\d"):
            regressor.fit(self.NOISE, self.RANDOM.normal(size=200))
