import numpy as np
import pytest

from pellucid import CNNClassifier, Flatten
from pellucid.arguments import (
    flag,
    instance,
    is_number,
    is_whole,
    positive,
    seconds,
    share,
    warn,
    whole,
)
from pellucid.errors import ConfigurationError


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_whole_numbers_of_any_kind(value):
    assert is_whole(value)
    assert is_number(value)
    assert whole("n", value, least=3, most=3) == 3
    assert type(whole("n", value, least=1)) is int


@pytest.mark.parametrize("value", [True, np.True_, 3.0, "3", None, [3], float("nan"), 0, 5])
def test_what_is_no_whole_number_or_out_of_bounds(value):
    with pytest.raises(ConfigurationError, match=r"^n is .*; it must be a whole number of at leas"):
        whole("n", value, least=1, most=4)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), np.int8(1)])
def test_numbers_of_any_kind(value):
    assert is_number(value)
    assert type(positive("n", value)) is float


@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), "1", None, True])
def test_what_is_no_positive_number(value):
    with pytest.raises(ConfigurationError, match=r"^n is .*; it must be a finite number above 0, "):
        positive("n", value, ", for example 30")


@pytest.mark.parametrize("value", [0, 1, -0.5, "0.5", None, float("nan"), True])
def test_what_is_no_share(value):
    assert share("n", np.float32(0.5)) == 0.5
    with pytest.raises(ConfigurationError, match=r"^n is .*; it must be above 0 and below 1\.$"):
        share("n", value)


def test_an_object_of_another_kind_is_shown_in_short():
    assert instance("n", "text", str, "'a'") == "text"
    with pytest.raises(ConfigurationError) as error:
        instance("n", "x" * 1000, int, "3")
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(
    "check",
    [
        lambda: whole("n", 0, least=1), lambda: flag("n", 2), lambda: share("n", 2),
        lambda: positive("n", 0), lambda: instance("n", 0, str, "'a'"),
    ],
)  # fmt: skip
def test_errors_know_their_argument(check):
    with pytest.raises(ConfigurationError) as error:
        check()
    assert error.value.argument == "n"


def test_warnings_are_of_the_line_outside():
    # Through the package's own functions, however many, to whoever called the first of them.
    rows = CNNClassifier(max_iter=1, network=[Flatten()])
    with pytest.warns(UserWarning, match="set image_shape=") as caught:
        rows.fit(np.eye(12, 192), np.arange(12) % 2)
    assert [warning.filename for warning in caught] == [__file__]
    with pytest.warns(UserWarning, match="^Mind the step$") as caught:
        warn("Mind the step")
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30s", 30), ("30 sec", 30), ("2min", 120), ("1.5m", 90), (" 1h", 3600)],
)
def test_times(text, expected):
    assert seconds("time", text) == expected


@pytest.mark.parametrize("text", ["", "2", "min", "-3s", "0s", "1d", "1e3s", "2 minutes"])
def test_what_is_no_time(text):
    with pytest.raises(ConfigurationError, match=r"^time is .*such as 30s, 2min or 1h\.$"):
        seconds("time", text)
