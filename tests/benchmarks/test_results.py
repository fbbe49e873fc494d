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


def test_some_cases_again_leave_the_others():
    old = Found(
        [Table("a", ["x"], [["1"]]), Table("b", ["x"], [["2"]])], {"a": 1.0, "b": 2.0},
        {"a": [1], "b": [2]}, ["a: JAX failed", "b: JAX failed"],
    )  # fmt: skip
    new = Found([Table("b", ["x"], [["3"]])], {"b": 3.0}, {"b": [3]}, ["b: skorch failed"])
    found = old.replaced_by(new)
    assert [(table.title, table.rows) for table in found.tables] == [("a", [["1"]]), ("b", [["3"]])]
    assert (found.figures, found.data) == ({"a": 1.0, "b": 3.0}, {"a": [1], "b": [3]})
    assert found.failed == ["a: JAX failed", "b: skorch failed"]


def test_found_goes_through_json():
    found = Found([Table("t", ["a"], [["1"]], "n")], {"f": 1.5}, {"d": [1]}, ["x: failed"])
    assert Found.from_dict(json.loads(json.dumps(found.to_dict()))) == found
