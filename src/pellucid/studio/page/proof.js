// The page's own proof: it computes what Python computed, and compares.

import { backward, forward, lossOf } from "./engine.js";

/**
 * Return the largest difference of two arrays, relative to the largest number of both, or to a
 * millionth: below that a gradient is what rounding leaves of probabilities of 1.
 */
export function difference(found, expected) {
  if (found.length !== expected.length) return Infinity;
  let gap = 0;
  let most = 1e-6;
  for (let at = 0; at < found.length; at++) {
    gap = Math.max(gap, Math.abs(found[at] - expected[at]));
    most = Math.max(most, Math.abs(found[at]), Math.abs(expected[at]));
    if (Number.isNaN(found[at])) return Infinity;
  }
  return gap / most;
}

/** How far the page may be from Python. */
export const BOUND = 1e-5;

/**
 * Compare with what `pellucid.equations` says: outputs, loss, and the gradients of the image and of
 * every parameter that the page has from it. What was found so far is given image by image, so that
 * a page can be used meanwhile: its loss here and in Python, and the differences of the scores, the
 * loss, the gradient of the image, and those of the parameters.
 * @param {import("./data.js").Content} content
 */
export function* proving({ network, parameters, examples, proof }) {
  let largest = 0;
  let numbers = 0;
  for (const [n, said] of proof.entries()) {
    const { pixels, label } = examples[n];
    const run = forward(network, parameters, pixels);
    const { ofValues, gradient } = backward(network, parameters, run, label);
    const pairs = [
      [run.values[run.values.length - 1], said.outputs],
      [[lossOf(network, run, label)], [said.loss]],
      [ofValues[0], said.image],
    ];
    if (said.gradient) pairs.push([gradient.subarray(0, said.gradient.length), said.gradient]);
    const gaps = pairs.map(([found, expected]) => difference(found, expected));
    numbers += pairs.reduce((sum, [, expected]) => sum + expected.length, 0);
    largest = Math.max(largest, ...gaps);
    const [, [[loss]]] = pairs;
    yield { images: n + 1, numbers, largest, agrees: largest <= BOUND, loss, said: said.loss, gaps };
  }
}
