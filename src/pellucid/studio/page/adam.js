// Adam: one update of all that is learned, from the gradient of one image.

export const ADAM = { beta1: 0.9, beta2: 0.999, eps: 1e-10 };

/** @typedef {{m: Float64Array, v: Float64Array, t: number}} Moments */

/** @param {number} size @returns {Moments} */
export const noMoments = (size) => ({ m: new Float64Array(size), v: new Float64Array(size), t: 0 });

/**
 * Return parameters and moments after an update; statistics, which lie behind what is learned, stay.
 * @param {Float64Array} parameters
 * @param {Float64Array} gradient
 * @param {Moments} moments those before
 * @param {number} rate the learning rate
 * @param {number} learned how many numbers are learned: the first ones
 * @returns {{parameters: Float64Array, moments: Moments}}
 */
export function adam(parameters, gradient, moments, rate, learned) {
  const { beta1, beta2, eps } = ADAM;
  const t = moments.t + 1;
  const [after, m, v] = [parameters.slice(), moments.m.slice(), moments.v.slice()];
  for (let at = 0; at < learned; at++) {
    m[at] = beta1 * m[at] + (1 - beta1) * gradient[at];
    v[at] = beta2 * v[at] + (1 - beta2) * gradient[at] ** 2;
    const mHat = m[at] / (1 - beta1 ** t);
    const vHat = v[at] / (1 - beta2 ** t);
    after[at] -= (rate * mHat) / (Math.sqrt(vHat) + eps);
  }
  return { parameters: after, moments: { m, v, t } };
}
