"""How measurements are summed up, and survive being written."""

import json

from benchmarks.results import Found, Table, pairs, spread


def test_spread():
    found = spread([3.0, 1.0, 2.0, 10.0])
    assert (found.median, found.low, found.high) == (2.5, 1.0, 10.0)
    assert spread([1234.5]).text() == "1,234 (1,234 to 1,234)"
    assert spread([1.0, 2.0]).text(" x", 1) == "1.5 x (1.0 to 2.0)"


def test_pairs_go_as_far_as_both():
    assert pairs([4.0, 9.0, 5.0], [2.0, 3.0]) == [2.0, 3.0]


def test_found_goes_through_json():
    found = Found([Table("t", ["a"], [["1"]], "n")], {"f": 1.5}, {"d": [1]}, ["x: failed"])
    assert Found.from_dict(json.loads(json.dumps(found.to_dict()))) == found
