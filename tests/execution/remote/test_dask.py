"""A real scheduler and real workers over TCP: they are killed, added and lost during training."""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from pellucid import Augmentation, Checkpoints, Trainer, open_executor
from pellucid.errors import ExecutorError
from pellucid.execution.remote import dask, dask_client, worker
from pellucid.execution.runner import Runner
from pellucid.execution.sections import Procedure, whole_section
from pellucid.execution.workers import Workers
from pellucid.kernels.compiling.vector import FLOATS
from pellucid.training.checkpoints import newest_checkpoint
from tests.execution.digests import IMAGES, LABELS, digest_of_training, mapped
from tests.long import takes_long
from tests.training.examples import DROPPING, NETWORK

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'pellucid[cluster]'")

from benchmarks.local_cluster import LocalCluster

LARGE = np.concatenate([IMAGES] * 40), np.concatenate([LABELS] * 40)
UPDATES = 12
OTHER_TILES = "avx2" if FLOATS == 16 else "avx512"


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(3) as started:
        yield started


@pytest.fixture
def executor(cluster):
    while len(cluster.workers) < 3:
        cluster.start_worker()
    with open_executor(cluster.name) as opened:
        opened._client.wait_for_workers(3, timeout=60)
        yield opened


def trained(executor, on_update=None):
    """Train in updates that are large enough to be caught at work; return parameters, updates."""
    with Trainer(NETWORK, executor=executor, augmentation=Augmentation()) as trainer:
        trainer.fit(*LARGE, total_images=UPDATES * 8000, batch_size=8000, on_update=on_update)
        return trainer.parameters.tobytes(), len(trainer.history)


@pytest.mark.parametrize("where", ["memory", "mapped"])
def test_same_bits_on_three_workers(executor, where, tmp_path):
    images = mapped(tmp_path / "images.npy") if where == "mapped" else IMAGES
    assert digest_of_training(executor, images) == digest_of_training(images=images)


def test_the_same_values_are_dropped_on_three_workers(executor):
    found = digest_of_training(executor, network=DROPPING)
    assert found == digest_of_training(network=DROPPING) != digest_of_training()


def test_images_are_mixed_alike_on_three_workers(executor):
    mixing = {"augmentation": Augmentation(mixup=0.5)}
    found = digest_of_training(executor, **mixing)
    assert found == digest_of_training(**mixing) != digest_of_training()


def test_a_worker_with_the_tiles_of_another_processor_gives_the_same_bits():
    with (
        LocalCluster(1, {"PELLUCID_TILES": OTHER_TILES}) as cluster,
        open_executor(cluster.name) as executor,
    ):
        assert digest_of_training(executor) == digest_of_training()


def test_the_scheduler_keeps_nothing_of_updates_that_are_done(executor):
    def tasks(dask_scheduler=None):
        return len(dask_scheduler.tasks)

    def kept(dask_scheduler=None):
        spans = dask_scheduler.extensions["spans"].spans.values()
        told = sum(len((span._metadata or {}).get("collections", ())) for span in spans)
        return len(spans), sum(len(span.groups) for span in spans), told

    client, before = executor._client, kept_by(executor, tasks)
    with Trainer(NETWORK, executor=executor) as trainer:
        counts = []
        for _ in range(4):
            trainer.step(IMAGES, LABELS)
            # Until the update's jobs are forgotten: with the last of them Dask takes its group
            # apart, and in a pause it begins a new span.
            deadline = time.monotonic() + 10
            while client.run_on_scheduler(tasks) > before + 1 and time.monotonic() < deadline:
                time.sleep(0.01)
            assert client.run_on_scheduler(tasks) == before + 1
            counts.append(client.run_on_scheduler(kept))
    assert len(set(counts)) == 1


def kept_by(executor, count):
    """Return what is left on the scheduler once trainings before this one are forgotten."""
    gc.collect()
    found = executor._client.run_on_scheduler(count)
    deadline = time.monotonic() + 10
    while found and time.monotonic() < deadline:
        time.sleep(0.05)
        found = executor._client.run_on_scheduler(count)
    return found


