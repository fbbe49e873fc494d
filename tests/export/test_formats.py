import pytest

from pellucid.errors import ConfigurationError
from pellucid.export.formats import FORMATS, export_to
from tests.export.examples import small_model


def test_a_format_that_is_none_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match=r"to is 'onx'; .*onnx.* Did you mean 'onnx'\?"):
        export_to(small_model(), tmp_path / "model", "onx")
    assert "onnx" in FORMATS
