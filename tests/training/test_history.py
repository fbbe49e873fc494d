import csv
import io

from pellucid import History
from pellucid.training import Update

UPDATES = [Update(1, 1024, 0.1 + 0.2, 1 / 3, 0.5), Update(2, 40, 1e-17, 1.0, 2.25)]


def test_a_new_history_is_empty():
    history = History()
    assert (len(history), history.losses, history.images, history.seconds) == (0, [], 0, 0.0)
    assert not history.interrupted
    assert history.to_csv() == "update,images,loss,accuracy,seconds\n"


def test_updates_are_kept_in_order_and_added_up():
    history = History()
    for update in UPDATES:
        history.append(update)
    assert len(history) == 2
    assert history.updates == UPDATES
    assert history.losses == [0.1 + 0.2, 1e-17]
    assert history.images == 1064
    assert history.seconds == 2.25


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
