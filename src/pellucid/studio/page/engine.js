// A whole network, forward and backward, one image at a time: the equations once more, in float64.

import { gelu, leakyRelu, relu, sigmoid, silu, tanh } from "./activations.js";
import { add, dense, dropout, flatten } from "./dense.js";
import { crossEntropy, crossEntropyBackward, softmax } from "./losses.js";
import { batchNorm, groupNorm } from "./norms.js";
import {
  averagePool, conv2d, globalAveragePool, globalMaxPool, maxPool,
} from "./windows.js";

/**
 * @typedef {object} Parameter
 * @property {string} name f1, b1, ...
 * @property {number[]} shape
 * @property {number} offset its place in the flat vector
 * @property {boolean} isTrained
 */

/**
 * A layer in its place.
 * @typedef {object} Layer
 * @property {string} kind the name of its class in Python
 * @property {string} name conv1, relu1, ...
 * @property {string} written as it is written in Python
 * @property {number[]} inputs the values it reads: 0 is the image, k + 1 what layer k gives
 * @property {number[][]} takes the shape of each
 * @property {number[]} shape what it gives
 * @property {Record<string, Parameter>} parameters by their letters
 * @property {number[]} [kernel] of a convolution or a pool: rows and columns
 * @property {number[]} [stride]
 * @property {number[][]} [pads] zeros: above and below, on the left and right
 * @property {number[]} [dilation]
 * @property {number} [groups]
 * @property {number} [eps]
 * @property {number} [slope]
 */

/**
 * @typedef {object} Network
 * @property {number[]} input_shape
 * @property {Layer[]} layers
 * @property {number} smoothing what is taken from a label and shared out among all classes
 */

/**
 * What an image made: every value, the image first, and the probabilities.
 * @typedef {object} Run
 * @property {Float64Array[]} values
 * @property {Float64Array} probs
 */

/** The rules of each kind of layer; `tests/studio/test_engine.py` sees that none is missing. */
export const RULES = {
  Conv2D: conv2d,
  MaxPool2D: maxPool,
  AveragePool2D: averagePool,
  GlobalAveragePool2D: globalAveragePool,
  GlobalMaxPool2D: globalMaxPool,
  Dense: dense,
  ReLU: relu,
  LeakyReLU: leakyRelu,
  Sigmoid: sigmoid,
  Tanh: tanh,
  SiLU: silu,
  GELU: gelu,
  BatchNorm2D: batchNorm,
  BatchNorm1D: batchNorm,
  GroupNorm: groupNorm,
  Dropout: dropout,
  Flatten: flatten,
  Add: add,
};

/** @param {number[]} shape */
export const sizeOf = (shape) => shape.reduce((product, side) => product * side, 1);

/**
 * Return a layer's arrays, by their letters, as views into a flat vector.
 * @param {Layer} layer
 * @param {Float64Array} vector
 * @returns {Record<string, Float64Array>}
 */
export function arraysOf(layer, vector) {
  /** @type {Record<string, Float64Array>} */
  const arrays = {};
  for (const [letter, { offset, shape }] of Object.entries(layer.parameters)) {
    arrays[letter] = vector.subarray(offset, offset + sizeOf(shape));
  }
  return arrays;
}

/**
 * Take an image through every layer.
 * @param {Network} network
 * @param {Float64Array} parameters
 * @param {Float64Array} image pixels in [0, 1], channel after channel
 * @returns {Run}
 */
export function forward(network, parameters, image) {
  const values = [image];
  for (const layer of network.layers) {
    const inputs = layer.inputs.map((value) => values[value]);
    values.push(RULES[layer.kind].forward(layer, inputs, arraysOf(layer, parameters)));
  }
  return { values, probs: softmax(values[values.length - 1]) };
}

/**
 * Return the loss of a run: how surprising the true class is.
 * @param {Network} network
 * @param {Run} run
 * @param {number} label
 */
export function lossOf(network, run, label) {
  return crossEntropy(run.values[run.values.length - 1], label, network.smoothing);
}

/**
 * Take the gradient of the loss back to the image.
 * @param {Network} network
 * @param {Float64Array} parameters
 * @param {Run} run
 * @param {number} label
 * @returns {{ofValues: Float64Array[], gradient: Float64Array}} the gradient of each value, and of
 *   the flat vector of parameters
 */
export function backward(network, parameters, run, label) {
  const { values } = run;
  const ofValues = values.map((value) => new Float64Array(value.length));
  const gradient = new Float64Array(parameters.length);
  const last = values.length - 1;
  ofValues[last] = crossEntropyBackward(values[last], label, network.smoothing);
  for (let k = last - 1; k >= 0; k--) {
    const layer = network.layers[k];
    const inputs = layer.inputs.map((value) => values[value]);
    const arrays = arraysOf(layer, parameters);
    const found = RULES[layer.kind].backward(layer, ofValues[k + 1], inputs, values[k + 1], arrays);
    // A value that several layers read gets the sum of their gradients.
    layer.inputs.forEach((value, n) => {
      const sum = ofValues[value];
      found.inputs[n].forEach((d, at) => (sum[at] += d));
    });
    for (const [letter, array] of Object.entries(found.parameters)) {
      gradient.set(array, layer.parameters[letter].offset);
    }
  }
  return { ofValues, gradient };
}
