// What a single number is a sum of: one that a layer gives, or the gradient of one weight.

import { arraysOf } from "./engine.js";
import { normalized } from "./norms.js";
import { inside, windowOf, winnerOf, winnerOfChannel } from "./windows.js";

/**
 * Products of a patch and a filter, one grid for each channel.
 * @typedef {object} Products
 * @property {{channel: number, left: Float64Array, right: Float64Array}[]} parts
 * @property {number} rows
 * @property {number} columns
 * @property {number} bias
 * @property {number} total
 */

const dot = (left, right) => left.reduce((sum, value, at) => sum + value * right[at], 0);

/**
 * Return the patches under a filter at one place, and the filter: zeros where it leaves the image.
 * @param {import("./engine.js").Layer} layer a convolution
 * @returns {Products}
 */
export function productsOfFilter(layer, x, { f, b }, [k, y, column]) {
  const [channels, height, width] = layer.takes[0];
  const [rows, columns] = layer.kernel;
  const ofGroup = channels / layer.groups;
  const first = Math.floor(k / (layer.shape[0] / layer.groups)) * ofGroup;
  const parts = [];
  let total = b ? b[k] : 0;
  for (let n = 0; n < ofGroup; n++) {
    const left = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const v = y * layer.stride[0] + i * layer.dilation[0] - layer.pads[0][0];
        const u = column * layer.stride[1] + j * layer.dilation[1] - layer.pads[1][0];
        const isInside = v >= 0 && v < height && u >= 0 && u < width;
        if (isInside) left[i * columns + j] = x[((first + n) * height + v) * width + u];
      }
    }
    const at = (k * ofGroup + n) * rows * columns;
    const right = f.slice(at, at + rows * columns);
    parts.push({ channel: first + n, left, right });
    total += dot(left, right);
  }
  return { parts, rows, columns, bias: b ? b[k] : 0, total };
}

/** Return the inputs and weights of one unit of a dense layer. */
export function productsOfUnit(x, { w, b }, o) {
  const right = w.slice(o * x.length, (o + 1) * x.length);
  const bias = b ? b[o] : 0;
  return { left: x, right, bias, total: bias + dot(x, right) };
}

/**
 * Return the window of a pool: its values row by row, which of them wins (-1 of a mean), and what
 * comes out.
 */
export function windowOfPool(layer, x, [c, y, column]) {
  const [, height, width] = layer.takes[0];
  const isGlobal = layer.kind.startsWith("Global");
  const [y0, y1, x0, x1] = isGlobal ? [0, height, 0, width] : windowOf(layer, y, column);
  const values = [];
  for (let v = y0; v < y1; v++) {
    for (let u = x0; u < x1; u++) values.push(x[(c * height + v) * width + u]);
  }
  let winner = -1;
  if (layer.kind.endsWith("MaxPool2D")) {
    const at = isGlobal ? winnerOfChannel(x, c, height * width) : winnerOf(layer, x, c, y, column);
    const place = at - c * height * width;
    winner = (Math.floor(place / width) - y0) * (x1 - x0) + (place % width) - x0;
  }
  const count = isGlobal ? values.length : layer.kernel[0] * layer.kernel[1];
  const total = winner < 0 ? values.reduce((a, b) => a + b, 0) / count : values[winner];
  return { values, rows: y1 - y0, columns: x1 - x0, count, winner, box: [y0, y1, x0, x1], total };
}

/**
 * Terms of a weight's gradient: `total` is the sum of `left[n] * right[n]`; left is the gradient of
 * what the layer gave, right what the weight was multiplied with.
 * @typedef {{left: Float64Array, right: Float64Array, rows: number, columns: number, total: number}} Terms
 */

/**
 * Return the terms whose sum the gradient of one weight is.
 * @param {import("./engine.js").Layer} layer
 * @param {Float64Array} parameters the flat vector
 * @param {Float64Array} x what the layer read
 * @param {Float64Array} dz the gradient of what it gave
 * @param {string} letter which of its arrays
 * @param {number[]} place
 * @returns {Terms}
 */
export function termsOfWeight(layer, parameters, x, dz, letter, place) {
  const [, rows = 1, columns = 1] = layer.shape;
  const area = rows * columns;
  const left = dz.slice(place[0] * area, (place[0] + 1) * area);
  let right = new Float64Array(area).fill(1);
  if (letter === "f") right = seenByWeight(layer, x, place, rows, columns);
  else if (letter === "w") right = Float64Array.of(x[place[1]]);
  else if (letter === "g") {
    const { hat } = normalized(layer, x, arraysOf(layer, parameters));
    right = hat.slice(place[0] * area, (place[0] + 1) * area);
  }
  return { left, right, rows, columns, total: dot(left, right) };
}

/**
 * Return what one weight of a filter was multiplied with at every place: zeros beside the image.
 * @param {import("./engine.js").Layer} layer
 * @param {Float64Array} x
 * @param {number[]} place
 * @param {number} rows
 * @param {number} columns
 */
function seenByWeight(layer, x, [k, c, i, j], rows, columns) {
  const [channels, height, width] = layer.takes[0];
  const ofGroup = channels / layer.groups;
  const channel = Math.floor(k / (layer.shape[0] / layer.groups)) * ofGroup + c;
  const down = i * layer.dilation[0] - layer.pads[0][0];
  const right = j * layer.dilation[1] - layer.pads[1][0];
  const [y0, y1] = inside(rows, layer.stride[0], down, height);
  const [x0, x1] = inside(columns, layer.stride[1], right, width);
  const seen = new Float64Array(rows * columns);
  for (let y = y0; y < y1; y++) {
    for (let column = x0; column < x1; column++) {
      const v = y * layer.stride[0] + down;
      seen[y * columns + column] = x[(channel * height + v) * width + column * layer.stride[1] + right];
    }
  }
  return seen;
}

/**
 * Return the largest of some products, and the sum of the others.
 * @returns {{top: {at: number, left: number, right: number, product: number}[], rest: number, others: number}}
 */
export function largest(left, right, count = 8) {
  const products = Array.from(left, (value, at) => value * right[at]);
  const order = products.map((_, at) => at)
    .sort((a, b) => Math.abs(products[b]) - Math.abs(products[a]) || a - b);
  const top = order.slice(0, count)
    .map((at) => ({ at, left: left[at], right: right[at], product: products[at] }));
  const others = order.slice(count);
  return { top, rest: others.reduce((sum, at) => sum + products[at], 0), others: others.length };
}
