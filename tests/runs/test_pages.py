import pytest

from pellucid import Dense, Flatten, MeanSquaredError, Model, Network, Preprocessing
from pellucid.errors import ConfigurationError
from pellucid.runs.pages import write_page


def test_numbers_are_refused_before_anything_is_read(tmp_path):
    network = Network([Flatten(), Dense(1)], (2, 2), MeanSquaredError())
    model = Model(network, network.initial_parameters(), Preprocessing((2, 2)), ("x",))
    with pytest.raises(ConfigurationError, match="learned numbers, but a page shows"):
        write_page(model, tmp_path / "a.html", print)
    assert list(tmp_path.iterdir()) == []
