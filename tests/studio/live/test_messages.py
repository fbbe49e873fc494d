import base64
import json

import numpy as np

from pellucid.studio.live.messages import Follower, as_event, standing, told_of
from tests.studio.live.examples import LABELS, UPDATES, live, wait, waiting_at


def read(events):
    """Return what a browser makes of some events: names and what they hold."""
    found = []
    for event in events:
        name, data, end, last = event.split("\n")
        assert (end, last) == ("", "")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def all_of(follower, training, update):
    wait(waiting_at(training, update))
    return read(follower.news())


def test_what_is_told_is_told_once():
    with live() as training:
        training.watch()
        follower = Follower(training, "life")
        (_, now), (name, look) = all_of(follower, training, 0)
        assert (now["session"], now["update"], now["total"]) == ("life", 0, UPDATES)
        assert now["curves"] == {"1": {"since": 0, "points": []}}
        assert (name, look["update"]) == ("look", 0)
        assert follower.news() == []
        training.step()
        (_, now), (_, look) = all_of(follower, training, 1)
        update = training.branch.updates[0]
        points = [[1, update.loss, update.accuracy, None, None]]
        assert now["curves"] == {"1": {"since": 0, "points": points}}
        assert look["labels"] == LABELS[look["places"]].tolist()
        training.step()
        (_, now), _ = all_of(follower, training, 2)
        assert now["curves"]["1"]["since"] == 1
        assert len(now["curves"]["1"]["points"]) == 1
        # Another page hears all of it.
        (_, other), _ = read(Follower(training).news())
        assert [point[0] for point in other["curves"]["1"]["points"]] == [1, 2]


def test_a_branch_has_its_whole_curve_and_says_whether_its_bits_are_the_same():
    with live() as training:
        training.watch()
        for update in (1, 2, 3):
            training.step()
            wait(waiting_at(training, update))
        follower = Follower(training)
        follower.news()
        training.go_back(1, 2)
        wait(lambda: training.branch.number == 2)
        (_, now), _ = all_of(follower, training, 2)
        first, second = now["branches"]
        assert (first["number"], first["cameOf"], now["every"]) == (1, None, 1)
        assert (second["start"], second["cameOf"]) == (2, 1)
        assert (second["same"], second["isCompared"]) == (0, True)
        assert [point[0] for point in now["curves"]["2"]["points"]] == [1, 2]
        training.step()
        wait(waiting_at(training, 3))
        assert standing(training)["branches"][1]["same"] == 1
        training.go_back(2, 2)
        wait(lambda: training.branch.number == 3)
        training.set_rate(0.2)
        training.step()
        wait(waiting_at(training, 3))
        assert standing(training)["branches"][2]["same"] is None
        assert standing(training)["branches"][2]["rates"] == [[1, 0.01], [3, 0.2]]


def test_arrays_come_as_they_are():
    with live() as training:
        training.watch()
        training.step()
        wait(waiting_at(training, 1))
        told = told_of(training.snapshot)

        def array(name, dtype):
            return np.frombuffer(base64.b64decode(told[name]), dtype)

        np.testing.assert_array_equal(array("parameters", "<f4"), training.snapshot.parameters)
        np.testing.assert_array_equal(array("said", "<u2"), training.snapshot.said)
        np.testing.assert_array_equal(array("sure", "u1"), training.snapshot.sure)
        assert array("after", "u1").size == training.snapshot.after.size
        assert as_event("look", told).count("\n") == 3
