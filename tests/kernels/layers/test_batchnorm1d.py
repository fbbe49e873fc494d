from pellucid import BatchNorm1D
from pellucid.kernels.layers import batchnorm, batchnorm1d
from pellucid.kernels.program.layer_ops import ops_of


def test_both_have_the_same_ops():
    assert ops_of(BatchNorm1D()) is batchnorm1d.OPS
    assert isinstance(batchnorm1d.OPS, batchnorm.BatchNormOps)
