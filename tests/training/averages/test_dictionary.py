import json

import pytest

from pellucid.errors import ConfigurationError
from pellucid.training.averages.dictionary import AVERAGES, average_from_dict


@pytest.mark.parametrize("name", AVERAGES)
def test_every_average_comes_back(name):
    average = AVERAGES[name](start=0.25)
    assert average.name == name
    assert average_from_dict(json.loads(json.dumps(average.to_dict()))) == average


def test_what_is_none_is_refused():
    with pytest.raises(
        ConfigurationError, match=r"^Unknown average None; known: ExponentialAverag"
    ):
        average_from_dict({"start": 0.5})
