import json

import pytest

from pellucid import Adam
from pellucid.errors import ConfigurationError
from pellucid.training.optimizers.dictionary import OPTIMIZERS, optimizer_from_dict


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_comes_back(name):
    optimizer = OPTIMIZERS[name]()
    assert optimizer.name == name
    assert optimizer_from_dict(json.loads(json.dumps(optimizer.to_dict()))) == optimizer


def test_without_a_name_it_is_adam():
    assert optimizer_from_dict({"learning_rate": 0.5, "eps": 1e-8}) == Adam(0.5, eps=1e-8)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"name": "Adm"},
            r"^Unknown optimizer 'Adm'; known: Adam, AdamW, SGD\. Did you mean 'Adam'\?",
        ),
        ({"name": 3}, r"^Unknown optimizer 3; known: Adam, AdamW, SGD\.$"),
        ({"beta": 0.5}, r"^Adam has no setting 'beta'\. Did you mean 'beta1'|'beta2'\?$"),
        ({"learning_rate": "fast"}, r"^learning_rate is 'fast'; it must be a number\.$"),
        (["Adam"], r"^An optimizer is described by a dictionary, not \['Adam'\]\.$"),
        (None, r"^An optimizer is described by a dictionary, not None\.$"),
    ],
)
def test_what_is_none_is_refused(values, message):
    with pytest.raises(ConfigurationError, match=message):
        optimizer_from_dict(values)
