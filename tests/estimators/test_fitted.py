import dataclasses

import numpy as np
import pytest

from pellucid import CNNClassifier, Preprocessing
from pellucid.estimators.fitted import Fitted, Learned
from pellucid.estimators.passes import Epoch
from tests.estimators.small import SOME, THEIRS, small

NAMES = ("classes_", "n_features_in_", "network_", "parameters_", "pixel_range_", "loss_curve_",
         "validation_scores_", "validation_losses_", "n_iter_", "preprocessing_")  # fmt: skip


@pytest.fixture
def classifier():
    return small().fit(SOME, THEIRS)


class TestFitted:
    def test_a_pass_makes_another_one(self, classifier):
        before = classifier._fitted
        history = list(before.loss_curve)
        after = before.after(Epoch(4, 0.5, None))
        assert before.loss_curve == history
        assert after.loss_curve == [*history, 0.5]
        assert (before.n_iter, after.n_iter) == (3, 4)
        assert after.validation_scores is None
        assert after.trainer is before.trainer

    def test_scores_are_filled_up_where_none_were_measured(self, classifier):
        first = classifier._fitted.after(Epoch(4, 0.5, 0.75))
        np.testing.assert_equal(first.validation_scores, [np.nan] * 3 + [0.75])
        second = first.after(Epoch(5, 0.5, None))
        np.testing.assert_equal(second.validation_scores, [np.nan] * 3 + [0.75, np.nan])
        assert len(first.validation_scores) == 4

    def test_can_t_be_changed(self, classifier):
        with pytest.raises(dataclasses.FrozenInstanceError):
            classifier._fitted.n_iter = 0

    def test_a_good_call_replaces_it_and_a_bad_one_does_not(self, classifier):
        before = classifier._fitted
        with pytest.raises(ValueError, match="only one class"):
            classifier.fit(SOME, THEIRS * 0)
        assert classifier._fitted is before
        classifier.fit(SOME[:50], THEIRS[:50])
        assert classifier._fitted is not before
        assert before.n_iter == 3


class TestLearned:
    def test_is_missing_until_there_is_something(self, classifier):
        for name in NAMES:
            assert not hasattr(CNNClassifier(), name)
            assert getattr(classifier, name) is not None or name.startswith("validation_")
        with pytest.raises(AttributeError, match="'CNNClassifier' object has no attribute 'n_iter"):
            CNNClassifier().n_iter_  # noqa: B018
        with pytest.raises(AttributeError, match="has no attribute 'classes_'"):
            CNNClassifier().classes_ = [1, 2]

    def test_the_class_has_all_of_them_and_none_is_a_parameter(self):
        attributes = {
            name
            for kind in CNNClassifier.__mro__
            for name, value in vars(kind).items()
            if type(value) is Learned
        }
        assert attributes == set(NAMES)
        assert not attributes & set(CNNClassifier().get_params())

    def test_what_is_set_is_used(self, classifier):
        own = Preprocessing((8, 8), "light-on-dark")
        classifier.preprocessing_ = own
        assert classifier.preprocessing_ is own
        assert isinstance(classifier._fitted, Fitted)
        assert classifier.partial_fit(SOME, THEIRS).preprocessing_ is own
        classifier.classes_ = np.array(list("abcdefghij"))
        assert set(classifier.predict(SOME)) <= set("abcdefghij")

    @pytest.mark.parametrize("name", ["parameters_", "network_", "n_features_in_"])
    def test_what_follows_from_others_can_t_be_set(self, classifier, name):
        with pytest.raises(AttributeError, match=f"{name} follows from what was learned"):
            setattr(classifier, name, None)

    def test_names_of_columns_come_and_go(self, classifier):
        assert not hasattr(classifier, "feature_names_in_")
        table = pytest.importorskip("pandas").DataFrame(SOME, columns=[f"p{n}" for n in range(64)])
        with pytest.raises(ValueError, match="only one class"):
            classifier.fit(table, THEIRS * 0)
        assert not hasattr(classifier, "feature_names_in_")
        assert classifier.fit(table, THEIRS).feature_names_in_[1] == "p1"
        assert not hasattr(classifier.fit(SOME, THEIRS), "feature_names_in_")

    def test_a_notebook_shows_what_there_is(self, classifier):
        page = classifier._repr_html_()
        assert "Learned" not in page
        assert "Learned" not in CNNClassifier()._repr_html_()
