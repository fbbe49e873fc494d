from concurrent.futures import BrokenExecutor, CancelledError, Future

import pytest

from pellucid.errors import DataError, ExecutorError
from pellucid.execution.futures import gather


def submitting(outcomes):
    """Return a submit whose futures have these results or errors; None stays waiting."""
    futures = []

    def submit(function, argument):
        future, outcome = Future(), outcomes[argument]
        futures.append(future)
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        elif outcome is not None:
            future.set_result(function(outcome))
        return future

    return submit, futures


def test_results_are_in_the_order_of_the_arguments():
    submit, _ = submitting([-3, 1, -2])
    assert gather(submit, abs, [2, 0, 1]) == [2, 3, 1]
    assert gather(submit, abs, []) == []


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (
            RuntimeError("lost"),
            ExecutorError,
            r"^The executor failed with RuntimeError: lost\. The",
        ),
        (BrokenExecutor("killed"), ExecutorError, r"^A worker process ended abruptly \(BrokenEx"),
        (CancelledError(), ExecutorError, r"^The executor gave the work up: its scheduler is gone"),
        (ExecutorError("Other numpy."), ExecutorError, r"^Other numpy\. The parameters are those"),
        (DataError("no image"), DataError, r"^no image$"),
    ],
)
def test_an_error_is_put_in_words_and_takes_the_rest_back(error, kind, message):
    submit, futures = submitting([1, error, None])
    with pytest.raises(kind, match=message) as caught:
        gather(submit, abs, [0, 1, 2])
    assert caught.value.__cause__ is error
    assert [future.cancelled() for future in futures] == [False, False, True]
