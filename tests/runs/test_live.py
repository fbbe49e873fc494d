import contextlib
import dataclasses
import json
import re

import numpy as np
import pytest

from pellucid import Dense, Flatten, MeanSquaredError, Model, Network, Preprocessing, fingerprint
from pellucid.errors import ConfigurationError, DataError
from pellucid.files.model_file import load_model
from pellucid.runs.live import make_studio, read_beside, studio_of
from pellucid.runs.plan import Plan
from tests.runs.examples import QUICK, say_nothing, tiny_data, use_data
from tests.studio.live.examples import wait


@contextlib.contextmanager
def made(asked=QUICK, **settings):
    studio = make_studio(asked, say_nothing, **settings)
    try:
        yield studio
    finally:
        studio.training.close()


def held(studio):
    (data,) = re.findall(r'id="content">(.*?)</script>', studio.page)
    return json.loads(data)


def end(training):
    training.watch()
    wait(lambda: training.ended)
    training.watch()
    wait(lambda: training.snapshot.update == training.total)


def test_it_trains_to_the_bits_of_the_command(finished, tmp_path):
    folder, metrics, _ = finished
    with made(beside=[read_beside(folder)], title="Mine") as studio:
        training = studio.training
        assert training.total == metrics.updates
        content = held(studio)
        assert content["title"] == "Mine"
        assert content["live"]["session"] == studio.session
        assert content["live"]["beside"][0]["name"] == "first"
        assert len(content["live"]["beside"][0]["points"]) == metrics.updates
        assert len(content["live"]["labels"]) == studio.count == 360
        examples = content["live"]["examples"]
        assert [content["live"]["labels"][n] for n in examples] == content["examples"]["labels"]
        assert content["examples"]["labels"][:10] == list(range(10))
        end(training)
        assert fingerprint(training.snapshot.parameters) == metrics.fingerprint
        (tmp_path / "m.safetensors").write_bytes(studio.model())
        model = load_model(tmp_path / "m.safetensors")
        assert fingerprint(model) == metrics.fingerprint
        assert model.configuration["learning_rates"] == [[1, 0.05]]
        assert model.configuration["updates"] == metrics.updates
        assert len(studio.pictures([0, 5])) == 2 * 28 * 28


def test_of_many_classes_each_has_an_image_while_a_page_has_room(monkeypatch):
    for classes, shown in ((40, 40), (120, 100)):
        many = tiny_data(classes=classes, count=3 * classes)
        tested = {"test_images": many.train_images, "test_labels": many.train_labels}
        use_data(monkeypatch, dataclasses.replace(many, **tested))
        with made() as studio:
            assert held(studio)["examples"]["labels"] == list(range(shown))


def test_a_model_waits_to_be_trained_further(finished):
    folder, metrics, _ = finished
    with made(Plan.of({"data": "digits", "start_from": str(folder)})) as studio:
        studio.training.watch()
        wait(lambda: studio.training.snapshot is not None)
        assert studio.training.is_paused
        assert fingerprint(studio.training.snapshot.parameters) == metrics.fingerprint
        studio.training.step()
        wait(lambda: studio.training.update == 1)


def test_a_model_alone_is_shown(finished):
    studio = studio_of(load_model(finished[0] / "model.safetensors"))
    assert studio.training is None
    assert "live" not in held(studio)
    network = Network([Flatten(), Dense(1)], (2, 2), MeanSquaredError())
    numbers = Model(network, network.initial_parameters(), Preprocessing((2, 2)), ("x",))
    with pytest.raises(ConfigurationError, match="a page shows networks of one class"):
        studio_of(numbers)


def test_what_is_no_history_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"beside is .*, of which no history can be read \(No such"):
        read_beside(tmp_path / "none")
    (tmp_path / "history.csv").write_text("a,b\n")
    with pytest.raises(DataError, match="It is no history"):
        read_beside(tmp_path)
    (tmp_path / "history.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="no history can be read"):
        read_beside(tmp_path)


def test_only_threads_train_here():
    import dataclasses

    with pytest.raises(ConfigurationError, match="a studio trains by threads; leave it out"):
        make_studio(dataclasses.replace(QUICK, executor="processes", workers=2), say_nothing)


def test_the_run_beside_may_be_a_file(finished):
    assert np.allclose(
        read_beside(finished[0] / "history.csv").history.losses,
        read_beside(finished[0]).history.losses,
    )
