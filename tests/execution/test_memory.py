"""What work will need is told before it starts; what is free is what the system says."""

import re
import subprocess
import sys

import numpy as np
import psutil
import pytest

from pellucid import Augmentation, CNNClassifier, Dense, Flatten, Network, ReLU, Trainer, presets
from pellucid.errors import OutOfMemoryError
from pellucid.execution import memory
from pellucid.execution.inference import predict_proba
from pellucid.execution.memory import (
    Need,
    check_inference_memory,
    check_memory,
    check_training_memory,
    free_memory,
    need_of_mixing,
    shown_bytes,
)
from pellucid.kernels.plan import plan_for

LARGE = presets.default((3, 256, 256), 10)


def freed(monkeypatch, size):
    monkeypatch.setattr(memory, "free_memory", lambda: size)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what is free")
def test_what_is_free_is_near_what_psutil_says():
    expected = psutil.virtual_memory().available + psutil.swap_memory().free
    assert 0 < free_memory() < 1.1 * expected


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's limits")
def test_a_limit_of_the_process_counts():
    code = (
        "import resource; from pellucid.execution.memory import free_memory, _of_limit\n"
        "assert _of_limit() is None\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 36, 1 << 36))\n"
        "assert 0 < free_memory() <= _of_limit() < 1 << 36\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_control_group_counts(monkeypatch, tmp_path):
    """As in a container: the least of what the group and those above it leave."""
    proc, groups = tmp_path / "proc", tmp_path / "groups"
    inner = groups / "outer" / "inner"
    group = inner.relative_to(groups).as_posix()
    inner.mkdir(parents=True)
    (proc / "self").mkdir(parents=True)
    monkeypatch.setattr(memory, "_PROC", proc)
    monkeypatch.setattr(memory, "_CGROUPS", groups)
    (proc / "meminfo").write_text("MemTotal: 99 kB\nMemAvailable: 70000 kB\nSwapFree: 10000 kB\n")
    (proc / "self" / "cgroup").write_text(f"1:cpu:/x\n0::/{group}\n")
    assert free_memory() == 80_000 * 1024

    def write(folder, limit, used, cached):
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.current").write_text(f"{used}\n")
        (folder / "memory.stat").write_text(f"anon 5\ninactive_file {cached}\n")

    write(inner, "max", 5, 5)
    write(groups / "outer", 10_000_000, 6_000_000, 1_000_000)
    assert free_memory() == 5_000_000
    write(inner, 7_000_000, 6_500_000, 0)
    assert free_memory() == 500_000
    write(inner, 6_000_000, 6_500_000, 0)
    assert free_memory() == 0
    (proc / "meminfo").write_text("damaged")
    (inner / "memory.max").write_text("damaged")
    assert free_memory() == 5_000_000


def test_where_nothing_is_known_nothing_is_refused(monkeypatch):
    freed(monkeypatch, None)
    check_memory("Work", [Need("it", 10**18)])


def test_the_message_has_all_figures(monkeypatch):
    freed(monkeypatch, 3_000_000_000)
    check_memory("Work", [Need("it", 3_000_000_000)])
    with pytest.raises(OutOfMemoryError) as caught:
        check_memory("Work", [Need("a", 9 * 10**9), Need("b", 5 * 10**8), Need("c", 5)], "Do less.")
    assert str(caught.value) == (
        "Work needs about 9.5 GB of memory, but 3.0 GB are free: 9.0 GB for a, 500 MB for b. Do "
        "less."
    )
    freed(monkeypatch, 0)
    check_memory("Work", [Need("what is small is not looked at", 2 << 26)])


def test_a_thread_needs_what_its_plan_says(monkeypatch):
    freed(monkeypatch, 1)
    monkeypatch.setattr(memory, "HARMLESS", 0)
    size = 4 * plan_for(LARGE, True).size
    shown = f"{shown_bytes(3 * size)} for what the layers make of images of 3 x 256 x 256"
    with pytest.raises(OutOfMemoryError) as caught:
        check_training_memory(LARGE, 3, 1024, 8)
    assert f"{shown} (3 threads, {shown_bytes(size)} each)" in str(caught.value)
    assert "Use fewer workers, which changes no result; a batch_size of 16, which" in str(
        caught.value
    )
    with pytest.raises(OutOfMemoryError) as caught:
        check_training_memory(LARGE, 3, 16, 8)
    assert "(one thread)" in str(caught.value)
    assert "free: " in str(caught.value)
    assert re.search(r"Use smaller images, or a network that pools sooner", str(caught.value))
    with pytest.raises(OutOfMemoryError) as caught:
        check_inference_memory(LARGE, 3, 1000, 4)
    renamed = caught.value.named(lambda name: "n_jobs")
    assert "Use fewer n_jobs, which changes no result; at most 8 images at a time" in str(renamed)


def test_images_that_are_mixed_lie_apart(monkeypatch):
    network = Network([Flatten(), Dense(2)], (3, 2000, 2000))
    need = need_of_mixing(network, workers=4, batch_size=64, sections=4)
    assert need == Need("images that are mixed", 4 * 16 * 4 * 12_000_000)
    freed(monkeypatch, 5_000_000_000)
    images = np.zeros((64, 3, 2000, 2000), np.uint8)
    trainer = Trainer(network, workers=4, sections=4, augmentation=Augmentation(mixup=0.2))
    with pytest.raises(OutOfMemoryError, match=r"3\.1 GB for images that are mixed"):
        trainer.fit(images, np.arange(64) % 2, batch_size=64)


def test_a_batch_of_16_is_one_thread_s():
    """What the message says, as it is."""
    from pellucid.execution.sections import cut

    assert len(cut(16, 8)) == 1
    assert len(cut(17, 8)) == 2


class TestBeforeWorkStarts:
    IMAGES = np.random.default_rng(0).integers(0, 256, (40, 256, 256, 3)).astype(np.uint8)
    LABELS = np.arange(40) % 2

    def test_fit_and_partial_fit(self, monkeypatch):
        freed(monkeypatch, 10**8)
        told = []
        classifier = CNNClassifier(n_jobs=2, batch_size=32, callbacks=told.append)
        for learn in (classifier.fit, lambda X, y: classifier.partial_fit(X, y, classes=[0, 1])):
            with pytest.raises(MemoryError) as caught:
                learn(self.IMAGES, self.LABELS)
            message = str(caught.value)
            assert "Use fewer n_jobs, which changes no result; a batch_size of 16" in message
            assert "8 MB for a copy of the 40 images as uint8" not in message  # a fiftieth
        assert told == []

    def test_a_copy_that_is_too_large(self, monkeypatch):
        monkeypatch.setattr(memory, "HARMLESS", 10**6)
        freed(monkeypatch, 10**6)
        X = np.random.default_rng(0).random((2000, 1000))
        classifier = CNNClassifier([Flatten(), Dense(2)], image_shape=(1, 1000))
        with pytest.raises(
            OutOfMemoryError, match="8 MB for a copy of the 2,000 images as float32"
        ):
            classifier.partial_fit(X, np.arange(2000) % 2, [0, 1])

    def test_predict(self, monkeypatch):
        network = presets.default((3, 256, 256), 2)
        parameters = network.initial_parameters()
        images = self.IMAGES.transpose(0, 3, 1, 2)
        monkeypatch.setattr(memory, "HARMLESS", 10**7)
        freed(monkeypatch, 10**8)
        with pytest.raises(OutOfMemoryError, match="Use fewer workers, which changes no result"):
            predict_proba(network, parameters, images, workers=2)
        assert predict_proba(network, parameters, images[:1], workers=2).shape == (1, 2)

    def test_a_trainer(self, monkeypatch):
        freed(monkeypatch, 10**6)
        trainer = Trainer(presets.default((3, 256, 256), 2), workers=2)
        with pytest.raises(OutOfMemoryError, match="a batch_size of 16, which one thread works on"):
            trainer.fit(self.IMAGES.transpose(0, 3, 1, 2), self.LABELS, batch_size=32)
        assert len(trainer.history) == 0

    def test_pictures_before_they_are_read(self, monkeypatch):
        freed(monkeypatch, 10**6)
        with pytest.raises(OutOfMemoryError) as caught:
            CNNClassifier(image_shape=(9000, 9000)).fit(["a.png", "b.png"], [0, 1])
        assert str(caught.value) == (
            "Reading 2 pictures needs about 324 MB of memory, but 1 MB are free: 324 MB for the "
            "images of 1 x 9000 x 9000, twice. Use smaller images, or fewer at a time."
        )

    def test_what_is_usual_is_not_looked_at(self, monkeypatch):
        def never():
            raise AssertionError

        monkeypatch.setattr(memory, "free_memory", never)
        network = Network([Flatten(), Dense(8), ReLU(), Dense(2)], (28, 28))
        trainer = Trainer(network)
        trainer.fit(np.zeros((64, 28, 28), np.uint8), np.arange(64) % 2, batch_size=32)
