from pellucid import BatchNorm1D, BatchNorm2D
from pellucid.network.layers.batchnorm import BatchNorm


def test_both_are_made_of_it_and_start_alike():
    for kind in (BatchNorm1D, BatchNorm2D):
        assert issubclass(kind, BatchNorm)
        assert [kind().initial_mean(letter) for letter in "gbmv"] == [1.0, 0.0, 0.0, 1.0]
        assert [kind().initial_std(letter, (3,)) for letter in "gbmv"] == [0.0] * 4
