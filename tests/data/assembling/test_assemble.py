import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pellucid import data
from pellucid.data.assembling import assemble as module
from pellucid.data.assembling.assemble import assemble, take
from pellucid.data.assembling.memory_map import MapKey
from pellucid.data.assembling.sinks import MemorySink
from pellucid.data.samples import Block, Codes, Reading, Samples, Source
from pellucid.errors import DataError

KEY = MapKey("source", "state")
IMAGES = np.random.default_rng(0).integers(0, 256, (12, 2, 3), np.uint8)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))


def samples(labels, images=IMAGES, ends=(5,)):
    labels = np.asarray(labels)
    images = images[: len(labels)]
    ends = [*ends, len(labels)]

    def blocks():
        start = 0
        for end in ends:
            if end > start:
                yield Block(images[start:end], labels[start:end])
                start = end

    return Samples(len(labels), images.shape[1:], images.dtype, blocks)


def load(train, test=None, classes=None, reading=None, **more):
    return assemble(
        Source(train, test, "somewhere", classes, **more), reading or Reading("set"), KEY
    )


def names(found, labels):
    return np.array(found.classes)[labels].tolist()


@given(
    st.lists(st.integers(-20, 20), min_size=2, max_size=12),
    st.lists(st.integers(0, 12), max_size=3).map(sorted),
    st.sampled_from([int, str, float]),
)
def test_labels_keep_their_meaning(labels, ends, kind):
    labels = [abs(label) for label in labels] if kind is float else labels
    given_labels = np.array(labels).astype(kind)
    test = given_labels[:2]
    found = load(samples(given_labels, ends=ends), samples(test))
    assert names(found, found.train_labels) == [str(label) for label in labels]
    assert names(found, found.test_labels) == [str(label) for label in labels[:2]]
    assert list(found.classes) == [str(n) for n in sorted(set(labels))]  # by value, text too
    np.testing.assert_array_equal(found.train_images, IMAGES[: len(labels)])


@given(
    st.lists(st.sampled_from(["b", "a", "10", "9", "é"]), min_size=4, max_size=12),
    st.floats(0.05, 0.95), st.integers(0, 5),
)  # fmt: skip
def test_a_split_loses_nothing(labels, share, seed):
    labels = [*labels[:3], labels[0]]  # one class has two images
    found = load(samples(labels), reading=Reading("set", test_share=share, seed=seed))
    images = [*found.train_images, *found.test_images]
    got = names(found, np.concatenate([found.train_labels, found.test_labels]))
    assert sorted(
        (image.tobytes(), name) for image, name in zip(images, got, strict=True)
    ) == sorted((image.tobytes(), name) for image, name in zip(IMAGES, labels, strict=False))
    assert len(found.test_images) >= 1


def test_text_that_is_no_canonical_number_stays_text():
    assert load(samples(["07", "7", "10", "10"])).classes == ("07", "10", "7")
    assert load(samples(["1", "x", "10", "10"])).classes == ("1", "10", "x")
    assert load(samples(["9" * 30, "1", "1"])).classes == ("1", "9" * 30)


def test_given_names_are_kept_or_only_the_used_ones():
    labels = [0, 2, 0, 2]
    kept = load(samples(labels), classes=("a", "b", "c"))
    assert kept.classes == ("a", "b", "c")
    assert set(kept.train_labels.tolist()) == {0, 2}
    used = load(samples(labels), classes=("a", "b", "c"), keep_unused=False)
    assert used.classes == ("a", "c")
    assert set(used.train_labels.tolist()) == {0, 1}


def test_problems_are_told_once_everything_is_read():
    reading = Reading("set")
    good = samples([0, 0, 1, 1])

    def blocks():
        reading.problems.add("row 3", "it is bad")
        yield from good.blocks()
        reading.problems.add("row 9", "it is bad too")

    bad = Samples(4, good.shape, good.dtype, blocks)
    with pytest.raises(
        DataError, match=r"^set has 2 bad files; .*\n  row 3: .*\n  row 9: it is bad"
    ):
        load(bad, reading=reading)
    reading = Reading("set", skip_bad=True)
    found = load(bad, reading=reading)
    assert found.note.startswith("Going on without 2 bad files of set")


@pytest.mark.parametrize("memory_map", [False, True])
def test_nothing_left_is_an_error(memory_map):
    empty = Samples(0, (2, 3), np.dtype(np.uint8), lambda: iter(()))
    for test in (None, samples([0, 1])):
        with pytest.raises(DataError, match=r"^set: There are no (labels|images)"):
            load(empty, test, reading=Reading("set", memory_map=memory_map))


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (
            samples([0, 1, 2]),
            samples([[0], [1]]),
            "set: The labels have shape (2, 1); they must be 1-D",
        ),
        (samples([0.5, 1, 1]), None, "set: Label 0.5 at index 0 is not a whole number"),
        (samples([0, 1]), samples(["a", "b"]), "they must be integers"),
        (samples([0, 1]), samples([0, 1], IMAGES[:, :, :2]), "Each image has shape (1, 2, 2)"),
        (samples([0, 1], IMAGES.astype(int) - 300), samples([0]), "out of range"),
        (samples([0, 1], np.full((2, 2, 3), np.nan)), samples([0]), "NaN or infinity"),
    ],
)
def test_what_is_wrong_is_told_with_the_name(train, test, message):
    with pytest.raises(DataError) as error:
        load(train, test)
    assert message in str(error.value)
    assert str(error.value).startswith("set: ")


