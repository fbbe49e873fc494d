import numpy as np
import pytest

from pellucid.errors import ExportError
from pellucid.export.description import description_of
from pellucid.export.exported import Export, write
from pellucid.export.proof import Answer
from tests.export.examples import X, classifier, regressor


def exported(model, change):
    """Return an export of what Pellucid itself says, changed."""
    description = description_of(model)

    def predict(images):
        answer = description.answer(images)
        return Answer(answer.outputs + change, answer.chosen)

    return Export("onnx", (), description, 1e-5, lambda: predict)


def test_it_compares_vectors_or_images():
    export = exported(classifier(), 0.0)
    assert export.compare().images == 10
    found = export.compare(X)
    assert (found.images, found.changed, found.largest, found.agrees) == (1797, 0, 0.0, True)
    assert not exported(classifier(), 2e-5).compare().agrees


def test_numbers_are_compared_in_deviations():
    deviation = float(description_of(regressor()).deviation[0])
    assert deviation > 10
    found = exported(regressor(), deviation * 1e-6).compare(X)
    assert found.largest == pytest.approx(1e-6, rel=1e-3)


def test_files_are_written_whole_or_told(tmp_path):
    assert write({tmp_path / "a": b"1", tmp_path / "b": b"2"}) == (tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"2"
    with pytest.raises(ExportError, match="The export can't be written to"):
        write({tmp_path / "none" / "a": b"1"})


def test_it_says_what_it_is(tmp_path):
    export = Export("c", (tmp_path / "a.c",), description_of(classifier()), 1e-6, lambda: None)
    assert repr(export) == f"<Export to c: {tmp_path / 'a.c'}>"
    assert np.isfinite(export.description.vectors.outputs).all()
