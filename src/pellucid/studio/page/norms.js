// Normalizations. Of a batch: as in prediction, by running statistics, which count as constants on the
// way back. Of groups: by the image's own, which depend on every value.

import { sumsOfChannels } from "./windows.js";

/**
 * Return what a norm multiplies with its scale, and 1 / the deviation of each value's group.
 * @param {import("./engine.js").Layer} layer
 * @param {Float64Array} x
 * @param {Record<string, Float64Array>} parameters
 */
export function normalized(layer, x, { g, m, v }) {
  const hat = new Float64Array(x.length);
  const groups = m ? g.length : layer.groups;
  const size = x.length / groups;
  const slopes = new Float64Array(groups);
  for (let group = 0; group < groups; group++) {
    const part = x.subarray(group * size, (group + 1) * size);
    const mean = m ? m[group] : part.reduce((sum, value) => sum + value, 0) / size;
    const variance = v ? v[group] : part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    slopes[group] = 1 / Math.sqrt(variance + layer.eps);
    part.forEach((value, at) => (hat[group * size + at] = (value - mean) * slopes[group]));
  }
  return { hat, slopes };
}

function forward(layer, [x], parameters) {
  const { g, b } = parameters;
  const area = x.length / g.length;
  const { hat } = normalized(layer, x, parameters);
  return hat.map((value, at) => g[Math.floor(at / area)] * value + b[Math.floor(at / area)]);
}

/** dg = sum dz x_hat, db = sum dz */
function ofParameters(dz, hat, channels) {
  return {
    g: sumsOfChannels(dz.map((d, at) => d * hat[at]), channels),
    b: sumsOfChannels(dz, channels),
  };
}

export const batchNorm = {
  forward,
  /** dx = g dz / sqrt(v + eps) */
  backward(layer, dz, [x], _z, parameters) {
    const { g } = parameters;
    const area = x.length / g.length;
    const { hat, slopes } = normalized(layer, x, parameters);
    const dx = dz.map((d, at) => d * g[Math.floor(at / area)] * slopes[Math.floor(at / area)]);
    return { inputs: [dx], parameters: ofParameters(dz, hat, g.length) };
  },
};

export const groupNorm = {
  forward,
  /** dx = (dx_hat - mean dx_hat - x_hat mean dx_hat x_hat) / sqrt(variance + eps), means of a group */
  backward(layer, dz, [x], _z, parameters) {
    const { g } = parameters;
    const area = x.length / g.length;
    const { hat, slopes } = normalized(layer, x, parameters);
    const size = x.length / layer.groups;
    const dHat = dz.map((d, at) => d * g[Math.floor(at / area)]);
    const dx = new Float64Array(x.length);
    for (let group = 0; group < layer.groups; group++) {
      let mean = 0;
      let along = 0;
      for (let at = group * size; at < (group + 1) * size; at++) {
        mean += dHat[at] / size;
        along += (dHat[at] * hat[at]) / size;
      }
      for (let at = group * size; at < (group + 1) * size; at++) {
        dx[at] = (dHat[at] - mean - hat[at] * along) * slopes[group];
      }
    }
    return { inputs: [dx], parameters: ofParameters(dz, hat, g.length) };
  },
};
