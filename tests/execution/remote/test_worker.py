import dataclasses
import pickle

import numpy as np
import pytest

from pellucid import Augmentation
from pellucid.errors import ExecutorError
from pellucid.execution.remote import worker
from pellucid.execution.remote.environment import environment
from pellucid.execution.remote.image_file import find_image_file
from pellucid.execution.remote.worker import Job, Setup, work
from pellucid.execution.sections import Procedure, section_step, whole_section
from tests.execution.digests import IMAGES, LABELS, mapped
from tests.training.examples import NETWORK

PARAMETERS = NETWORK.initial_parameters(0)
WHOLE = whole_section(LABELS)
PARTS = (WHOLE.part(slice(0, 48)), WHOLE.part(slice(48, 90)))


@pytest.fixture(autouse=True)
def _a_fresh_process(monkeypatch):
    monkeypatch.setattr(worker, "_places", type(worker._places)())


RECIPE = Procedure(NETWORK, Augmentation(), 3)


def setup_with(file, **changes):
    made = Setup(RECIPE, file, environment())
    return dataclasses.replace(made, **changes)


def assert_right(reply):
    assert reply.lacks == ""
    for section, found in zip(PARTS, reply.results, strict=True):
        expected = section_step(RECIPE, PARAMETERS, IMAGES, section)
        np.testing.assert_array_equal(found.gradient, expected.gradient)
        assert (found.loss, found.measure) == (expected.loss, expected.measure)


def test_a_worker_asks_for_the_setup_once(tmp_path):
    setup = setup_with(find_image_file(mapped(tmp_path / "images.npy")))
    job = pickle.loads(pickle.dumps(Job(setup.token, PARAMETERS, PARTS)))
    assert work(job).lacks == "setup"
    assert work(job).lacks == "setup"
    assert_right(work(dataclasses.replace(job, setup=pickle.loads(pickle.dumps(setup)))))
    assert_right(work(job))


def test_a_worker_without_the_file_asks_for_the_images(tmp_path):
    setup = setup_with(find_image_file(mapped(tmp_path / "images.npy")))
    (tmp_path / "images.npy").unlink()
    job = Job(setup.token, PARAMETERS, PARTS, setup)
    reply = work(job)
    assert (reply.lacks, reply.results) == ("images", ())
    assert "images.npy can't be opened" in reply.note
    assert_right(work(dataclasses.replace(job, images=IMAGES[:90])))


def test_where_there_is_no_file_images_come_with_the_job():
    setup = setup_with(None)
    job = Job(setup.token, PARAMETERS, PARTS, setup, IMAGES[:90])
    assert_right(work(job))
    assert work(dataclasses.replace(job, images=None)).lacks == "images"


def test_a_token_stands_for_all_of_a_setup(tmp_path):
    file = find_image_file(mapped(tmp_path / "images.npy"))
    setup = setup_with(file)
    assert setup_with(file).token == setup.token
    others = [
        setup_with(None), setup_with(file, procedure=RECIPE._replace(seed=4)),
        setup_with(file, procedure=RECIPE._replace(augmentation=None)),
        setup_with(dataclasses.replace(file, digest="0")),
    ]  # fmt: skip
    assert len({setup.token, *(other.token for other in others)}) == 5


def test_a_worker_forgets_what_it_has_not_used_for_long():
    setups = [
        setup_with(None, procedure=RECIPE._replace(seed=seed)) for seed in range(worker.KEPT + 1)
    ]
    for setup in setups:
        work(Job(setup.token, PARAMETERS, PARTS, setup, IMAGES[:90]))
        work(Job(setups[0].token, PARAMETERS, PARTS, None, IMAGES[:90]))
    assert len(worker._places) == worker.KEPT
    kept = [work(Job(s.token, PARAMETERS, PARTS, None, IMAGES[:90])).lacks == "" for s in setups]
    assert kept == [True, False, *[True] * (worker.KEPT - 1)]


def test_other_software_is_refused():
    driver = environment()
    other = dataclasses.replace(driver, software=(("numpy", "0.9"), *driver.software[:1]))
    setup = setup_with(None, driver=other)
    with pytest.raises(ExecutorError, match=r"has numpy 2.*, the driver has 0\.9") as caught:
        work(Job(setup.token, PARAMETERS, PARTS, setup, IMAGES[:90]))
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
