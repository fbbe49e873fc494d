"""The classifier's optimizer, clipping, schedule and average: they do what the Trainer's do."""

import dataclasses

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from pellucid import (
    SGD,
    Adam,
    AdamW,
    CNNClassifier,
    CosineSchedule,
    ExponentialAverage,
    MeanAverage,
    OneCycleSchedule,
    Schedule,
    StepSchedule,
    load_model,
    save_model,
)
from pellucid.errors import ConfigurationError, UnknownArgumentError
from pellucid.estimators.settings import ADAM
from tests.estimators.small import SOME, THEIRS, X, Y, bits, small

SETTINGS = {
    "optimizer": SGD(0.05, momentum=0.9, nesterov=True, weight_decay=5e-4),
    "clip_norm": 0.5,
    "schedule": OneCycleSchedule(),
    "average": MeanAverage(0.5),
}


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": AdamW(0.003, eps=1e-8, weight_decay=0.5)},
        {"optimizer": SGD(0.05, momentum=0.9)},
        {"clip_norm": 0.01},
        {"schedule": CosineSchedule(0.1)},
        {"schedule": StepSchedule()},
        {"average": ExponentialAverage(decay=0.9)},
        SETTINGS,
    ],
)
def test_each_changes_what_is_learned_and_workers_do_not(settings):
    made = small(**settings).fit(X, Y)
    assert bits(made) != bits(small().fit(X, Y))
    assert bits(made) == bits(small(**settings, n_jobs=3).fit(X, Y))


def test_what_is_the_default_may_be_said():
    plain = bits(small().fit(X, Y))
    assert bits(small(optimizer=Adam(0.003, eps=1e-8)).fit(X, Y)) == plain
    assert bits(small(schedule=Schedule(0.1, 0.5)).fit(X, Y)) == plain
    assert bits(small(optimizer=AdamW(0.003, eps=1e-8, weight_decay=0)).fit(X, Y)) == plain


def test_the_defaults_of_adam_are_the_classifier_s():
    fields = {item.name: item.default for item in dataclasses.fields(CNNClassifier)}
    assert {name: fields[name] for name in ADAM} == ADAM


def test_it_learns_with_all_of_them():
    made = small(**SETTINGS, max_iter=60).fit(X, Y)
    assert made.score(X, Y) > 0.9
    trainer = made._fitted.trainer
    assert made.parameters_ is trainer.averaged
    assert not np.array_equal(trainer.averaged, trainer.parameters)


def test_an_average_predicts_and_is_saved(tmp_path):
    made = small(average=ExponentialAverage(decay=0.9)).fit(X, Y)
    assert made.parameters_.tobytes() != small().fit(X, Y).parameters_.tobytes()
    made.save(tmp_path / "model")
    loaded = CNNClassifier.load(tmp_path / "model")
    assert loaded.parameters_.tobytes() == made.parameters_.tobytes()
    np.testing.assert_array_equal(loaded.predict_proba(X), made.predict_proba(X))


def test_early_stopping_keeps_the_average_that_was_best():
    scores, seen = [], []

    def note(epoch):
        scores.append(epoch.validation_score)
        seen.append(made.parameters_.copy())

    made = small(
        average=ExponentialAverage(decay=0.9), early_stopping=True, max_iter=20, callbacks=note
    )  # fmt: skip
    made.fit(X, Y)
    assert made.parameters_.tobytes() == seen[int(np.argmax(scores))].tobytes()


def test_early_stopping_goes_by_a_schedule_that_is_given():
    settings = {"early_stopping": True, "n_iter_no_change": 2, "max_iter": 30}
    ended = small(**settings, schedule=Schedule()).fit(X, np.roll(Y, 9))
    assert ended.n_iter_ < 30
    assert ended.n_iter_ == 1 + 2 + int(np.argmax(ended.validation_scores_))


