from hypothesis import given
from hypothesis import strategies as st

from pellucid.recipes.sizes import batch_size_for, passes_for, plain_passes_for, sections_for


@given(st.integers(1, 10**9))
def test_small_sets_are_gone_over_more_often_and_large_ones_take_longer(images):
    passes, more = passes_for(images), passes_for(4 * images)
    assert 5 <= more <= passes <= 80
    assert 4 * images * more > images * passes


@given(st.integers(1, 10**9))
def test_a_plain_network_goes_over_them_more_often_while_that_is_soon_done(images):
    passes, plain = passes_for(images), plain_passes_for(images)
    assert passes <= plain <= max(passes, 24)
    assert plain == passes or images * plain <= 1_500_000 + images / 2


@given(st.integers(1, 10**9))
def test_a_batch_is_never_more_than_there_is(images):
    size = batch_size_for(images)
    assert size == images or 32 <= size <= min(256, images)


@given(st.integers(1, 5000))
def test_a_section_has_an_image(batch_size):
    assert sections_for(batch_size) == min(8, batch_size)
