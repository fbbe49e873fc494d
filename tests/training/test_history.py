import csv
import io
import re

import pytest

from pellucid import History
from pellucid.errors import DataError
from pellucid.training import Update

UPDATES = [
    Update(1, 1024, 0.1 + 0.2, 1 / 3, 0.5, "0123456789abcdef"),
    Update(2, 40, 1e-17, 1.0, 2.25),
]


def test_a_new_history_is_empty():
    history = History()
    assert (len(history), history.losses, history.images, history.seconds) == (0, [], 0, 0.0)
    assert not history.interrupted
    assert history.to_csv() == "update,images,loss,accuracy,seconds,fingerprint\n"


def test_updates_are_kept_in_order_and_added_up():
    history = History()
    for update in UPDATES:
        history.append(update)
    assert len(history) == 2
    assert history.updates == UPDATES
    assert history.losses == [0.1 + 0.2, 1e-17]
    assert history.images == 1064
    assert history.seconds == 2.25


def test_a_loss_for_every_pass():
    history = History([Update(n, 20, loss, 0, 0) for n, loss in enumerate((3.0, 1.0, 4.0), 1)])
    assert history.pass_losses(20) == [3, 1, 4]
    assert history.pass_losses(40) == [2, 4]  # the last is a part of a pass
    assert history.pass_losses(1000) == [pytest.approx(8 / 3)]
    assert history.pass_losses(10) == [3, 3, 1, 1, 4, 4]
    assert History().pass_losses(10) == []


def test_csv_keeps_every_digit():
    rows = list(csv.DictReader(io.StringIO(History(list(UPDATES)).to_csv())))
    for row, update in zip(rows, UPDATES, strict=True):
        assert int(row["update"]) == update.update
        assert int(row["images"]) == update.images
        assert float(row["loss"]) == update.loss
        assert float(row["accuracy"]) == update.accuracy
        assert float(row["seconds"]) == update.seconds


def test_no_two_histories_share_their_updates():
    first, second = History(), History()
    first.append(UPDATES[0])
    assert len(second) == 0


def test_csv_is_read_back_to_the_last_bit():
    assert History.from_csv(History(list(UPDATES)).to_csv()).updates == UPDATES
    assert History.from_csv(History().to_csv()).updates == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("update,", "step,", "It is no history: its first line is not update,images,loss,"),
        ("2,40,", "3,40,", "Line 3 of the history is not an update: '3,40,1e-17,1.0,2.25,'."),
        ("1,1024", "1,many", "Line 2 of the history is not an update"),
        ("1,1024", "1,0", "Line 2 of the history is not an update"),
        ("1e-17", "nan", "Line 3 of the history is not an update"),
        ("89abcdef", "89ABCDEF", "Line 2 of the history is not an update"),
        (",2.25,", "", "Line 3 of the history is not an update"),
        ("2,40", "\n2,40", "Line 3 of the history is not an update: ''."),
    ],
)
def test_csv_that_is_no_history(old, new, message):
    text = History(list(UPDATES)).to_csv()
    assert text.count(old) == 1
    with pytest.raises(DataError, match=re.escape(message)):
        History.from_csv(text.replace(old, new))
    with pytest.raises(DataError, match="It is no history"):
        History.from_csv("")


def test_interrupted_is_by_which_signal():
    assert History(stopped_by="SIGTERM").interrupted
    assert not History().interrupted
