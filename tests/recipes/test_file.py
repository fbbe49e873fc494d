import contextlib
import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import CosineSchedule, MeanAverage
from pellucid.errors import ConfigurationError
from pellucid.recipes import (
    RECIPES,
    Brief,
    changed,
    is_recipe_file,
    named,
    read_recipe,
    recipe_to_toml,
)

BRIEF = Brief((3, 32, 32), 10, 700, "photos", is_mirrored_alike=True)
ROWS = Brief((1, 1, 200), 10, 700, "signals")
OF_PICTURES = sorted(RECIPES.keys() - {"signal"})


def same(first, second):
    nameless = [dataclasses.replace(one, name="", reasons=()) for one in (first, second)]
    return nameless[0] == nameless[1]


@pytest.mark.parametrize(
    ("name", "base", "brief"),
    [
        *((name, base, BRIEF) for name in OF_PICTURES for base in OF_PICTURES),
        ("signal", "signal", ROWS), ("signal", "plain", ROWS), ("auto", "signal", ROWS),
    ],
)  # fmt: skip
def test_a_file_is_the_whole_recipe_whatever_it_changes(tmp_path, name, base, brief):
    made = dataclasses.replace(
        named(name, brief), schedule=CosineSchedule(0.2), average=MeanAverage(), clip_norm=3.0
    )
    path = tmp_path / "mine.toml"
    path.write_text(recipe_to_toml(made))
    assert same(changed(named(base, brief), read_recipe(path), brief), made)


def test_json_does_as_well(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"recipe": "plain", "epochs": 2, "scale": [0.5, 2]}))
    assert read_recipe(path) == {"recipe": "plain", "epochs": 2, "scale": (0.5, 2)}
    assert is_recipe_file(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch = 3", "has the entry 'epoch', which no recipe has; .*mean 'epochs'"),
        ("epochs = 'many'", "has epochs = 'many'; it must be a number"),
        ("batch_size = 2.5", "batch_size = 2.5; it must be a whole number"),
        ("optimizer = 'adan'", "optimizer = 'adan'; it must be one of adam, adamw, sgd"),
        ("recipe = 'mine.toml'", "recipe = 'mine.toml'; it must be one of auto"),
        ("scale = 1", "scale = 1; it must be two numbers"),
        ("nesterov = 1", "nesterov = 1; it must be true or false"),
        ("network = ['ReLU']", "it must be a text"),
        ("epochs", "is no recipe that can be read"),
        ("x = " + "[" * 5000, "is no recipe that can be read"),
    ],
)
def test_a_file_that_is_no_recipe(tmp_path, text, message):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        read_recipe(path)


def test_a_file_that_is_not_there_or_too_large(tmp_path):
    with pytest.raises(ConfigurationError, match=r"^recipe is .*, which can't be read: No such"):
        read_recipe(tmp_path / "none.toml")
    large = tmp_path / "large.json"
    large.write_bytes(b" " * 1_000_001)
    with pytest.raises(ConfigurationError, match="more than 1,000,000 bytes"):
        read_recipe(large)
    large.write_text("[1]")
    with pytest.raises(ConfigurationError, match="holds no names"):
        read_recipe(large)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("file") / "any.toml"
    path.write_bytes(content)
    with contextlib.suppress(ConfigurationError):
        assert isinstance(read_recipe(path), dict)
