// A plane of numbers in another size, by the bicubic filter, as Pillow does it.

/**
 * A gray plane of numbers, row after row.
 * @typedef {{values: Float64Array, rows: number, columns: number}} Plane
 */

/**
 * A part of a plane, in pixels.
 * @typedef {{left: number, top: number, right: number, bottom: number}} Box
 */

/** The bicubic filter, a = -0.5. */
function bicubic(x) {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? -0.5 * (((t - 5) * t + 8) * t - 4) : 0;
}

/** Return of each new pixel where its part of the old ones begins, and their shares. */
function shares(length, from, to, count) {
  const scale = (to - from) / count;
  const wide = Math.max(scale, 1);
  const support = 2 * wide;
  return Array.from({ length: count }, (_, place) => {
    const center = from + (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(length, Math.trunc(center + support + 0.5));
    const weights = new Float64Array(end - first);
    let sum = 0;
    for (let n = 0; n < weights.length; n++) {
      weights[n] = bicubic((first + n - center + 0.5) / wide);
      sum += weights[n];
    }
    for (let n = 0; n < weights.length; n++) weights[n] /= sum;
    return { first, weights };
  });
}

/**
 * Return the part of a plane inside a box in another size, antialiased: along rows, then columns.
 * @param {Plane} plane
 * @param {[number, number]} size rows and columns
 * @param {Box} box
 * @returns {Plane}
 */
export function resampled(plane, [rows, columns], box) {
  const across = shares(plane.columns, box.left, box.right, columns);
  const narrow = new Float32Array(plane.rows * columns);
  for (let y = 0; y < plane.rows; y++) {
    for (let x = 0; x < columns; x++) {
      const { first, weights } = across[x];
      const from = y * plane.columns + first;
      let sum = 0;
      for (let n = 0; n < weights.length; n++) sum += weights[n] * plane.values[from + n];
      narrow[y * columns + x] = sum;
    }
  }
  const values = new Float64Array(rows * columns);
  shares(plane.rows, box.top, box.bottom, rows).forEach(({ first, weights }, y) => {
    for (let x = 0; x < columns; x++) {
      let sum = 0;
      for (let n = 0; n < weights.length; n++) sum += weights[n] * narrow[(first + n) * columns + x];
      values[y * columns + x] = Math.fround(sum);
    }
  });
  return { values, rows, columns };
}
