// What the loss hangs on, by trying it out: a square of the image is hidden, place by place.

import { forward, lossOf } from "./engine.js";

/** How many pixels the square moves. */
const STEP = 2;

/**
 * Return the size of the square, and how many places it has.
 * @param {number[]} shape channels, rows and columns
 */
export function squareFor([, rows, columns]) {
  const side = Math.max(1, Math.round(Math.min(rows, columns) / 5));
  const places = [rows, columns].map((length) => Math.floor((length - side) / STEP) + 1);
  return { side, places };
}

/**
 * Hide a square of the image behind each channel's mean, and give how much the loss grows: row by
 * row, a place at a time, so that a page can be used meanwhile.
 * @param {import("./engine.js").Network} network
 * @param {Float64Array} parameters
 * @param {Float64Array} image
 * @param {number} label
 * @returns {Generator<number>}
 */
export function* hiding(network, parameters, image, label) {
  const [channels, rows, columns] = network.input_shape;
  const area = rows * columns;
  const { side, places } = squareFor(network.input_shape);
  const before = lossOf(network, forward(network, parameters, image), label);
  const means = Array.from({ length: channels }, (_, c) =>
    image.subarray(c * area, (c + 1) * area).reduce((sum, value) => sum + value, 0) / area);
  for (let y = 0; y < places[0]; y++) {
    for (let x = 0; x < places[1]; x++) {
      const hidden = image.slice();
      for (let c = 0; c < channels; c++) {
        for (let v = y * STEP; v < y * STEP + side; v++) {
          const row = c * area + v * columns + x * STEP;
          hidden.fill(means[c], row, row + side);
        }
      }
      yield lossOf(network, forward(network, parameters, hidden), label) - before;
    }
  }
}
