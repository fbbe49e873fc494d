import pickle

import pytest

from pellucid import errors
from pellucid.errors import Argument, ConfigurationError, PellucidError, did_you_mean

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
        ("OutOfMemoryError", MemoryError),
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


def shouted(name):
    return f"--{name.upper()}"


def test_an_error_knows_the_argument_it_begins_with():
    error = ConfigurationError("eps is 0, and steps are not eps; use more.", argument="eps")
    assert error.argument == "eps"
    assert str(error) == "eps is 0, and steps are not eps; use more."
    assert str(error.named(shouted)) == "--EPS is 0, and steps are not eps; use more."
    assert type(error.named(shouted)) is ConfigurationError
    assert error.named(shouted).argument == "--EPS"
    assert str(error) == "eps is 0, and steps are not eps; use more."


def test_an_error_that_names_several():
    error = PellucidError(Argument("size"), " is 3, but size 4 needs ", Argument("fit"), ".")
    assert error.argument == "size"
    assert str(error.named(shouted)) == "--SIZE is 3, but size 4 needs --FIT."
    error.add(" Or leave out ", Argument("size"), ".")
    assert str(error) == "size is 3, but size 4 needs fit. Or leave out size."
    assert str(error.named(shouted)) == "--SIZE is 3, but size 4 needs --FIT. Or leave out --SIZE."


@pytest.mark.parametrize("kind", KINDS)
def test_arguments_are_named_after_a_pickle_too(kind):
    error = pickle.loads(pickle.dumps(kind(Argument("out"), " is no folder.")))
    assert (str(error), error.argument) == ("out is no folder.", "out")
    assert str(error.named(shouted)) == "--OUT is no folder."


def test_an_error_that_names_none():
    assert PellucidError("All wrong.").argument is None
    assert str(PellucidError("All wrong.").named(shouted)) == "All wrong."
    assert str(PellucidError()) == ""


def test_messages_are_short_and_no_commands_to_a_terminal():
    error = errors.ConfigurationError(f"name is {'x' * 100_000}; use\n\x1b[31m{'y' * 50}.")
    assert len(str(error)) < 2200
    assert str(error).startswith("name is xxx")
    assert " ... " in str(error)
    assert str(error).endswith("; use\n?[31m" + "y" * 50 + ".")
