// What slides over an image: convolution, max pooling, average pooling; forward and backward.
// Arrays are flat, channel after channel, row after row.

/**
 * Return the positions of a window, from the first to behind the last, whose tap lies in the image.
 * @param {number} count positions in all
 * @param {number} stride
 * @param {number} shift where the tap of position 0 lies, in pixels
 * @param {number} size pixels of the image
 * @returns {[number, number]}
 */
export function inside(count, stride, shift, size) {
  const first = Math.max(0, Math.ceil(-shift / stride));
  const end = Math.min(count, Math.floor((size - 1 - shift) / stride) + 1);
  return [first, Math.max(first, end)];
}

/**
 * Call a function for every tap of every filter: the place of its weight, and where it reads.
 * @param {import("./engine.js").Layer} layer
 * @param {(weight: number, at: number, row: number, x0: number, x1: number) => void} use the row of
 *   outputs begins at `at`, that of the image at `row`; of the outputs, those from x0 to behind x1
 */
function eachTap(layer, use) {
  const [channels, height, width] = layer.takes[0];
  const [filters, rows, columns] = layer.shape;
  const [tall, wide] = layer.kernel;
  const ofGroup = channels / layer.groups;
  const filtersOfGroup = filters / layer.groups;
  let weight = 0;
  for (let k = 0; k < filters; k++) {
    const first = Math.floor(k / filtersOfGroup) * ofGroup;
    for (let c = first; c < first + ofGroup; c++) {
      for (let i = 0; i < tall; i++) {
        const down = i * layer.dilation[0] - layer.pads[0][0];
        const [y0, y1] = inside(rows, layer.stride[0], down, height);
        for (let j = 0; j < wide; j++, weight++) {
          const right = j * layer.dilation[1] - layer.pads[1][0];
          const [x0, x1] = inside(columns, layer.stride[1], right, width);
          for (let y = y0; y < y1; y++) {
            const row = (c * height + y * layer.stride[0] + down) * width + right;
            use(weight, (k * rows + y) * columns, row, x0, x1);
          }
        }
      }
    }
  }
}

/** z[k, y, x] = b[k] + sum f[k, c, i, j] x[c, y sy + i dy, x sx + j dx] */
export const conv2d = {
  forward(layer, [x], { f, b }) {
    const [filters, rows, columns] = layer.shape;
    const z = new Float64Array(filters * rows * columns);
    if (b) for (let k = 0; k < filters; k++) z.fill(b[k], k * rows * columns, (k + 1) * rows * columns);
    const step = layer.stride[1];
    eachTap(layer, (weight, at, row, x0, x1) => {
      const factor = f[weight];
      for (let p = x0; p < x1; p++) z[at + p] += factor * x[row + p * step];
    });
    return z;
  },
  /** Every product sends its output's gradient to both factors. */
  backward(layer, dz, [x], _z, { f, b }) {
    const dx = new Float64Array(x.length);
    const df = new Float64Array(f.length);
    const step = layer.stride[1];
    eachTap(layer, (weight, at, row, x0, x1) => {
      const factor = f[weight];
      let sum = 0;
      for (let p = x0; p < x1; p++) {
        sum += dz[at + p] * x[row + p * step];
        dx[row + p * step] += factor * dz[at + p];
      }
      df[weight] += sum;
    });
    return { inputs: [dx], parameters: b ? { f: df, b: sumsOfChannels(dz, b.length) } : { f: df } };
  },
};

/** @param {Float64Array} values @param {number} channels */
export function sumsOfChannels(values, channels) {
  const sums = new Float64Array(channels);
  const size = values.length / channels;
  for (let c = 0; c < channels; c++) {
    for (let p = c * size; p < (c + 1) * size; p++) sums[c] += values[p];
  }
  return sums;
}

/**
 * Return the part of the image that a pool's window covers: rows and columns, from and to.
 * @returns {[number, number, number, number]}
 */
