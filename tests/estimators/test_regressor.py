import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_regressor
from sklearn.metrics import r2_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from pellucid import (
    Augmentation,
    CNNClassifier,
    CNNRegressor,
    CrossEntropy,
    Dense,
    Flatten,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    Network,
    ReLU,
    load_model,
    save_model,
)
from pellucid.errors import ConfigurationError, DataError, ModelFileError, NetworkError
from pellucid.files.model_file import Model
from tests.estimators.small import DIGITS, bits

X = DIGITS.data[:400]
INK = X.sum(axis=1)
PLACES = np.stack([(X * np.tile(np.arange(8), 8)).sum(axis=1) / INK, 1000 * INK], axis=1)
LAYERS = [Flatten(), Dense(8), ReLU()]


def small(**settings):
    return CNNRegressor(**({"network": LAYERS, "max_iter": 3, "random_state": 0} | settings))


@parametrize_with_checks(
    [
        CNNRegressor(),
        CNNRegressor(network=[Flatten(), Dense(32), ReLU()], early_stopping=True, loss="huber"),
        CNNRegressor(batch_size=5, augmentation="auto", n_jobs=1, loss="absolute_error"),
    ]
)
def test_scikit_learn_finds_nothing_to_object_to(estimator, check):
    check(estimator)


def test_no_check_is_passed_by_a_tag():
    tags = CNNRegressor().__sklearn_tags__()
    assert is_regressor(CNNRegressor())
    assert not tags.no_validation
    assert not tags._skip_test
    assert not tags.regressor_tags.poor_score
    assert not tags.non_deterministic
    assert tags.target_tags.required
    assert tags.target_tags.multi_output
    assert tags.target_tags.single_output
    assert tags.input_tags.three_d_array


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_it_learns_several_numbers_of_any_size(loss, early_stopping):
    regressor = CNNRegressor(loss=loss, random_state=0, early_stopping=early_stopping)
    regressor.fit(X[:300], PLACES[:300])
    found = regressor.predict(X[300:])
    assert (found.shape, found.dtype) == ((100, 2), np.float64)
    assert r2_score(PLACES[300:, 0], found[:, 0]) > 0.7
    assert r2_score(PLACES[300:, 1], found[:, 1]) > 0.7
    assert regressor.score(X[300:], PLACES[300:]) == r2_score(PLACES[300:], found)
    assert (regressor.validation_scores_ is not None) == early_stopping


def test_the_units_of_y_make_no_difference():
    # Of fit the order of the images would be another: it follows from images and y.
    plain = small().partial_fit(X, INK)
    other = small().partial_fit(X, 1024.0 * INK)
    assert bits(plain) == bits(other)
    np.testing.assert_array_equal(other.predict(X), 1024.0 * plain.predict(X))


def test_the_loss_is_that_of_its_name():
    kinds = {"squared_error": MeanSquaredError, "absolute_error": MeanAbsoluteError, "huber": Huber}
    for name, kind in kinds.items():
        assert small(loss=name).fit(X, INK).network_.loss == kind()
    with pytest.raises(ConfigurationError, match=r"loss is 'hubert'; it must be one of .*'huber'"):
        small(loss="hubert").fit(X, INK)
    for wrong in (None, 3, MeanSquaredError()):
        with pytest.raises(ConfigurationError, match="loss is "):
            small(loss=wrong).fit(X, INK)


def test_a_network_has_its_own_loss():
    network = Network([Flatten(), Dense(1)], (8, 8), Huber(0.25))
    assert small(network=network).fit(X, INK).network_ == network
    wrong = Network([Flatten(), Dense(2)], (8, 8), CrossEntropy())
    with pytest.raises(NetworkError, match=r"has the loss CrossEntropy\(.*, but y holds numb"):
        small(network=wrong).fit(X, INK)
    with pytest.raises(NetworkError, match="ends in 1 outputs, but y has 2 columns"):
        small(network=network).fit(X, PLACES)
    with pytest.raises(NetworkError, match="but y holds one class an image; make it Network"):
        CNNClassifier(network).fit(X, DIGITS.target[:400])


def test_nothing_is_randomized_unless_asked_for():
    assert small().augmentation is None
    assert bits(small().fit(X, INK)) != bits(small(augmentation="auto").fit(X, INK))


