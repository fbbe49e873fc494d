import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Preprocessing
from pellucid.data.samples import Problems, Reading, Samples
from pellucid.errors import DataError


def none():
    return iter(())


@given(
    st.integers(0, 2**40),
    st.lists(st.integers(1, 2**12), min_size=1, max_size=3),
    st.sampled_from([np.uint8, np.float32, np.float64]),
)
def test_the_size_of_samples_never_wraps(count, shape, dtype):
    expected = count * np.dtype(dtype).itemsize
    for side in shape:
        expected *= side
    assert Samples(count, tuple(shape), np.dtype(dtype), none).size == expected


def test_nothing_wrong_is_nothing_said():
    said = []
    assert Problems("set").settle(False, said.append) == ""
    assert Problems("set").settle(True, said.append) == ""
    assert said == []


def test_one_error_lists_all_problems():
    problems = Problems("set")
    problems.add("a.png", "it is empty (0 bytes)")
    problems.what = "row"
    with pytest.raises(DataError) as error:
        problems.settle(False, None)
    start = "set has 1 bad row; repair or remove them, or go on without them (skip_bad):"
    assert str(error.value) == f"{start}\n  a.png: it is empty (0 bytes)"
    problems.add("b.png", "it is a folder")
    with pytest.raises(DataError, match=r"^set has 2 bad rows; .*\n  a\.png: .*\n  b\.png: it is"):
        problems.settle(False, None)


def test_skipping_says_how_many_and_the_first():
    problems, said = Problems("set"), []
    for name in "ab":
        problems.add(name, "it is empty (0 bytes)")
    note = problems.settle(True, said.append)
    assert note == "Going on without 2 bad files of set, the first a: it is empty (0 bytes)."
    assert said == [note]
    assert problems.settle(True, None) == note


def test_a_problem_is_a_line_whatever_the_name():
    problems = Problems("set")
    problems.add("a\nb\r\x0bc.png", "bad")
    assert problems.lines == ["a b  c.png: bad"]


def test_more_problems_than_are_kept_are_counted(monkeypatch):
    monkeypatch.setattr(Problems, "MOST", 3)
    problems = Problems("set")
    for number in range(1003):
        problems.add(number, "bad")
    with pytest.raises(DataError) as error:
        problems.settle(False, None)
    lines = str(error.value).split("\n")
    assert "1,003 bad files" in lines[0]
    assert lines[1:] == ["  0: bad", "  1: bad", "  2: bad", "  and 1,000 more"]


def test_options_are_what_changes_the_result():
    base = Reading("set").options()
    same = Reading("other", say=print, progress=print, memory_map=True).options()
    assert base == same
    for change in (
        {"skip_bad": True},
        {"size": (3, 4)},
        {"preprocessing": Preprocessing((3, 4))},
        {"test_share": 0.3},
        {"seed": 1},
    ):
        assert Reading("set", **change).options() != base


def test_each_reading_has_problems_of_its_own():
    one, other = Reading("a"), Reading("a")
    one.problems.add("x", "bad")
    assert other.problems.count == 0
    one.tell("nobody listens")
    said = []
    Reading("a", say=said.append).tell("a line")
    assert said == ["a line"]
