// Dense layers, where every output is a weighted sum of every input; flatten, and the sum of two ways.

/** z[o] = b[o] + sum_i w[o, i] x[i] */
export const dense = {
  forward(layer, [x], { w, b }) {
    const z = new Float64Array(layer.shape[0]);
    for (let o = 0; o < z.length; o++) {
      let sum = b ? b[o] : 0;
      for (let i = 0, at = o * x.length; i < x.length; i++, at++) sum += w[at] * x[i];
      z[o] = sum;
    }
    return z;
  },
  /** dw = dz x^T, db = dz, dx = w^T dz */
  backward(layer, dz, [x], _z, { w, b }) {
    const dw = new Float64Array(w.length);
    const dx = new Float64Array(x.length);
    for (let o = 0; o < dz.length; o++) {
      for (let i = 0, at = o * x.length; i < x.length; i++, at++) {
        dw[at] = dz[o] * x[i];
        dx[i] += w[at] * dz[o];
      }
    }
    return { inputs: [dx], parameters: b ? { w: dw, b: dz.slice() } : { w: dw } };
  },
};

/** fc[(c H + y) W + x] = pooled[c, y, x]: arrays here are flat already. */
export const flatten = {
  forward: (_layer, [x]) => x.slice(),
  backward: (_layer, dz) => ({ inputs: [dz.slice()], parameters: {} }),
};

/** In prediction nothing is dropped. */
export const dropout = flatten;

/** z = a + x: a sum hands its gradient to both ways. */
export const add = {
  forward: (_layer, [a, x]) => a.map((value, at) => value + x[at]),
  backward: (_layer, dz) => ({ inputs: [dz.slice(), dz.slice()], parameters: {} }),
};
