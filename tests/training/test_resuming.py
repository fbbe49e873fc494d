"""What a training goes on from, to the same bits, and what it refuses to go on from."""

import re
import subprocess
import sys

import numpy as np
import pytest

import pellucid
from pellucid import (
    Adam,
    Checkpoints,
    CosineSchedule,
    OneCycleSchedule,
    Schedule,
    StepSchedule,
    Trainer,
)
from pellucid.errors import CheckpointError, ConfigurationError, RunInUseError
from pellucid.files.locks import lock_folder
from pellucid.training import load_checkpoint
from pellucid.training.checkpoint_file import save_checkpoint
from pellucid.training.checkpoints import newest_checkpoint
from tests.training.examples import NETWORK
from tests.training.trainings import (
    CALL,
    IMAGES,
    LABELS,
    UPDATES,
    all_bits,
    numbers,
    train,
    trainer,
)

# Resuming.


@pytest.mark.parametrize("stop", range(1, UPDATES + 1))
def test_resuming_after_every_update_changes_no_bit(whole, tmp_path, stop):
    train(tmp_path, stop)
    assert all_bits(train(tmp_path, resume=True)) == all_bits(whole)


def test_resuming_from_the_state_before_the_first_update(whole, tmp_path):
    train(tmp_path, 1)
    (tmp_path / "checkpoint-00000001.safetensors").unlink()
    assert numbers(tmp_path) == [0]
    assert all_bits(train(tmp_path, resume=True)) == all_bits(whole)


def test_going_back_to_a_state_and_on_again_changes_no_bit(whole):
    made, kept = trainer(workers=2), {}

    def keep(update):
        kept.setdefault(update.update, made.state)
        return update.update == 7

    with made:
        made.fit(IMAGES, LABELS, **CALL, on_update=keep)
        for back in (3, 6):
            made.fit(IMAGES, LABELS, **CALL, resume=kept[back], on_update=keep)
            assert len(made.history) == 7
        made.fit(IMAGES, LABELS, **CALL, resume=kept[5])
    assert all_bits(made) == all_bits(whole)


def test_a_state_is_not_gone_on_from_with_checkpoints(tmp_path):
    made = trainer()
    with pytest.raises(ConfigurationError, match="says nothing of data and settings"):
        made.fit(IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path), resume=made.state)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["on_update", "workers"])
def test_an_error_during_training_loses_nothing(whole, tmp_path, where):
    """An error of the caller's, or of what the sections run on: workers that are lost."""
    made, call = trainer(), {}

    def fail(*args, **options):
        if len(made.history) == 4:
            raise RuntimeError("lost")
        return work(*args, **options)

    if where == "on_update":
        call["on_update"], work = fail, id
    else:
        work, made._workers.map = made._workers.map, fail
    with pytest.raises(RuntimeError, match="lost"), made:
        made.fit(IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path), **call)
    assert numbers(tmp_path) == [4, 0]
    assert all_bits(train(tmp_path, resume=True)) == all_bits(whole)


def test_resuming_again_and_again(whole, tmp_path):
    train(tmp_path, 1)
    for stop in range(2, UPDATES + 1):
        made = train(tmp_path, stop, resume=True, made=trainer(workers=1 + stop % 3))
        assert len(made.history) == stop
    assert all_bits(made) == all_bits(whole)


def test_resuming_a_training_that_is_done_gives_it_back(whole, tmp_path):
    train(tmp_path)
    made, heard = trainer(), []
    with made:
        history = made.fit(
            IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path), resume=True,
            on_update=heard.append,
        )  # fmt: skip
    assert (all_bits(made), heard) == (all_bits(whole), [])
    assert len(history) == UPDATES


def test_a_trainer_that_did_something_else_before_is_set_right(whole, tmp_path):
    train(tmp_path, 4)
    made = trainer(seed=0)
    with made:
        made.fit(255 - IMAGES, LABELS, epochs=3, batch_size=30)
        train(tmp_path, resume=True, made=made)
    assert all_bits(made) == all_bits(whole)


def test_a_second_call_is_resumed_into(tmp_path):
    """What the first call left, its moments and its passes, is in the checkpoint too."""
    call = {"total_images": 300}
    expected = trainer()
    for _ in range(2):
        train(made=expected, call=call)
    first = train(call=call)
    train(tmp_path, len(first.history) + 2, call=call, made=first)
    made = train(tmp_path, resume=True, call=call)
    assert all_bits(made) == all_bits(expected)
    again = train(made=made, call=call)
    assert all_bits(again) == all_bits(train(made=expected, call=call))


