// Activations: what is done to each number by itself, and its slope.

/**
 * Return the share of a normal distribution that lies below z, to the last digits: a series near 0,
 * a continued fraction far from it.
 * @param {number} z
 */
export function below(z) {
  const x = Math.abs(z) / Math.SQRT2;
  let beyond; // erfc(x) / 2
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    beyond = 0.5 - (sum * Math.exp(-x * x)) / Math.sqrt(Math.PI);
  } else {
    let fraction = x;
    for (let n = 60; n > 0; n--) fraction = x + n / 2 / fraction;
    beyond = Math.exp(-x * x) / (2 * Math.sqrt(Math.PI) * fraction);
  }
  return z > 0 ? 1 - beyond : beyond;
}

/** @param {number} z */
export function sigmoidOf(z) {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}

const density = (z) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/**
 * An activation from its value and its slope, each of z, a = value(z), and the layer.
 */
function elementwise(value, slope) {
  return {
    value,
    slope,
    forward: (layer, [z]) => z.map((one) => value(one, layer)),
    backward: (layer, da, [z], a) => ({
      inputs: [da.map((d, at) => d * slope(z[at], a[at], layer))],
      parameters: {},
    }),
  };
}

export const relu = elementwise((z) => Math.max(0, z), (z) => (z > 0 ? 1 : 0));
export const leakyRelu = elementwise(
  (z, layer) => (z > 0 ? z : layer.slope * z),
  (z, _a, layer) => (z > 0 ? 1 : layer.slope),
);
export const sigmoid = elementwise(sigmoidOf, (_z, a) => a * (1 - a));
export const tanh = elementwise(Math.tanh, (_z, a) => 1 - a * a);
export const silu = elementwise(
  (z) => z * sigmoidOf(z),
  (z) => sigmoidOf(z) * (1 + z * (1 - sigmoidOf(z))),
);
export const gelu = elementwise((z) => z * below(z), (z) => below(z) + z * density(z));
