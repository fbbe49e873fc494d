import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, ReLU, Residual, Tanh
from pellucid.errors import ExportError
from pellucid.export.from_graph import Piece, network_of


def conv(name, reads, value):
    filters = np.full((1, 1, 3, 3), value, np.float32)
    layer = Conv2D(1, 3, padding="same", bias=False)
    return Piece(name, (reads,), layer, {"f": filters})


END = [Piece("flat", ("sum",), Flatten())]


def test_ways_within_ways_become_residuals_and_keep_their_parameters():
    pieces = [
        conv("a", "", 1), conv("b", "a", 2), Piece("r", ("b",), ReLU()), conv("c", "r", 3),
        Piece("inner", ("r", "c"), None), conv("d", "a", 4), Piece("t", ("inner",), Tanh()),
        Piece("sum", ("d", "t"), None), *END,
    ]  # fmt: skip
    network, parameters = network_of(pieces, "flat", (2, 2), None)
    _, residual, flat = network.layers
    assert isinstance(flat, Flatten)
    assert isinstance(residual, Residual)
    kinds = [type(layer).__name__ for layer in residual.layers]
    assert kinds == ["Conv2D", "ReLU", "Residual", "Tanh"]
    assert len(residual.shortcut) == 1
    values = {name: view.ravel()[0] for name, view in network.views(parameters).items()}
    assert values == {"f1": 1, "f2": 2, "f3": 3, "f4": 4}


def test_what_is_read_again_elsewhere_is_refused():
    pieces = [conv("a", "", 1), conv("b", "a", 2), Piece("sum", ("b", ""), None)]
    network_of([*pieces, *END], "flat", (2, 2), None)
    more = [*pieces, conv("c", "sum", 1), Piece("end", ("c", "a"), None)]
    with pytest.raises(ExportError, match="ways may part and meet again in a sum, but not cross"):
        network_of([*more, Piece("flat", ("end",), Flatten())], "flat", (2, 2), None)


def test_arrays_must_be_numbers_of_the_right_shape():
    weights = np.zeros((2, 4), np.float32)
    pieces = [Piece("flat", ("",), Flatten()), Piece("fc", ("flat",), Dense(2, bias=False), {})]
    for array, message in ((weights[:, :3], "is .* the shape of its images"),
                           (np.full_like(weights, np.nan), "NaN or infinity")):  # fmt: skip
        pieces[1].arrays["w"] = array
        with pytest.raises(ExportError, match=message):
            network_of(pieces, "fc", (2, 2), None)


def test_too_many_sums_within_one_another_are_refused():
    pieces, last = [], ""
    for number in range(40):
        pieces.append(conv(f"c{number}", last, 1))
        last = f"c{number}"
    for number in range(40):
        before = f"c{38 - number}" if number < 39 else ""
        pieces.append(Piece(f"s{number}", (last, before), None))
        last = f"s{number}"
    pieces.append(Piece("flat", (last,), Flatten()))
    with pytest.raises(ExportError, match="more than 32 sums stand inside one another"):
        network_of(pieces, "flat", (2, 2), None)
