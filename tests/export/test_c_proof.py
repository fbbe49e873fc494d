import re

import numpy as np
import pytest

from pellucid.errors import ExportError
from pellucid.export import to_c
from pellucid.export.c_proof import answer_of, compiled
from tests.export.compilers import checks_itself, needs_compiler, program
from tests.export.examples import classifier, labeler, regressor, small_model


@needs_compiler
@pytest.mark.parametrize("model", [classifier, labeler, regressor, small_model])
def test_a_program_checks_its_own_vectors(model, tmp_path):
    export = to_c(model(), tmp_path / "model.c")
    said = checks_itself(export, tmp_path)
    assert re.fullmatch(r"10 images, largest difference [-+.e\d]+\n", said)


@needs_compiler
def test_a_program_whose_weights_were_altered_fails(tmp_path):
    export = to_c(classifier(), tmp_path / "model.c")
    text = export.paths[0].read_text()
    altered = re.sub(r"(layer_\d+_b\[10\] = \{\n    )-?[\d.e-]+f", r"\g<1>3.5f", text)
    assert altered != text
    export.paths[0].write_text(altered)
    with pytest.raises(AssertionError):
        checks_itself(export, tmp_path)
    assert not export.compare().agrees


@needs_compiler
def test_what_does_not_compile_is_told(tmp_path):
    export = to_c(small_model(), tmp_path / "model.c")
    export.paths[0].write_text("no C")
    with pytest.raises(ExportError, match=r"The C compiler .* refuses .*model\.c: .*error"):
        export.compare()


def test_a_compiler_that_is_not_there_is_told(tmp_path, monkeypatch):
    export = to_c(small_model(), tmp_path / "model.c")
    monkeypatch.setenv("CC", str(tmp_path / "no-compiler"))
    with pytest.raises(ExportError, match="can't be started: No such file"):
        export.compare()
    monkeypatch.delenv("CC")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ExportError, match="needs a C compiler"):
        compiled(export.paths[0], tmp_path / "program")


@needs_compiler
def test_a_program_that_ends_early_is_told(tmp_path):
    export = to_c(small_model(), tmp_path / "model.c")
    built = program(export, tmp_path)
    images = np.zeros((3, 1, 6, 5), np.uint8)
    assert answer_of([str(built)], images, export.description).outputs.shape == (3, 3)
    with pytest.raises(ExportError, match="ended with 0 after 2 of 3 images"):
        answer_of([str(built)], images[:, :, :, :4], export.description)
