// The steps of backpropagation for any network, in the order and grouping of the ten of the reference
// network: first dout; then layer by layer, last first, each followed by the activations before it.

const POINTWISE = new Set([
  "ReLU", "LeakyReLU", "Sigmoid", "Tanh", "SiLU", "GELU", "Flatten", "Dropout",
]);

/**
 * A gradient that a step computes: of the parameter that `letter` says, or of a value.
 * @typedef {object} Part
 * @property {string} kind loss, weights, bias, value or pointwise
 * @property {number} layer the layer's place in the network
 * @property {string} [letter]
 * @property {number} [value]
 */

/** @typedef {{parts: Part[]}} Step its gradients in order */

/**
 * @param {import("./engine.js").Network} network
 * @returns {Step[]}
 */
export function stepsOf(network) {
  const { layers } = network;
  /** @type {Step[]} */
  const steps = [{ parts: [{ kind: "loss", layer: layers.length - 1, value: layers.length }] }];
  for (let k = layers.length - 1; k >= 0; k--) {
    const layer = layers[k];
    if (POINTWISE.has(layer.kind)) {
      steps[steps.length - 1].parts.push({ kind: "pointwise", layer: k, value: layer.inputs[0] });
      continue;
    }
    /** @type {Part[]} */
    const own = ["f", "w", "g", "b"]
      .filter((letter) => layer.parameters[letter])
      .map((letter) => ({ kind: letter === "b" ? "bias" : "weights", layer: k, letter }));
    const back = layer.inputs.map((value) => ({ kind: "value", layer: k, value }));
    // The seed counts a dense layer's weights, bias and input apart.
    if (layer.kind === "Dense") {
      own.forEach((part) => steps.push({ parts: [part] }));
      steps.push({ parts: back });
    } else {
      steps.push({ parts: [...own, ...back] });
    }
  }
  return steps;
}
