import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Adam, Augmentation, Schedule, presets
from pellucid.errors import ConfigurationError, NetworkError
from pellucid.network.loss import CrossEntropy, MeanSquaredError
from pellucid.recipes import RECIPES, Brief, Recipe, named
from pellucid.recipes.named import MANY, augmentation_for, randomizing_for

BRIEFS = st.builds(
    Brief,
    st.tuples(st.sampled_from([1, 3]), st.integers(1, 70), st.integers(1, 70)),
    st.integers(2, 30),
    st.integers(1, 10**6),
    st.sampled_from(["drawings", "objects", "photos", "signals", "rows"]),
    st.sampled_from([True, False, None]),
    st.sampled_from([CrossEntropy(), MeanSquaredError()]),
)


@settings(max_examples=60, deadline=None)
@given(BRIEFS, st.sampled_from(["auto", "plain"]))
def test_any_images_have_a_recipe(brief, name):
    made = named(name, brief)
    network = made.network
    assert (network.input_shape, network.classes) == (brief.input_shape, brief.outputs)
    assert network.loss == brief.loss
    assert 1 <= made.sections <= made.batch_size <= max(brief.images, 1)
    assert made.images >= 5 * brief.images
    if made.augmentation is not None:
        made.augmentation.check_channels(brief.input_shape[0])


def test_the_reference_recipe_is_the_reference_run():
    made = named("reference", Brief((1, 28, 28), 10, 60_000))
    expected = Recipe(
        "reference", presets.reference(), Adam(0.05), Schedule(0.3, 0.3), Augmentation(),
        images=81_000, batch_size=1024, sections=8,
    )  # fmt: skip
    assert made == expected


def test_auto_says_what_it_stands_for_and_why():
    photos = named("auto", Brief((3, 32, 32), 10, 500, "photos", is_mirrored_alike=True))
    assert photos.name == "residual"
    assert photos.reasons == (
        "The images are photographs, so the recipe is residual.",
        "Images are shifted, and half of them mirrored, for left and right are alike in them.",
    )
    drawn = named("auto", Brief((1, 28, 28), 10, 500))
    assert (drawn.name, drawn.network) == ("plain", presets.default((28, 28), 10))


def test_signals_get_convolutions_along_them():
    made = named("auto", Brief((1, 1, 300), 4, 500, "signals"))
    assert (made.name, made.network) == ("signal", presets.signal((1, 300), 4))
    assert made.augmentation is None
    assert "go on from one to the next, so the recipe is signal" in made.reasons[0]
    assert named("auto", Brief((1, 1, 300), 4, 500, "rows")).name == "plain"
    with pytest.raises(NetworkError, match="are no rows of 16 values or more"):
        named("signal", Brief((3, 32, 32), 10, 500, "photos"))


@pytest.mark.parametrize(("alike", "mirror"), [(True, 0.5), (None, 0.5), (False, 0.0)])
def test_only_what_has_no_sides_is_mirrored(alike, mirror):
    made, reasons = randomizing_for(Brief((3, 32, 32), 10, 500, "photos", alike))
    assert made.mirror == mirror
    assert ("not mirrored" in reasons[0]) == (mirror == 0)
    drawn, _ = randomizing_for(Brief((3, 32, 32), 10, 500, "drawings", alike))
    assert drawn.mirror == 0


def test_of_many_things_more_can_be_learned_than_a_plain_network_holds():
    few, many = (named("auto", Brief((1, 28, 28), 10, n, "objects")) for n in (MANY - 1, 50_000))
    assert (few.name, many.name) == ("plain", "residual")
    assert many.images == 16 * 50_000
    assert many.augmentation.mirror == 0
    assert "things on a plain ground" in many.reasons[0]
    assert named("auto", Brief((1, 7, 28), 10, 50_000, "objects")).name == "plain"


def test_randomizing_goes_with_the_size():
    of_few = augmentation_for("drawings", (3, 20, 9), MANY - 1)
    assert (of_few.shift, of_few.rotation) == ((-0.9, 0.9), (-15, 15))
    of_many = augmentation_for("drawings", (3, 20, 9), MANY)
    assert (of_many.shift, of_many.rotation) == ((-0.45, 0.45), (-10, 10))
    of_things = augmentation_for("objects", (3, 56, 60), 100)
    assert (of_things.shift, of_things.rotation) == ((-3, 3), (-5, 5))
    assert of_things.scale == (0.95, 1.05)
    assert of_many.scale == (0.9, 1.1)
    assert augmentation_for("drawings", (1, 7, 30), 500) is None
    assert augmentation_for("photos", (3, 48, 64), MANY) == Augmentation.photos(48)


def test_a_name_that_is_none():
    with pytest.raises(ConfigurationError, match=r"^recipe is 'resdual'; .*mean 'residual'\?$"):
        named("resdual", Brief((1, 28, 28), 10, 500))


def test_a_recipe_that_does_not_suit_the_images():
    with pytest.raises(NetworkError, match="too small for the residual network"):
        named("residual", Brief((3, 7, 32), 10, 500, "photos"))


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_described_in_a_line(name):
    line = (RECIPES[name].__doc__ or "").splitlines()[0]
    assert line.endswith(".")
    assert np.char.count(line, "\n") == 0