export function windowOf(layer, y, x) {
  const [, height, width] = layer.takes[0];
  const top = y * layer.stride[0] - layer.pads[0][0];
  const left = x * layer.stride[1] - layer.pads[1][0];
  return [
    Math.max(0, top), Math.min(height, top + layer.kernel[0]),
    Math.max(0, left), Math.min(width, left + layer.kernel[1]),
  ];
}

/** Return where the largest value of a window lies: the first of equals, row by row. */
export function winnerOf(layer, x, c, y, column) {
  const [, height, width] = layer.takes[0];
  const [y0, y1, x0, x1] = windowOf(layer, y, column);
  let best = -1;
  for (let v = y0; v < y1; v++) {
    for (let u = x0; u < x1; u++) {
      const at = (c * height + v) * width + u;
      if (best < 0 || x[at] > x[best]) best = at;
    }
  }
  return best;
}

function eachPosition(layer, use) {
  const [channels, rows, columns] = layer.shape;
  for (let c = 0, at = 0; c < channels; c++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++, at++) use(at, c, y, x);
    }
  }
}

const size = (shape) => shape.reduce((product, side) => product * side, 1);

/** p[c, y, x] = the largest value under the window */
export const maxPool = {
  forward(layer, [x]) {
    const p = new Float64Array(size(layer.shape));
    eachPosition(layer, (at, c, y, column) => (p[at] = x[winnerOf(layer, x, c, y, column)]));
    return p;
  },
  /** Each gradient goes to its window's winner. */
  backward(layer, dp, [x]) {
    const dx = new Float64Array(x.length);
    eachPosition(layer, (at, c, y, column) => (dx[winnerOf(layer, x, c, y, column)] += dp[at]));
    return { inputs: [dx], parameters: {} };
  },
};

/** p[c, y, x] = the mean under the window; zeros around the image count */
export const averagePool = {
  forward(layer, [x]) {
    const p = new Float64Array(size(layer.shape));
    const [, height, width] = layer.takes[0];
    const count = layer.kernel[0] * layer.kernel[1];
    eachPosition(layer, (at, c, y, column) => {
      const [y0, y1, x0, x1] = windowOf(layer, y, column);
      let sum = 0;
      for (let v = y0; v < y1; v++) for (let u = x0; u < x1; u++) sum += x[(c * height + v) * width + u];
      p[at] = sum / count;
    });
    return p;
  },
  backward(layer, dp, [x]) {
    const dx = new Float64Array(x.length);
    const [, height, width] = layer.takes[0];
    const count = layer.kernel[0] * layer.kernel[1];
    eachPosition(layer, (at, c, y, column) => {
      const [y0, y1, x0, x1] = windowOf(layer, y, column);
      for (let v = y0; v < y1; v++) {
        for (let u = x0; u < x1; u++) dx[(c * height + v) * width + u] += dp[at] / count;
      }
    });
    return { inputs: [dx], parameters: {} };
  },
};

/** p[c] = the mean of a channel */
export const globalAveragePool = {
  forward(layer, [x]) {
    const channels = layer.shape[0];
    return sumsOfChannels(x, channels).map((sum) => (sum * channels) / x.length);
  },
  backward(layer, dp, [x]) {
    const area = x.length / layer.shape[0];
    return { inputs: [x.map((_, at) => dp[Math.floor(at / area)] / area)], parameters: {} };
  },
};

/** Return where the largest value of a channel lies, the first of equals. */
export function winnerOfChannel(x, c, area) {
  let best = c * area;
  for (let at = best; at < (c + 1) * area; at++) if (x[at] > x[best]) best = at;
  return best;
}

/** p[c] = the largest value of a channel */
export const globalMaxPool = {
  forward(layer, [x]) {
    const area = x.length / layer.shape[0];
    return Float64Array.from({ length: layer.shape[0] }, (_, c) => x[winnerOfChannel(x, c, area)]);
  },
  backward(layer, dp, [x]) {
    const dx = new Float64Array(x.length);
    const area = x.length / layer.shape[0];
    dp.forEach((d, c) => (dx[winnerOfChannel(x, c, area)] += d));
    return { inputs: [dx], parameters: {} };
  },
};
