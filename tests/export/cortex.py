"""A microcontroller: a Cortex-M4F, as qemu has it, and the compilers for it."""

import shutil
import subprocess

import pytest

CC, CXX, QEMU = "arm-none-eabi-gcc", "arm-none-eabi-g++", "qemu-system-arm"
BOARD = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")

needs_cortex = pytest.mark.skipif(
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


def run_on_cortex(folder, *sources):
    """Compile for a Cortex-M4F and return what qemu prints."""
    (folder / "link.ld").write_text(LINK)
    (folder / "start.c").write_text(START)
    strict = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
    strict += ["-Wdouble-promotion"]
    subprocess.run([CC, *strict, *BOARD, "-c", "digits.c"], cwd=folder, check=True)
    subprocess.run(
        [CC, "-std=c99", "-O2", *BOARD, "--specs=rdimon.specs", "-T", "link.ld", "start.c",
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
