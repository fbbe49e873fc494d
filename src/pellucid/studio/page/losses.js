// Softmax and cross-entropy: what the scores become, how wrong that is, and the scores' gradient.

const EPS = 1e-10;

/** probs[k] = exp(out[k] - m) / sum_l exp(out[l] - m), m the largest */
export function softmax(out) {
  const most = out.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = out.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** Return the label as an array: 1 for the true class, and shared out as far as it is smoothed. */
export function oneHot(label, classes, smoothing) {
  return Float64Array.from(
    { length: classes }, (_, k) => (k === label ? 1 - smoothing : 0) + smoothing / classes);
}

/** loss = -sum_k label[k] log(max(eps, min(probs[k], 1 - eps))) */
export function crossEntropy(out, label, smoothing) {
  const target = oneHot(label, out.length, smoothing);
  return softmax(out).reduce(
    (sum, p, k) => sum - target[k] * Math.log(Math.max(EPS, Math.min(p, 1 - EPS))), 0);
}

/** dout = probs - label */
export function crossEntropyBackward(out, label, smoothing) {
  const target = oneHot(label, out.length, smoothing);
  return softmax(out).map((p, k) => p - target[k]);
}
