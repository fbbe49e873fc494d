"""Files that are no classifier's: refused with one kind of error, whatever is wrong with them."""

import json

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import (
    Augmentation,
    CNNClassifier,
    load_model,
    save_model,
)
from pellucid.errors import ModelFileError
from pellucid.files.model_file import Model
from tests.estimators.small import DIGITS, small

X, Y = DIGITS.data[:100], DIGITS.target[:100]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


GOOD = small(max_iter=2, class_weight={1: 2.0}, early_stopping=True, augmentation=Augmentation())


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "model.safetensors"
    with np.errstate(all="raise"):
        GOOD.fit(X, Y).save(path)
    return load_model(path)


def loads(model, configuration, path):
    """Say whether a model with this configuration loads; anything but ModelFileError fails."""
    save_model(path, Model(model.network, model.parameters, model.preprocessing, model.classes,
                           configuration))  # fmt: skip
    try:
        CNNClassifier.load(path).predict(X)
    except ModelFileError as error:
        assert "settings that are no classifier's" in str(error)  # noqa: PT017
        return False
    return True


class TestDamaged:
    @pytest.mark.parametrize(
        "changes",
        [
            {"classes": None},
            {"classes": list(range(9))},
            {"classes": list(range(9, -1, -1))},
            {"classes": [0] * 10},
            {"classes": [str(n) for n in range(10)]},
            {"classes": [[n] for n in range(10)]},
            {"classes_dtype": "no dtype"},
            {"classes_dtype": "V8"},
            {"classes_dtype": "U999999999"},
            {"classes_dtype": "(1000000,)i8"},
            {"classes_dtype": "M8[s]"},
            {"pixel_range": [0]},
            {"pixel_range": [1, 1]},
            {"pixel_range": ["a", "b"]},
            {"pixel_range": [0, 10**400]},
            {"pixel_range": None},
            {"loss_curve": 3},
            {"loss_curve": ["a"]},
            {"validation_scores": ["a"]},
            {"validation_scores": [0.5] * 3},
            {"n_iter": "many"},
            {"seed": -1},
            {"seed": 2**80},
            {"seed": "x"},
            {"feature_names": ["a"]},
            {"feature_names": 7},
            {"estimator": []},
            {"estimator": None},
            {"estimator": {}},
        ],
    )
    def test_a_configuration_is_refused(self, changes, good, path):
        assert loads(good, good.configuration, path)
        assert not loads(good, good.configuration | changes, path)

    @pytest.mark.parametrize(
        "changes",
        [
            {"max_iter": 0},
            {"max_iter": "x"},
            {"batch_size": []},
            {"learning_rate": None},
            {"n_jobs": 0},
            {"n_jobs": "x"},
            {"augmentation": {"scale": [2, 1]}},
            {"augmentation": {"zoom": [1, 2]}},
            {"augmentation": {"mirror": [1, 2]}},
            {"augmentation": {"border": "wrap"}},
            {"augmentation": "strong"},
            {"augmentation": [1]},
            {"class_weight": [[1]]},
            {"class_weight": [[[], 1.0]]},
            {"class_weight": "even"},
            {"validation_fraction": {}},
            {"early_stopping": 1},
            {"verbose": "x"},
            {"warm_start": None},
            {"network": 3},
            {"network": {"layers": []}},
            {"network": [{"layer": "Dense", "size": 3}]},
        ],
    )
    def test_a_parameter_is_refused(self, changes, good, path):
        stored = good.configuration
        assert not loads(good, stored | {"estimator": stored["estimator"] | changes}, path)

    def test_older_files_can_be_read(self, good, path):
        stored = good.configuration["estimator"]
        older = {name: value for name, value in stored.items() if name != "network"}
        for has_network in (True, False):
            settings = older | {"has_network": has_network}
            configuration = good.configuration | {"estimator": settings, "validation_scores": [0.5]}
            assert loads(good, configuration, path)
            loaded = CNNClassifier.load(path)
            assert loaded.network == (good.network if has_network else None)
            np.testing.assert_equal(loaded.validation_scores_, [np.nan, 0.5])

    def test_a_missing_one_is_refused(self, good, path):
        newer = (  # not in older files
            "optimizer", "clip_norm", "schedule", "average", "unknown", "recipe", "max_time",
        )  # fmt: skip
        for name in good.configuration["estimator"]:
            fewer = {k: v for k, v in good.configuration["estimator"].items() if k != name}
            assert name in newer or not loads(good, good.configuration | {"estimator": fewer}, path)

    @given(drawn=st.data())
    @settings(max_examples=150)
    def test_no_other_error_ever_comes_out(self, good, drawn, tmp_path_factory):
        junk = st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5)
            | st.floats(allow_nan=False, allow_infinity=False) | st.just(10**400),
            lambda inner: st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=5,
        )  # fmt: skip
        configuration = json.loads(json.dumps(good.configuration))
        target = drawn.draw(st.sampled_from([configuration, configuration["estimator"]]))
        target[drawn.draw(st.sampled_from(sorted(target)))] = drawn.draw(junk)
        loads(good, configuration, tmp_path_factory.getbasetemp() / "fuzzed.safetensors")

    def test_a_run_with_odd_settings_is_refused(self, good, path):
        for odd in (
            {"optimizer": 3}, {"optimizer": {"learning_rate": -1}}, {"augmentation": {"a": 1}},
            {"batch_size": "x"}, {"seed": [1]},
        ):  # fmt: skip
            assert not loads(good, odd, path)
        assert loads(good, {}, path)

    def test_bytes_are_refused(self, good, path):
        save_model(path, good)
        whole = path.read_bytes()
        for damaged in (b"", whole[:100], whole[:-1], whole[:-9] + b"12345678\0", b"PK" + whole):
            path.write_bytes(damaged)
            with pytest.raises(ModelFileError):
                CNNClassifier.load(path)
        tensors = {"a": np.zeros(3, np.float32)}
        path.write_bytes(safetensors.numpy.save(tensors))
        with pytest.raises(ModelFileError, match="not a Pellucid model"):
            CNNClassifier.load(path)
