import pytest

from pellucid.studio.live.branches import MOST_POINTS, Branch, block_of, points
from pellucid.training import Update


def updates(count, first=1):
    return [
        Update(k, 8, 1.0 / k, k / 100, 0.1, f"{k:016x}", *([2.0, 0.5] if k % 4 == 0 else []))
        for k in range(first, first + count)
    ]


@pytest.mark.parametrize("total", [1, 79, 2000, 2001, 1_000_000])
def test_a_curve_has_no_more_points_than_a_picture_can_show(total):
    block = block_of(total)
    assert total / block <= MOST_POINTS
    assert block == 1 or total / (block - 1) > MOST_POINTS


def test_points_that_come_one_after_another_are_those_that_come_at_once():
    all_of_them = updates(23)
    whole = points(all_of_them, 3)
    assert [point[0] for point in whole] == [3, 6, 9, 12, 15, 18, 21]
    found = []
    for count in range(24):
        found += points(all_of_them[:count], 3, len(found))
    assert found == whole


def test_the_validation_of_a_block_is_its_last():
    found = points(updates(9), 3)
    assert [point[3:] for point in found] == [(None, None), (2.0, 0.5), (2.0, 0.5)]


def test_the_same_bits_are_told_from_others():
    first = Branch(1, updates=updates(6))
    again = Branch(2, 4, 1, first.updates[:4])
    assert again.same_as(first) == 0
    again.updates.append(first.updates[4])
    assert again.same_as(first) == 1
    again.updates.append(updates(1, 7)[0])
    assert again.same_as(first) is None
    longer = Branch(3, 6, 1, [*first.updates, *updates(2, 7)])
    assert longer.same_as(first) == 0


def test_a_rate_that_is_set_back_before_it_began_leaves_nothing():
    branch = Branch(1, rates=[(1, 0.05)])
    branch.set_rate(4, 0.1)
    branch.set_rate(4, 0.05)
    assert branch.rates == [(1, 0.05)]
    branch.set_rate(1, 0.2)
    assert branch.rates == [(1, 0.2)]