def test_a_checkpoint_can_be_given_itself(whole, tmp_path):
    train(tmp_path, 7, keep=10)
    path = tmp_path / "checkpoint-00000003.safetensors"
    made = trainer()
    with made:
        history = made.fit(IMAGES, LABELS, **CALL, resume=load_checkpoint(path))
    assert all_bits(made) == all_bits(whole)
    assert [update.update for update in history.updates] == list(range(1, UPDATES + 1))
    with pytest.raises(CheckpointError, match="seed is 0 there and 1 here"):
        trainer(seed=1).fit(IMAGES, LABELS, **CALL, resume=load_checkpoint(path))


def test_seconds_go_on(tmp_path):
    train(tmp_path, 5)
    seconds = [update.seconds for update in train(tmp_path, resume=True).history.updates]
    assert seconds == sorted(seconds)


# What is refused.


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": 255 - IMAGES}, "the data's images differ"),
        ({"labels": 3 - LABELS}, "the data's labels differ"),
        (
            {"images": IMAGES[:-1], "labels": LABELS[:-1]},
            "the data's images differ; the data's labels differ. Give it",
        ),
        ({"call": {"sample_weight": np.arange(60)}}, "the data's sample_weight differ"),
        ({"call": {"batch_size": 71}}, "batch_size is 70 there and 71 here"),
        ({"call": {"total_images": 800}}, "total_images is 730 there and 800 here"),
        ({"call": {"schedule": Schedule()}}, "warmup is 0.3 there and 0.0 here; cooldown is 0.4"),
        (
            {"call": {"schedule": CosineSchedule()}},
            'schedule is "Schedule" there and "CosineSchedule" here',
        ),
        ({"made": trainer(seed=1)}, "seed is 0 there and 1 here"),
        ({"made": trainer(clip_norm=0.5)}, "clip_norm is none there and 0.5 here"),
        ({"made": trainer(sections=4)}, "sections is 8 there and 4 here"),
        (
            {"made": Trainer(NETWORK, optimizer=Adam(0.02))},
            "learning_rate is 0.01 there and 0.02 here; augmentation is {",
        ),
    ],
)
def test_another_run_is_refused_naming_what_differs(tmp_path, changes, message):
    train(tmp_path, 2)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(CheckpointError, match=re.escape(message)) as error:
        train(tmp_path, resume=True, **changes)
    assert str(error.value).startswith("Can't resume, for this is another run than the checkpoint")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_more_images_than_the_run_had_are_offered_in_words_that_work(tmp_path):
    finished = tmp_path / "finished"
    both = trainer()
    train(finished, made=both)
    with pytest.raises(CheckpointError) as error:
        train(finished, resume=True, call={"total_images": 2 * CALL["total_images"]})
    given = re.search(r"trainer\.state = (.*\))\.state, then fit without resume", str(error.value))
    assert given is not None
    other = trainer()
    other.state = eval(given[1], {"pellucid": pellucid}).state
    # As a second call of the trainer that ran it, to the same bits.
    for made in (both, other):
        call = {**CALL, "total_images": 300}
        more = made.fit(IMAGES, LABELS, checkpoints=Checkpoints(tmp_path / f"{id(made)}"), **call)
        assert more.images == 300
    assert all_bits(other) == all_bits(both)
    again = {path.name for path in finished.iterdir() if path.suffix == ".safetensors"}
    assert f"checkpoint-{UPDATES:08d}.safetensors" in again
    kept = newest_checkpoint(finished, print)
    with pytest.raises(CheckpointError, match=r"trainer\.state = checkpoint\.state, then fit"):
        train(resume=kept, call={"total_images": 800})


def test_a_checkpoint_that_does_not_say_whether_there_were_weights(whole, tmp_path):
    train(tmp_path, 3)
    (newest := newest_checkpoint(tmp_path, print)).settings["data"].pop("weighted")
    assert all_bits(train(resume=newest)) == all_bits(whole)
    with pytest.raises(CheckpointError, match=r"checkpoint's: the data's sample_weight differ\."):
        train(resume=newest, call={"sample_weight": np.arange(60)})