def test_parts_go_on_with_the_average_and_the_optimizer_s_moments():
    made = small(optimizer=SGD(0.05, 0.9), average=ExponentialAverage(decay=0.9))
    for _ in range(3):
        made.partial_fit(SOME, THEIRS, classes=range(10))
    assert made._fitted.trainer.state.averaged == made._fitted.trainer.state.t > 3


def test_they_come_back_from_a_file_a_pickle_and_a_clone(tmp_path):
    made = small(**SETTINGS).fit(X, Y)
    made.save(tmp_path / "model")
    joblib.dump(made, tmp_path / "pickle")
    for again in (
        CNNClassifier.load(tmp_path / "model"), joblib.load(tmp_path / "pickle"), clone(made)
    ):  # fmt: skip
        assert {name: getattr(again, name) for name in SETTINGS} == SETTINGS
    assert bits(joblib.load(tmp_path / "pickle")) == bits(made)


def test_a_file_of_before_they_were_there_has_none(tmp_path):
    small().fit(X, Y).save(tmp_path / "model")
    model = load_model(tmp_path / "model")
    for name in SETTINGS:
        del model.configuration["estimator"][name]
    save_model(tmp_path / "old", model)
    loaded = CNNClassifier.load(tmp_path / "old")
    assert [getattr(loaded, name) for name in SETTINGS] == [None] * 4


def test_a_search_goes_over_them():
    grid = {"optimizer": [SGD(0.05, 0.9), AdamW(0.003)], "average": [None, MeanAverage()]}
    search = GridSearchCV(small(), grid, cv=2).fit(X, Y)
    assert search.best_params_["optimizer"] in grid["optimizer"]


def test_a_warm_start_may_change_them():
    made = small(warm_start=True).fit(X, Y)
    made.set_params(**SETTINGS).fit(X, Y)
    assert list(made._fitted.trainer.state.vectors) == ["u"]
    made.set_params(average=None).fit(X, Y)
    assert made.parameters_ is made._fitted.trainer.parameters


def test_a_call_that_fails_leaves_the_optimizer_and_the_average_that_were_there():
    made = small(warm_start=True, average=ExponentialAverage(decay=0.9)).fit(X, Y)
    before = bits(made)

    class Failing(SGD):
        def update(self, step):
            raise RuntimeError("enough")

    made.set_params(average=None, optimizer=Failing())
    with pytest.raises(RuntimeError, match="enough"):
        made.fit(X, Y)
    assert bits(made) == before
    assert list(made._fitted.trainer.state.vectors) == ["m", "v"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"optimizer": "sgd"},
            r"^optimizer is 'sgd'; it must be of type Optimizer, for example A",
        ),
        ({"schedule": "cosine"}, r"^schedule is 'cosine'; it must be of type BaseSchedule, for ex"),
        ({"average": 0.99}, r"^average is 0\.99; it must be of type BaseAverage, for example Mean"),
        ({"clip_norm": -1}, r"^clip_norm is -1; it must be a finite number above 0, for example 1"),
        (
            {"optimizer": SGD(0.1), "learning_rate": 0.5},
            r"^learning_rate is 0\.5, but optimizer is SGD\(.*\), which has settings of its own; "
            r"give them to it, and leave learning_rate out\.$",
        ),
        ({"optimizer": Adam(), "epsilon": 1e-3}, r"^epsilon is 0\.001, but optimizer is Adam\("),
    ],
)
def test_what_can_not_be_is_refused(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        small(**settings).fit(X, Y)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("momentum", "optimizer=SGD"),
        ("solver", "optimizer=SGD"),
        ("weight_decay", "optimizer=AdamW"),
        ("alpha", "optimizer=AdamW"),
        ("scheduler", "schedule=CosineSchedule"),
        ("max_grad_norm", "clip_norm=1"),
        ("ema", "average=ExponentialAverage"),
    ],
)
def test_other_names_say_what_to_use(name, instead):
    with pytest.raises(UnknownArgumentError, match=rf"use CNNClassifier\({instead}"):
        CNNClassifier(**{name: 0.5})
