from dataclasses import dataclass
from typing import ClassVar

import pytest

from pellucid.errors import ConfigurationError
from pellucid.training.described import Described, from_dict


@dataclass(frozen=True)
class Thing(Described):
    name: ClassVar[str] = "Thing"

    size: float = 1.0
    is_large: bool = False


def test_it_comes_back_by_its_name():
    thing = Thing(2, is_large=True)
    assert thing.to_dict() == {"name": "Thing", "size": 2, "is_large": True}
    assert from_dict("thing", thing.to_dict(), {"Thing": Thing}) == thing


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": 2}, r"^Unknown thing None; known: Thing\.$"),
        ({"name": "Thin"}, r"^Unknown thing 'Thin'; known: Thing\. Did you mean 'Thing'\?$"),
        ({"name": "Thing", "siz": 2}, r"^Thing has no setting 'siz'\. Did you mean 'size'\?$"),
        ({"name": "Thing", "size": "2"}, r"^size is '2'; it must be a number\.$"),
        ({"name": "Thing", "size": True}, r"^size is True; it must be a number\.$"),
        ({"name": "Thing", "is_large": 1}, r"^is_large is 1; it must be True or False\.$"),
        ([], r"^A thing is described by a dictionary, not \[\]\.$"),
    ],
)
def test_what_is_none_is_refused(values, message):
    with pytest.raises(ConfigurationError, match=message):
        from_dict("thing", values, {"Thing": Thing})