@pytest.mark.parametrize(
    "schedule", [CosineSchedule(0.2), OneCycleSchedule(), StepSchedule()], ids=lambda s: s.name
)
def test_any_schedule_is_resumed_to_the_same_bits(tmp_path, schedule):
    call = {"schedule": schedule}
    expected = train(call=call)
    train(tmp_path, 4, call=call)
    kept = newest_checkpoint(tmp_path, print)
    assert kept.settings["schedule"] == schedule.to_dict()
    assert all_bits(train(tmp_path, resume=True, call=call)) == all_bits(expected)


def test_a_checkpoint_whose_schedule_has_no_name(whole, tmp_path):
    """As those of before there were others have it."""
    train(tmp_path, 3)
    (newest := newest_checkpoint(tmp_path, print)).settings["schedule"].pop("name")
    save_checkpoint(tmp_path / "old", newest)
    assert all_bits(train(resume=load_checkpoint(tmp_path / "old"))) == all_bits(whole)


def test_nothing_to_resume_from(tmp_path):
    with pytest.raises(CheckpointError, match=r"^There is no checkpoint in .*\.$"):
        train(tmp_path, resume=True)
    with pytest.raises(ConfigurationError, match="resume is True, but there are no checkpoints"):
        train(resume=True)


def test_a_folder_that_holds_checkpoints_is_not_written_over(tmp_path):
    train(tmp_path, 2)
    with pytest.raises(CheckpointError, match=r"already holds checkpoints, checkpoint-00000002\."):
        train(tmp_path)
    assert numbers(tmp_path) == [2, 1, 0]


def test_one_training_at_a_time(tmp_path):
    with lock_folder(tmp_path), pytest.raises(RunInUseError, match="Another process is training"):
        train(tmp_path)
    train(tmp_path, 1)


def test_two_processes(tmp_path):
    """The second is refused while the first trains, and not once the first was killed."""
    code = (
        "import sys, time; from tests.training.trainings import *\n"
        "def wait(update):\n"
        "    print('at work', flush=True); time.sleep(600)\n"
        "trainer().fit(IMAGES, LABELS, **CALL, checkpoints=Checkpoints(sys.argv[1]),"
        " on_update=wait)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "at work\n"
        for resume in (False, True):
            with pytest.raises(RunInUseError):
                train(tmp_path, resume=resume)
        first.kill()
        first.wait()
    train(tmp_path, resume=True)


# Another training's checkpoints.


def test_replaced_checkpoints_stay_until_the_first_update_is_done(whole, tmp_path):
    train(tmp_path, made=trainer(seed=5))
    seen = []
    made = trainer()
    work = made._workers.map

    def see(*args, **options):
        seen.append(numbers(tmp_path))
        return work(*args, **options)

    made._workers.map = see
    train(tmp_path, made=made, replace=True, every_updates=4, keep=9)
    assert seen[:2] == [[10, 9, 8, 0], [0]]
    assert numbers(tmp_path) == [10, 8, 4, 0]
    assert all_bits(train(tmp_path, resume=True)) == all_bits(whole)


def test_an_error_before_the_first_update_leaves_replaced_checkpoints(tmp_path):
    train(tmp_path, 4, made=trainer(seed=5))
    made = trainer()

    def fail(*args, **options):
        raise RuntimeError("lost")

    made._workers.map = fail
    with pytest.raises(RuntimeError, match="lost"):
        train(tmp_path, made=made, replace=True)
    assert numbers(tmp_path) == [4, 3, 2, 0]
    train(tmp_path, 5, resume=True, made=trainer(seed=5))


def test_a_call_that_is_refused_changes_nothing(whole, tmp_path):
    train(tmp_path, 2)
    with trainer() as other:
        other.fit(IMAGES, LABELS, **CALL)
        before = other.state
        for refused in ({"resume": True, "epochs": 3.5}, {}):
            settings = {**CALL, "checkpoints": Checkpoints(tmp_path), **refused}
            settings.pop("total_images" if "epochs" in refused else "nothing", None)
            with pytest.raises(CheckpointError):
                other.fit(IMAGES, LABELS, **settings)
            after = other.state
            assert (after.done, after.first_pass, after.next_pass) == (
                before.done, before.first_pass, before.next_pass,
            )  # fmt: skip
            assert np.array_equal(after.parameters, before.parameters)
