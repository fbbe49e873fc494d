"""An export on a microcontroller: a Cortex-M4F, as qemu has it, on a thousand digits."""

import numpy as np
import pytest

from pellucid.export import Int8, to_c
from pellucid.export.proof import Answer, compared
from tests.export.cortex import needs_cortex, run_on_cortex
from tests.export.examples import X, classifier

pytestmark = needs_cortex

USE = """
#include <stdio.h>
#include <string.h>
#include "digits.h"
static const uint8_t digits[][64] = {
%s
};
int main(void)
{
    static char buffer[1 << 16];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    for (unsigned n = 0; n < sizeof digits / sizeof digits[0]; n++) {
        float image[64], probabilities[DIGITS_OUTPUTS];
        for (int k = 0; k < 64; k++) {
            image[k] = digits[n][k];
        }
        printf("%%d", digits_predict(image, probabilities));
        for (int k = 0; k < DIGITS_OUTPUTS; k++) {
            unsigned bits;
            memcpy(&bits, &probabilities[k], sizeof bits);
            printf(" %%08x", bits);
        }
        printf("\\n");
    }
    return 0;
}
"""


@pytest.mark.parametrize("int8", [None, Int8(X[:500])], ids=["floats", "int8"])
def test_it_checks_its_own_vectors_there(int8, tmp_path):
    to_c(classifier(), tmp_path / "digits.c", int8=int8)
    said = run_on_cortex(tmp_path, "-DDIGITS_MAIN", "digits.c")
    assert said.startswith("10 images, largest difference ")


def test_no_class_of_a_thousand_digits_changes_there(tmp_path):
    export = to_c(classifier(), tmp_path / "digits.c")
    images = X[:1000].astype(np.float32)
    rows = ",\n".join("{" + ", ".join(f"{value:.0f}" for value in row) + "}" for row in images)
    (tmp_path / "use.c").write_text(USE % rows)
    lines = [line.split() for line in run_on_cortex(tmp_path, "use.c", "digits.c").splitlines()]
    places = np.array([int(line[0]) for line in lines])
    bits = np.array([[int(word, 16) for word in line[1:]] for line in lines], np.uint32)
    said = Answer(bits.view(np.float32), places)
    inputs = export.description.pixels.of_estimator(images)
    ours = export.description.answer(inputs)
    found = compared("c", 1e-6, lambda part: ours, lambda part: said, inputs)
    assert (found.images, found.changed) == (1000, 0)
    assert found.largest <= 1e-6
    print(found)
