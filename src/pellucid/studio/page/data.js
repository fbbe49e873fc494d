// What the page holds: the network, its weights, images, and what Python says of some of them.

/** @param {string} text base64 */
function bytesOf(text) {
  const raw = atob(text);
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

/** Return float32 numbers, lowest byte first, whatever the machine's order is. */
export function floatsOf(text) {
  const bytes = bytesOf(text);
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(4 * at, true));
}

/** Return float64 numbers, lowest byte first. */
export function doublesOf(text) {
  const bytes = bytesOf(text);
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length: bytes.length / 8 }, (_, at) => view.getFloat64(8 * at, true));
}

/**
 * @typedef {object} Example
 * @property {Float64Array} pixels in [0, 1]
 * @property {number} label
 * @property {number} said the class that the network took it for
 * @property {number} sure how probable it found that class
 */

/**
 * @typedef {object} Content
 * @property {string} title
 * @property {import("./engine.js").Network} network
 * @property {Float64Array} parameters
 * @property {string[]} classes
 * @property {{input_shape: number[], fit: string, polarity: string, pixel_range?: [number, number]}} preprocessing
 * @property {Example[]} examples
 * @property {{loss: number, outputs: Float64Array, image: Float64Array, gradient: Float64Array | null}[]} proof
 *   what `pellucid.equations` says of the first examples
 */

/**
 * Return what Python wrote, unpacked.
 * @param {any} raw
 * @returns {Content}
 */
export function unpacked(raw) {
  const { bytes, floats, labels, said, sure } = raw.examples;
  const all = bytes ? Float64Array.from(bytesOf(bytes), (byte) => byte / 255) : floatsOf(floats ?? "");
  const size = raw.network.input_shape.reduce((product, side) => product * side, 1);
  return {
    ...raw,
    parameters: floatsOf(raw.parameters),
    examples: labels.map((label, n) => ({
      pixels: all.slice(n * size, (n + 1) * size), label, said: said[n], sure: sure[n],
    })),
    proof: raw.proof.map(({ loss, outputs, image, gradient }) => ({
      loss,
      outputs: Float64Array.from(outputs),
      image: doublesOf(image),
      gradient: gradient === null ? null : doublesOf(gradient),
    })),
  };
}
