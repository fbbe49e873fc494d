from pellucid import BatchNorm2D
from pellucid.kernels.layers import batchnorm, batchnorm2d
from pellucid.kernels.program.layer_ops import ops_of


def test_both_have_the_same_ops():
    assert ops_of(BatchNorm2D()) is batchnorm2d.OPS
    assert isinstance(batchnorm2d.OPS, batchnorm.BatchNormOps)
