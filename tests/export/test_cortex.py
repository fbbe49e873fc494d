"""An export on a microcontroller: a Cortex-M4F, as qemu has it, on a thousand digits."""

import shutil
import subprocess

import numpy as np
import pytest

from pellucid.export import Int8, to_c
from pellucid.export.proof import Answer, compared
from tests.export.examples import X, classifier

CC, QEMU = "arm-none-eabi-gcc", "qemu-system-arm"

pytestmark = pytest.mark.skipif(
    not (shutil.which(CC) and shutil.which(QEMU)),
    reason=f"Debian's packages gcc-arm-none-eabi and qemu-system-arm have {CC} and {QEMU}",
)

LINK = """
ENTRY(_start)
MEMORY { ROM (rx) : ORIGIN = 0x0, LENGTH = 4M  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 4M }
SECTIONS {
  .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) KEEP(*(.init)) KEEP(*(.fini)) *(.ARM.*) } > ROM
  .data : { *(.data*) } > RAM
  .bss : { __bss_start__ = .; *(.bss*) *(COMMON) __bss_end__ = .; } > RAM
  end = .; __end__ = .;
  __stack = ORIGIN(RAM) + LENGTH(RAM);
}
"""

START = """
extern void _start(void);
extern char __stack[];
static void reset(void)
{
    *(volatile unsigned *)0xE000ED88 |= 0xFu << 20; /* the floating-point unit on */
    _start();
}
__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    __stack, (void *)reset
};
"""

USE = """
#include <stdio.h>
#include <string.h>
#include "digits.h"
static const float images[][64] = {
%s
};
int main(void)
{
    for (unsigned n = 0; n < sizeof images / sizeof images[0]; n++) {
        float probabilities[DIGITS_OUTPUTS];
        printf("%%d", digits_predict(images[n], probabilities));
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


def run_on_cortex(folder, *sources):
    """Compile for a Cortex-M4F and return what qemu prints."""
    (folder / "link.ld").write_text(LINK)
    (folder / "start.c").write_text(START)
    board = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]
    strict = [
        "-std=c99",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Wconversion",
        "-Werror",
        "-Wdouble-promotion",
    ]
    subprocess.run([CC, *strict, *board, "-c", "digits.c"], cwd=folder, check=True)
    subprocess.run(
        [CC, "-std=c99", "-O2", *board, "--specs=rdimon.specs", "-T", "link.ld", "start.c",
         *sources, "-lm", "-o", "digits.elf"],
        cwd=folder, check=True,
    )  # fmt: skip
    done = subprocess.run(
        [QEMU, "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none",
         "-semihosting-config", "enable=on,target=native", "-kernel", "digits.elf"],
        cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("int8", [None, Int8(X[:500])], ids=["floats", "int8"])
def test_it_checks_its_own_vectors_there(int8, tmp_path):
    to_c(classifier(), tmp_path / "digits.c", int8=int8)
    said = run_on_cortex(tmp_path, "-DDIGITS_MAIN", "digits.c")
    assert said.startswith("10 images, largest difference ")


def test_no_class_of_a_thousand_digits_changes_there(tmp_path):
    export = to_c(classifier(), tmp_path / "digits.c")
    images = X[:1000].astype(np.float32)
    rows = ",\n".join("{" + ", ".join(f"{value}f" for value in row) + "}" for row in images)
    (tmp_path / "use.c").write_text(USE % rows)
    lines = [line.split() for line in run_on_cortex(tmp_path, "use.c", "digits.c").splitlines()]
    places = np.array([int(line[0]) for line in lines])
    bits = np.array([[int(word, 16) for word in line[1:]] for line in lines], np.uint32)
    said = Answer(bits.view(np.float32), places)
    inputs = export.description.pixels.of_estimator(images)
    ours = export.description.answer(inputs)
    found = compared("c", 1e-6, lambda part: ours, lambda part: said, inputs)
    assert (found.images, found.changed) == (1000, 0)
    assert found.largest <= 2e-6
