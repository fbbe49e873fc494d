import re

import pytest

from pellucid import CNNClassifier
from pellucid.errors import UnknownArgumentError
from tests.estimators.small import X, Y, small


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("epochs", "use CNNClassifier(max_iter=10)."),
        ("validation_split", "use CNNClassifier(early_stopping=True"),
        ("eval_set", "use fit(X, y, validation_data=(X_val, y_val))."),
        ("sample_weigth", "Did you mean 'sample_weight'?"),
    ],
)
def test_arguments_of_other_libraries_name_what_to_use(name, instead):
    for method in (small().fit, small().partial_fit):
        with pytest.raises(UnknownArgumentError, match=re.escape(instead)) as caught:
            method(X, Y, **{name: 3})
        assert f"has no argument {name!r}" in str(caught.value)
        assert isinstance(caught.value, TypeError)


def test_parameters_too():
    with pytest.raises(UnknownArgumentError, match="CNNClassifier has no argument 'lr'; use"):
        CNNClassifier(lr=0.1)
    with pytest.raises(UnknownArgumentError, match="Did you mean 'batch_size'"):
        CNNClassifier(batchsize=3)