def test_workers_killed_at_work_change_no_bit(cluster, executor):
    client = executor._client
    processes = {worker.pid: worker for worker in cluster.workers}
    at = {address: processes[pid] for address, pid in client.run(os.getpid).items()}
    killed, killers = [], []

    def kill_one_at_work():
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            busy = [a for a, tasks in client.processing().items() if tasks and a not in killed]
            if busy:
                cluster.kill(at[busy[0]])
                killed.append(busy[0])
                return

    def on_update(update):
        if update.update in (3, 7):
            killers.append(threading.Thread(target=kill_one_at_work))
            killers[-1].start()

    found = trained(executor, on_update)
    for killer in killers:
        killer.join()
    assert len(set(killed)) == 2
    assert len(cluster.workers) == 1
    assert found == trained(None)


def test_a_worker_that_joins_is_given_work_and_changes_no_bit(cluster, executor):
    client, known, joined, others = executor._client, set(), [], []

    def on_update(update):
        if update.update < 3:
            return False
        if update.update == 3:
            known.update(client.nthreads())
            cluster.start_worker()
            client.wait_for_workers(4, timeout=60)
            joined.extend(set(client.nthreads()) - known)
            time.sleep(1.1)  # after which workers are counted anew
        # Dask chooses the least busy worker: give the others something else to do.
        others.extend(client.submit(time.sleep, 1, workers=[name], pure=False) for name in known)
        return update.update > 3 and min(client.run(jobs_known, workers=joined).values()) > 0

    found, updates = trained(executor, on_update)
    assert len(joined) == 1
    assert 3 < updates < UPDATES
    assert (found, updates) == trained(None, lambda update: update.update == updates)


def jobs_known():
    return len(worker._places)


def test_a_scheduler_that_is_lost_ends_in_a_clean_error(monkeypatch, tmp_path):
    """What was done is in a checkpoint, from which another executor goes on to the same bits."""
    monkeypatch.setattr(dask_client, "CONNECT_SECONDS", 4)
    states = []
    call = {
        "total_images": UPDATES * 8000,
        "batch_size": 8000,
        "checkpoints": Checkpoints(tmp_path),
    }
    with LocalCluster(1) as cluster, open_executor(cluster.name) as executor:

        def on_update(update):
            states.append(trainer.parameters.copy())
            if update.update == 3:
                threading.Timer(0.01, cluster.kill, [cluster.scheduler]).start()

        trainer = Trainer(NETWORK, executor=executor, augmentation=Augmentation())
        for resume in (False, True):  # at work, and again when it is gone already
            start = time.monotonic()
            with pytest.raises(ExecutorError, match="The parameters are those before this update"):
                trainer.fit(*LARGE, **call, resume=resume, on_update=on_update)
            assert time.monotonic() - start < 25
            np.testing.assert_array_equal(trainer.parameters, states[-1])
            assert 3 <= len(trainer.history) == trainer.state.t == len(states) < UPDATES
            newest = newest_checkpoint(tmp_path, print).state
            np.testing.assert_array_equal(newest.parameters, states[-1])
    trainer.close()
    with Trainer(NETWORK, augmentation=Augmentation()) as another:
        another.fit(*LARGE, **call, resume=True)
        assert (another.parameters.tobytes(), len(another.history)) == trained(None)