def test_an_error_that_begins_with_the_name_is_not_prefixed_again():
    def blocks():
        raise DataError("set/a is damaged.")
        yield

    with pytest.raises(DataError, match=r"^set/a is damaged\.$"):
        load(Samples(4, (2, 3), np.dtype(np.uint8), blocks))


def some_of(labels, bad=()):
    """Return samples that list all of their labels, and leave out those at some places."""
    good = np.array([place for place in range(len(labels)) if place not in bad])

    def blocks():
        for places in np.array_split(good, 3):
            yield Block(IMAGES[places], labels[places], places)

    return Samples(len(labels), (2, 3), np.dtype(np.uint8), blocks, lambda: labels)


@pytest.mark.parametrize("memory_map", [False, True])
@given(st.sets(st.integers(0, 11), max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_left_out_moves_no_other_image(memory_map, bad):
    labels = np.arange(12) % 3
    reading = Reading("set", skip_bad=True, memory_map=memory_map, test_share=0.5)
    whole, part = (
        assemble(
            Source(some_of(labels, left_out), None, "somewhere"), reading,
            MapKey("source", f"without {sorted(left_out)}"),
        )
        for left_out in ((), bad)
    )  # fmt: skip
    gone = {IMAGES[place].tobytes() for place in bad}
    for kind in ("train", "test"):
        expected, got = (
            [image.tobytes() for image in getattr(found, f"{kind}_images")]
            for found in (whole, part)
        )
        assert got == [image for image in expected if image not in gone]
        kept = [image not in gone for image in expected]
        np.testing.assert_array_equal(
            getattr(part, f"{kind}_labels"), getattr(whole, f"{kind}_labels")[kept]
        )


def test_labels_that_are_known_first_take_no_room_twice():
    listed, unlisted = some_of(np.arange(12) % 3), samples(np.arange(12) % 3)
    assert module.room(Source(listed, None, "x")) == 72
    assert module.room(Source(unlisted, None, "x")) == 144
    assert module.room(Source(unlisted, unlisted, "x")) == 144


def test_problems_come_before_a_split_that_can_t_be_made():
    reading = Reading("set")
    good = some_of(np.arange(4))

    def blocks():
        reading.problems.add("row 3", "it is bad")
        yield from good.blocks()

    with pytest.raises(DataError, match="set has 1 bad file"):
        load(dataclasses.replace(good, blocks=blocks), reading=reading)
    with pytest.raises(DataError, match="set: No class has two images"):
        load(good)


def test_two_classes_of_one_name_are_refused():
    with pytest.raises(DataError, match="set: Two classes have the name 'a'; each needs a name"):
        load(samples([0, 1, 0, 1]), classes=("a", "a"))


def test_codes_stand_for_their_names():
    codes = Codes()
    labels = codes.of(["10", "9", "10", "9"])
    found = load(samples(labels), codes=codes)
    assert found.classes == ("9", "10")
    assert sorted(names(found, np.append(found.train_labels, found.test_labels))) == sorted(
        ["10", "9"] * 2
    )


@pytest.mark.parametrize("bytes_at_once", [1, 13, 10_000])
def test_take_copies_in_order(bytes_at_once, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", bytes_at_once)
    places = np.array([7, 3, 3, 11])
    found = take(IMAGES, places, MemorySink("x", (2, 3)))
    np.testing.assert_array_equal(found, IMAGES[places])


def _write(path, *kinds):
    images = np.random.default_rng(0).integers(0, 256, (6, 4, 4), dtype=np.uint8)
    labels = np.arange(6) % 2
    np.savez(
        path, **{f"{x}_{kind}": a for kind in kinds for x, a in (("x", images), ("y", labels))}
    )


def test_a_share_of_one_takes_all_for_the_test(tmp_path):
    _write(tmp_path / "all.npz", "train")
    _write(tmp_path / "both.npz", "train", "test")
    _write(tmp_path / "test.npz", "test")
    for name in ("all", "test"):
        for memory_map in (False, True):
            found = data.load(tmp_path / f"{name}.npz", test_share=1, memory_map=memory_map)
            assert (found.train_images.shape, found.train_labels.shape) == ((0, 4, 4), (0,))
            assert found.test_labels.tolist() == [0, 1] * 3
            assert found.input_shape == (1, 4, 4)
    assert len(data.load(tmp_path / "both.npz", test_share=1).train_images) == 6
    joined = data.load(f"{tmp_path / 'all.npz'}+{tmp_path / 'test.npz'}", test_share=1)
    assert (len(joined.train_images), len(joined.test_images)) == (0, 12)
    with pytest.raises(DataError, match=r"holds images to test on and none to train on\. Put"):
        data.load(tmp_path / "test.npz")


def test_labels_that_are_floats_are_taken_for_the_test_too(tmp_path):
    images = np.random.default_rng(0).random((4, 4, 4), np.float32)
    np.savez(tmp_path / "a.npz", x_train=images, y_train=np.array([0.0, 1, 0, 1]))
    expected = data.load(tmp_path / "a.npz").train_labels.dtype
    assert data.load(tmp_path / "a.npz", test_share=1).test_labels.dtype == expected
