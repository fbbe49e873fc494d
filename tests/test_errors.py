import pickle

import pytest

from pellucid import errors
from pellucid.errors import PellucidError, did_you_mean

KINDS = [getattr(errors, name) for name in errors.__all__ if name.endswith("Error")]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_the_one_root(kind):
    assert issubclass(kind, PellucidError)


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("ConfigurationError", ValueError),
        ("NetworkError", ValueError),
        ("DataError", ValueError),
        ("DownloadError", OSError),
        ("ExecutorError", RuntimeError),
        ("ModelFileError", ValueError),
        ("CheckpointError", ValueError),
        ("RunExistsError", FileExistsError),
        ("RunInUseError", BlockingIOError),
        ("DivergenceError", ArithmeticError),
    ],
)
def test_each_is_also_the_builtin_that_a_caller_expects(name, builtin):
    with pytest.raises(builtin, match=r"^what went wrong$"):
        raise getattr(errors, name)("what went wrong")


def test_a_network_that_does_not_fit_is_a_wrong_configuration():
    assert issubclass(errors.NetworkError, errors.ConfigurationError)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("minst", " Did you mean 'mnist'?"),
        ("digts", " Did you mean 'digits'?"),
        ("mnist", " Did you mean 'mnist'?"),
        ("zebra", ""),
        ("", ""),
    ],
)
def test_suggests_the_nearest_choice_if_one_is_near(value, expected):
    assert did_you_mean(value, ["mnist", "digits"]) == expected


def test_suggests_from_any_iterable():
    assert did_you_mean("ReLu", {"ReLU": 1, "Dense": 2}) == " Did you mean 'ReLU'?"
    assert did_you_mean("ReLu", iter([])) == ""


def test_divergence_carries_where_it_was_through_a_pickle():
    error = errors.DivergenceError("text", update=3, layer="layer 1, ReLU()", images=[4, 5])
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.update, again.layer, again.images) == (
        "text", 3, "layer 1, ReLU()", (4, 5)
    )  # fmt: skip
    plain = errors.DivergenceError("text")
    assert (plain.update, plain.layer, plain.images) == (None, None, ())