@contextlib.contextmanager
def frozen(process):
    """Stop a process, and let it go on in the end, so that it can be killed."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="nothing freezes a process here")
@pytest.mark.parametrize("is_stopping", [False, pytest.param(True, marks=takes_long)])
def test_a_scheduler_that_is_frozen_ends_in_a_clean_error(monkeypatch, is_stopping):
    """While results are awaited, and again when it is asked for its workers."""
    monkeypatch.setattr(dask, "ANSWER_SECONDS", 99 if is_stopping else 2)
    monkeypatch.setattr(dask, "STOPPING_SECONDS", 2 if is_stopping else 99)
    with LocalCluster(1) as cluster, contextlib.ExitStack() as stack:
        executor = stack.enter_context(open_executor(cluster.name))
        runner = Runner(Workers(1), executor)
        batch = whole_section(LABELS)
        parameters = NETWORK.initial_parameters(0)
        stack.enter_context(runner.serving(IMAGES, lambda: is_stopping))
        call = Procedure(NETWORK), parameters, IMAGES, batch, [slice(0, len(LABELS))]
        assert len(runner.run(*call)) == 1
        with frozen(cluster.scheduler):
            for _ in range(2):
                start = time.monotonic()
                with pytest.raises(ExecutorError, match=FROZEN):
                    runner.run(*call)
                assert time.monotonic() - start < 8
                time.sleep(1.1)  # after which workers are counted anew
            start = time.monotonic()
            stack.close()
            assert time.monotonic() - start < 8


FROZEN = (
    r"^The Dask scheduler has not answered for \d s: it is frozen, or the network is down\. The "
    "parameters are those before this update"
)

TRAINING = """
import sys
from pellucid import Checkpoints, Trainer, open_executor
from tests.execution.remote.test_dask import LARGE, NETWORK

if __name__ == "__main__":
    with open_executor(sys.argv[1]) as executor, Trainer(NETWORK, executor=executor) as trainer:
        history = trainer.fit(
            *LARGE, total_images=10**7, batch_size=8000, checkpoints=Checkpoints(sys.argv[2]),
            on_update=lambda update: print(update.update, flush=True),
        )
        print("stopped by", history.stopped_by, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="nothing freezes a process here")
def test_ctrl_c_is_obeyed_while_the_scheduler_is_frozen(tmp_path):
    with LocalCluster(1) as cluster:
        training = subprocess.Popen(
            [sys.executable, "-c", TRAINING, cluster.name, str(tmp_path)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            for _ in range(2):
                assert training.stdout.readline().strip().isdecimal()
            with frozen(cluster.scheduler):
                time.sleep(1)
                start = time.monotonic()
                training.send_signal(signal.SIGINT)
                said, errors = training.communicate(timeout=40)
                assert time.monotonic() - start < 15
        finally:
            training.kill()
            training.communicate()
    assert training.returncode == 0, errors
    assert said.splitlines()[-1] == "stopped by SIGINT"
    assert len(newest_checkpoint(tmp_path, print).state.updates) >= 2


def test_a_cluster_that_has_lost_all_workers_is_waited_for_a_while(monkeypatch):
    monkeypatch.setattr(dask, "WORKER_SECONDS", 3)
    with LocalCluster(1) as cluster, open_executor(cluster.name) as executor:
        trainer = Trainer(NETWORK, executor=executor)
        trainer.step(IMAGES, LABELS)
        cluster.kill(cluster.workers[0])
        start = time.monotonic()
        with pytest.raises(
            ExecutorError, match=r"^The Dask cluster has had no workers for \d s\. T"
        ):
            trainer.step(IMAGES, LABELS)
        assert 2 < time.monotonic() - start < 12
        cluster.start_worker()
        executor._client.wait_for_workers(1, timeout=60)
        trainer.step(IMAGES, LABELS)  # which waited for nothing before


def test_a_closed_client_is_not_waited_for(cluster):
    with open_executor(cluster.name) as executor:
        pulse = dask.Pulse(executor._client)
        assert pulse.threads() >= 1
    assert pulse.threads() is None


def test_a_scheduler_without_workers(monkeypatch):
    monkeypatch.setattr(dask_client, "CONNECT_SECONDS", 2)
    with (
        LocalCluster(0) as cluster,
        pytest.raises(
            ExecutorError, match=r"at tcp://.* has no workers; start some with 'dask wor"
        ),
        open_executor(cluster.name),
    ):
        pass
