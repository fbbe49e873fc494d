"""The sweep: every value comes up, the same networks every time, and the worst are listed."""

from collections import Counter

from benchmarks.results import Found
from benchmarks.sections import sweep
from pellucid import Conv2D, MaxPool2D
from pellucid.measuring.work import training_work


def test_every_value_comes_up():
    made = sweep.networks(sweep.COUNT)
    assert len(made) == sweep.COUNT
    assert made == sweep.networks(sweep.COUNT)
    convs = [layer for n in made for layer in n.layers if isinstance(layer, Conv2D)]
    pools = [layer for n in made for layer in n.layers if isinstance(layer, MaxPool2D)]
    filters = Counter(c.filters for c in convs)
    assert set(filters) == set(sweep.FIRST) | set(sweep.SECOND) - {0}
    assert set(Counter(c.kernel_pair[0] for c in convs)) == set(sweep.SIZES)
    assert set(Counter(c.stride_pair[0] for c in convs)) == set(sweep.STRIDES)
    assert {str(c.padding) for c in convs} == {"valid", "same", "(1, 1)"}
    shapes = {(p.pool_pair[0], p.stride_pair[0]) for p in pools}
    assert shapes == set(sweep.POOLS) - {None}
    assert {n.input_shape for n in made} == set(sweep.INPUTS)
    assert max(training_work(n) for n in made) <= sweep.MOST_WORK
    assert len({sweep.name_of(n) for n in made}) > 0.95 * sweep.COUNT


def test_the_worst_are_listed():
    rows = [{"network": f"n{i}", "ratio": i / 10, "ratios": [0.0, i / 10, 9.0]} for i in range(30)]
    found = Found()
    sweep._summary(rows[::-1], found)
    [table] = found.tables
    assert [row[0] for row in table.rows] == [f"n{i}" for i in range(10)]
    assert found.figures == {"worst": 0.0, "median": 1.5, "below": 10.0}
    assert "10 of 30 below 1" in table.note


def test_a_network_in_a_line():
    [network] = sweep.networks(1)
    line = sweep.name_of(network)
    assert line.startswith(" x ".join(map(str, network.input_shape)) + ": Conv2D(")
    assert line.endswith("Dense(10)")
