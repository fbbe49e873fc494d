"""Dense layers as functions of C99, with some rows of weights together."""

from __future__ import annotations

from string import Template

from pellucid.export.c_writing import Body, indented
from pellucid.export.description import Step
from pellucid.kernels.program.blocks import PARTS, TOGETHER

__all__ = ["dense"]

_DENSE = """
    for (int o = 0; o < $outputs; o += $together) { /* rows of weights together */
        const float *const weights = $w + o * $inputs;
        float sums[$together][$parts] = {{0.0f}};
${begin}${carry}${loop}${rest}        for (int r = 0; r < $together; r++) {
            out[o + r] = $total;
        }
    }
"""

_DENSE_LOOP = """
for (int i = $from; i < $to; i += $parts) {
    for (int r = 0; r < $together; r++) {
        for (int p = 0; p < $parts; p++) {
            sums[r][p] = FUSED(weights[r * $inputs + i + p], in[i + p], sums[r][p]);
        }
    }
}
"""

_CARRY = """
float carried[$together][$parts] = {{0.0f}};
for (int start = 0; start < $whole; start += $block) {
    const int end = $whole - start < $block ? $whole : start + $block;
    for (int r = 0; start > 0 && r < $together; r++) {
        for (int p = 0; p < $parts; p++) {
            carried[r][p] += sums[r][p];
            sums[r][p] = 0.0f;
        }
    }
$loop}
"""

_DENSE_REST = """
for (int r = 0; r < $together; r++) {
    for (int p = 0; p < $left; p++) {
        sums[r][p] = FUSED(weights[r * $inputs + $whole + p], in[$whole + p], sums[r][p]);
    }
}
"""

_BEGIN = """
for (int r = 0; r < $together; r++) {
    sums[r][0] = $b[o + r];
}
"""


def dense(step: Step) -> Body:
    """Return a dense layer, whose sums lie side by side as the kernels' do."""
    (inputs,), (outputs,) = step.takes, step.gives
    whole, block = inputs // PARTS * PARTS, PARTS * TOGETHER
    # Compilers keep the sums of some rows in vector registers, and wait less for each.
    together = max(d for d in range(1, 17) if outputs % d == 0)
    values: dict[str, object] = {
        "outputs": outputs, "inputs": inputs, "parts": PARTS, "whole": whole, "block": block,
        "together": together, "left": inputs - whole,
    }  # fmt: skip

    def part(template: str, spaces: int, **more: object) -> str:
        text = Template(template.strip("\n")).safe_substitute(values, **more)
        return indented(text, spaces)

    parts = [f"sums[r][{p}]" for p in range(PARTS)]
    if whole > block:  # long sums in blocks, so that they lose no more than short ones
        loop = part(_DENSE_LOOP, 4, **{"from": "start", "to": "end"})
        carry, plain = part(_CARRY, 8, loop=loop), ""
        parts = [f"(carried[r][{p}] + sums[r][{p}])" for p in range(PARTS)]
    else:
        carry, plain = "", part(_DENSE_LOOP, 8, **{"from": 0, "to": whole})
    while len(parts) > 1:
        half = len(parts) // 2
        parts = [f"({parts[k]} + {parts[k + half]})" for k in range(half)]
    has_bias = "b" in step.arrays
    return Body(
        f"out[o] = {'b[o] + ' if has_bias else ''}sum over i of w[o][i] * in[i], "
        f"as {PARTS} sums of every {PARTS}th",
        _DENSE,
        {
            **values, "carry": carry, "loop": plain, "begin": part(_BEGIN, 8) if has_bias else "",
            "rest": part(_DENSE_REST, 8) if inputs > whole else "",
            "total": parts[0].removeprefix("(").removesuffix(")"),
        },
        local=together * PARTS * (2 if whole > block else 1),
    )  # fmt: skip
