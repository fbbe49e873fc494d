"""Dense layers as functions of C99, with the weights of some outputs together."""

from __future__ import annotations

from string import Template

from pellucid.export.c_writing import Body, indented, terms
from pellucid.export.description import Step
from pellucid.kernels.program.blocks import PARTS, TOGETHER

__all__ = ["dense"]

TOGETHER_IN_C = 16
"""Outputs that go together at most: their sums stay in vector registers."""

_BLOCK = """\
/* sums[k] += weights[k] * x, of outputs that go together */
static inline void ${self}_add(const float *weights, float x, float *sums)
{
    for (int k = 0; k < $together; k++) {
        sums[k] = FUSED(weights[k], x, sums[k]);
    }
}

/* totals[p][k] += sum over i of weights[i][k] * x[i], i % $parts == p; begin[k] is the first of
   p = 0. */
static void ${self}_block(const float *restrict weights, const float *restrict x, int count,
                          const float *begin, float *restrict totals)
{
$begin    for (int k = 0; k < $together; k++) {
        sums_0[k] = begin[k];
    }
    int i = 0;
    for (; i + $parts <= count; i += $parts, weights += $step) {
$add    }
$rest    for (int k = 0; k < $together; k++) {
$leave    }
}

"""

_DENSE = """
    static const float zeros[$together] = {0.0f};
    for (int o = 0; o < $outputs; o += $together) { /* outputs together */
        float totals[$step] = {0.0f};
        for (int start = 0; start < $inputs; start += $block) {
            const int count = $inputs - start < $block ? $inputs - start : $block;
            ${self}_block($w + o * $inputs + start * $together, in + start, count, $start, totals);
        }
        for (int k = 0; k < $together; k++) {
            out[o + k] = $total;
        }
    }
"""


def dense(step: Step) -> Body:
    """Return a dense layer, whose sums lie side by side as the kernels' do.

    Long ones are added up in blocks, so that they lose no more than short ones.
    """
    (inputs,), (outputs,) = step.takes, step.gives
    together = _together(outputs)
    names = [f"sums_{p}" for p in range(PARTS)]

    def calls(count: int) -> list[str]:
        return [
            f"${{self}}_add({terms('weights', p * together)}, x[{terms('i', p)}], {name});"
            for p, name in enumerate(names[:count])
        ]

    leave = [f"totals[{terms(p * together, 'k')}] += {name}[k];" for p, name in enumerate(names)]
    rest = "if (i < count) { /* the last of the inputs */\n"
    rest += indented("\n".join(calls(inputs % PARTS)), 4) + "}"
    block = Template(_BLOCK).safe_substitute(
        begin=indented("\n".join(f"float {name}[{together}] = {{0.0f}};" for name in names), 4),
        add=indented("\n".join(calls(PARTS)), 8),
        rest=indented(rest, 4) if inputs % PARTS else "",
        leave=indented("\n".join(leave), 8),
    )  # fmt: skip
    parts = [f"totals[{terms(p * together, 'k')}]" for p in range(PARTS)]
    while len(parts) > 1:
        half = len(parts) // 2
        parts = [f"({parts[k]} + {parts[k + half]})" for k in range(half)]
    has_bias = "b" in step.arrays
    return Body(
        f"out[o] = {'b[o] + ' if has_bias else ''}sum over i of w[o][i] * in[i], as {PARTS} sums "
        f"of every {PARTS}th.\n   Weights of {together} outputs together: w[o / {together}]"
        f"[i][o % {together}]",
        _DENSE,
        {
            "outputs": outputs, "inputs": inputs, "together": together, "parts": PARTS,
            "step": together * PARTS, "block": PARTS * TOGETHER,
            "start": "start == 0 ? $b + o : zeros" if has_bias else "zeros",
            "total": parts[0].removeprefix("(").removesuffix(")"),
        },
        {"w": step.arrays["w"].reshape(outputs // together, together, inputs).transpose(0, 2, 1)},
        block,
        2 * together * PARTS,
    )  # fmt: skip


def _together(outputs: int) -> int:
    """Return how many outputs go together.

    Examples
    --------
    >>> [_together(outputs) for outputs in (1, 10, 17, 24, 84, 128, 1000)]
    [1, 10, 1, 8, 12, 16, 8]
    """
    fitting = [d for d in range(1, TOGETHER_IN_C + 1) if outputs % d == 0]
    return max(fitting, key=lambda d: (d % 8 == 0, d % 4 == 0, d))