def test_numbers_are_not_mixed():
    with pytest.raises(ConfigurationError, match=r"^mixup is 0\.2, but the network's loss is of"):
        small(augmentation=Augmentation(mixup=0.2)).fit(X, INK)
    labels = DIGITS.target[:400]
    for y in (labels, (labels[:, None] == np.arange(10)) | (np.arange(10) == 3)):
        mixed = CNNClassifier(
            LAYERS, augmentation=Augmentation(mixup=0.2), max_iter=2, random_state=0
        )
        assert 0 < mixed.fit(X, y).loss_curve_[-1] < mixed.loss_curve_[0]


def test_y_in_many_forms():
    expected = small().fit(X, INK)
    for y in (INK.tolist(), INK[:, None], pd.Series(INK), pd.DataFrame({"ink": INK})):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            again = small().fit(X, y)
        assert bits(again) == bits(expected)
        assert again.predict(X[:4]).shape == (4,)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed, but the target y is None"),
        (np.full(400, np.nan), "Input y contains NaN"),
        (np.array(["a"] * 400), "a regressor learns numbers"),
        (np.zeros((400, 2, 2)), "dim 3"),
        (INK[:-1], "inconsistent numbers of samples"),
        (np.full(400, 1e200), "y goes up to 1e"),
    ],
)
def test_y_that_can_t_be_used(y, message):
    with pytest.raises(ValueError, match=message):
        small().fit(X, y)


def test_another_loss_or_number_of_columns_can_t_go_on():
    regressor = small(warm_start=True).fit(X, INK)
    with pytest.raises(DataError, match="y has 2 columns, but training had 1; give as many"):
        regressor.fit(X, PLACES)
    with pytest.raises(ConfigurationError, match=r"loss would be Huber\(.*, but training had Mean"):
        regressor.set_params(loss="huber").fit(X, INK)


def test_parts_are_scaled_as_the_first():
    regressor = small().partial_fit(X, INK)
    first = regressor._fitted.scale
    regressor.partial_fit(X, 2 * INK)
    assert regressor._fitted.scale is first
    for _ in range(60):
        regressor.partial_fit(X, INK)
    assert abs(regressor.predict(X).mean() / INK.mean() - 1) < 0.1


def test_a_file_of_the_other_estimator_is_refused(tmp_path):
    small().fit(X, INK).save(tmp_path / "numbers")
    CNNClassifier(LAYERS, max_iter=1).fit(X, DIGITS.target[:400]).save(tmp_path / "classes")
    with pytest.raises(ModelFileError, match=r"holds a regressor, .*; use CNNRegressor\.load\."):
        CNNClassifier.load(tmp_path / "numbers")
    with pytest.raises(ModelFileError, match=r"holds a classifier, .*; use CNNClassifier\.load\."):
        CNNRegressor.load(tmp_path / "classes")


@pytest.mark.parametrize(
    "scale",
    [None, {}, {"mean": [0.0], "deviation": [0.0]}, {"mean": [0.0, 1.0], "deviation": [1.0, 1.0]},
     {"mean": ["x"], "deviation": [1.0]}],
)  # fmt: skip
def test_a_file_with_a_scale_that_can_t_be_is_refused(scale, tmp_path):
    small().fit(X, INK).save(tmp_path / "model")
    model = load_model(tmp_path / "model")
    parts = model.network, model.parameters, model.preprocessing, model.classes
    save_model(tmp_path / "broken", Model(*parts, model.configuration | {"scale": scale}))
    with pytest.raises(ModelFileError, match=r"Can't load the regressor .* no regressor's"):
        CNNRegressor.load(tmp_path / "broken")


def test_the_model_file_names_the_columns(tmp_path):
    small().fit(X, PLACES).save(tmp_path / "model")
    model = load_model(tmp_path / "model")
    assert model.classes == ("y0", "y1")
    assert model.network.loss == MeanSquaredError()


def test_what_is_told_of_a_pass_is_r2(capsys):
    told = []
    small(verbose=True, early_stopping=True, callbacks=told.append).fit(X, INK)
    lines = capsys.readouterr().out.splitlines()
    assert f"R2 {told[0].accuracy:.4f}  validation {told[0].validation_score:.4f}" in lines[0]
    assert {epoch.kind for epoch in told} == {"numbers"}
