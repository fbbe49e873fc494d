import dataclasses
import re

import numpy as np
import pytest

from pellucid import Adam, CNNClassifier, Conv2D, Dense, Flatten, Network, ReLU
from pellucid.errors import ConfigurationError, DataError, NetworkError
from pellucid.estimators.settings import (
    Settings,
    build_network,
    parameters_of,
    workers_for,
)
from pellucid.network import presets
from tests.estimators.small import SOME, THEIRS, bits, small

NETWORK = Network([Flatten(), Dense(3)], (2, 2))


class TestNetworks:
    def test_none_is_the_default(self):
        assert build_network(None, (1, 8, 8), 3) == presets.default((8, 8), 3)

    def test_a_list_is_closed_where_it_is_open(self):
        layers = (Flatten(), Dense(4), ReLU())
        assert build_network(layers, (1, 8, 8), 3).layers == (*layers, Dense(3))
        assert build_network([Flatten(), Dense(3)], (1, 8, 8), 3).layers == (Flatten(), Dense(3))

    def test_layers_may_come_in_anything_that_can_be_gone_through(self):
        layers = [Flatten(), Dense(4), ReLU()]
        expected = build_network(layers, (1, 8, 8), 3)
        assert build_network(iter(layers), (1, 8, 8), 3) == expected
        assert build_network(np.array(layers, object), (1, 8, 8), 3) == expected

    @pytest.mark.parametrize(
        ("wanted", "message"),
        [
            (NETWORK, "The network takes images of shape (1, 2, 2) (channels, height, width), but X"
             " holds images of shape (1, 8, 8); set image_shape, or change the network."),
            (presets.default((8, 8), 4), "4 outputs, but y has 3 classes; end it with Dense(3)"),
            ([Flatten(), Dense(4)], "ends in 4 outputs, but y has 3 classes"),
            ("default", "network is 'default'; it must be a list of layers, a Network, or None"),
            ([], "A network needs at least one layer"),
            ([Flatten, Dense(3)], "write for example Dense(10) or ReLU(), with the brackets"),
            (5, "network is 5; it must be a list of layers, a Network, or None"),
            (Flatten(), "network is Flatten(); it must be a list of layers"),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_named(self, wanted, message):
        with pytest.raises(NetworkError, match=re.escape(message)):
            build_network(wanted, (1, 8, 8), 3)


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
            ({"callbacks": "print"}, ConfigurationError,
             "it must be a function that takes an Epoch, or a list of them."),
            ({"callbacks": [3]}, ConfigurationError, "callbacks is [3]"),
            ({"n_jobs": 0}, ConfigurationError, "n_jobs is 0; it must be a whole number but 0"),
            ({"n_jobs": "all"}, ConfigurationError, "n_jobs is 'all'"),
            ({"network": "reference"}, NetworkError, "network is 'reference'; it must be a list"),
            ({"network": 5}, NetworkError, "network is 5; it must be a list of layers, a Network"),
            ({"unknown": 1}, ConfigurationError,
             "unknown is 1; it must be above 0 and below 1, such as 0.05, or None."),
            ({"unknown": True}, ConfigurationError, "unknown is True; it must be above 0"),
            ({"early_stopping": 1}, ConfigurationError,
             "early_stopping is 1; it must be True or False."),
            ({"warm_start": "no"}, ConfigurationError, "warm_start is 'no'; it must be True or Fa"),
            ({"verbose": "yes"}, ConfigurationError,
             "verbose is 'yes'; it must be True or False, a whole number, or 'bar'."),
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

    def test_numbers_near_the_end_of_float64_are_refused_without_a_warning(self):
        rows = np.arange(60)[:, None]  # images of two halves: neighbors are alike
        far = np.where(np.arange(64) // 8 < rows % 7 + 1, 1.7e308, -1.7e308)
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


class TestDescription:
    def test_parameters_are_those_that_scikit_learn_knows(self):
        for classifier in (CNNClassifier(), small(class_weight={1: 2.0}, callbacks=[print])):
            assert parameters_of(classifier) == classifier.get_params(deep=False)

    def test_a_subclass_may_have_fewer_and_others(self):
        class Own(CNNClassifier):
            def __init__(self, size=8, max_iter=3):
                super().__init__([Flatten(), Dense(size), ReLU()], max_iter=max_iter)
                self.size = size
                self.random_state = 0

        assert bits(Own().fit(SOME, THEIRS)) == bits(small().fit(SOME, THEIRS))

    def test_layers_that_can_be_gone_through_once_become_a_list(self):
        classifier = small(network=iter([Flatten(), Dense(3)]))
        assert parameters_of(classifier)["network"] == [Flatten(), Dense(3)]
        assert classifier.network == [Flatten(), Dense(3)]

    def test_they_become_settings_that_stay_as_they_are(self):
        classifier = small(
            learning_rate=np.float32(0.5), epsilon=1e-3, n_jobs=2, max_iter=np.int64(4),
            warm_start=np.True_, callbacks=[print], class_weight="balanced",
        )  # fmt: skip
        settings = Settings.of(parameters_of(classifier))
        assert settings.optimizer == Adam(0.5, 0.9, 0.999, 1e-3)
        assert type(settings.optimizer.learning_rate) is float
        assert (settings.workers, settings.max_iter, settings.batch_size) == (2, 4, "auto")
        assert (settings.warm_start, settings.early_stopping) == (True, False)
        assert settings.callbacks == (print,)
        assert settings.class_weight == "balanced"
        with pytest.raises(dataclasses.FrozenInstanceError):
            settings.max_iter = 5

    def test_an_estimator_may_know_no_classes(self):
        parameters = parameters_of(small(class_weight="balanced"))
        del parameters["class_weight"]
        assert Settings.of(parameters).class_weight is None


def test_workers_are_scikit_learns_jobs():
    assert [workers_for(jobs) for jobs in (1, 3, None)] == [1, 3, 1]
    assert workers_for(-1) >= 1
    for jobs in (0, 2.0, True, "all"):
        with pytest.raises(ConfigurationError, match=f"n_jobs is {jobs!r}; it must be a whole"):
            workers_for(jobs)
