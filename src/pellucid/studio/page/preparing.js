// How a picture becomes the network's image: as the model's preprocessing has it, step by step.

// Ink fainter than this part of the strongest is background.
const THRESHOLD = 0.15;
// Of MNIST's 28 pixels, a digit's longer side takes 20.
const LONGER_SIDE = 20 / 28;
// Ink may have this many pixels, or more, to one of the image before it is averaged.
const FINEST = 4;
// A picture whose darkest and brightest pixel are closer than this is blank.
const LEAST_CONTRAST = 8;

/**
 * A gray plane of numbers, row after row.
 * @typedef {{values: Float64Array, rows: number, columns: number}} Plane
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
    const weights = [];
    let sum = 0;
    for (let at = first; at < end; at++) {
      weights.push(bicubic((at - center + 0.5) / wide));
      sum += weights[weights.length - 1];
    }
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * Return the part of a plane inside a box in another size, antialiased: along rows, then columns.
 * @param {Plane} plane
 * @param {[number, number]} size rows and columns
 * @param {{left: number, top: number, right: number, bottom: number}} box
 * @returns {Plane}
 */
export function resampled(plane, [rows, columns], box) {
  const across = shares(plane.columns, box.left, box.right, columns);
  const narrow = new Float32Array(plane.rows * columns);
  for (let y = 0; y < plane.rows; y++) {
    across.forEach(({ first, weights }, x) => {
      let sum = 0;
      weights.forEach((weight, n) => (sum += weight * plane.values[y * plane.columns + first + n]));
      narrow[y * columns + x] = sum;
    });
  }
  const values = new Float64Array(rows * columns);
  shares(plane.rows, box.top, box.bottom, rows).forEach(({ first, weights }, y) => {
    for (let x = 0; x < columns; x++) {
      let sum = 0;
      weights.forEach((weight, n) => (sum += weight * narrow[(first + n) * columns + x]));
      values[y * columns + x] = Math.fround(sum);
    }
  });
  return { values, rows, columns };
}

/** Return the first and the one behind the last of the indices that are used. */
function extent(used) {
  return [used.indexOf(true), used.lastIndexOf(true) + 1];
}

/**
 * Return the ink's box, its threshold and how strong it is at the most; null where there is none.
 * @param {Plane} plane ink, from 0 to 255
 */
export function boxOfInk({ values, rows, columns }) {
  let strongest = 0;
  for (let at = 0; at < values.length; at++) if (values[at] > strongest) strongest = values[at];
  if (strongest < LEAST_CONTRAST) return null;
  const threshold = THRESHOLD * strongest;
  const inRow = new Array(rows).fill(false);
  const inColumn = new Array(columns).fill(false);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (values[y * columns + x] >= threshold) inRow[y] = inColumn[x] = true;
    }
  }
  const [top, bottom] = extent(inRow);
  const [left, right] = extent(inColumn);
  return { left, top, right, bottom, threshold };
}

/** Return the ink in its box, factor x factor pixels averaged to one; what is missing is no ink. */
function cut(plane, box, factor) {
  const rows = Math.ceil((box.bottom - box.top) / factor);
  const columns = Math.ceil((box.right - box.left) / factor);
  const values = new Float64Array(rows * columns);
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      const value = plane.values[y * plane.columns + x];
      if (value < box.threshold) continue;
      const at = Math.floor((y - box.top) / factor) * columns + Math.floor((x - box.left) / factor);
      values[at] += value / factor ** 2;
    }
  }
  return { values, rows, columns };
}

/** Return where a field begins that has the center of mass in its middle, or holds all of it. */
function fieldStart(mass, field) {
  let sum = 0;
  let moment = 0;
  mass.forEach((value, at) => {
    sum += value;
    moment += value * (at + 0.5);
  });
  return Math.min(Math.max(moment / sum - field / 2, mass.length - field), 0);
}

function padded(plane, padRows, padColumns) {
  const rows = plane.rows + 2 * padRows;
  const columns = plane.columns + 2 * padColumns;
  const values = new Float64Array(rows * columns);
  for (let y = 0; y < plane.rows; y++) {
    const row = plane.values.subarray(y * plane.columns, (y + 1) * plane.columns);
    values.set(row, (y + padRows) * columns + padColumns);
  }
  return { values, rows, columns };
}

/**
 * Return a drawing as MNIST's digits are: its ink cut out, scaled so that its longer side is 20 / 28
 * of the image's, and placed with its center of mass in the middle.
 * @param {Plane} drawing ink, from 0 to 255
 * @param {[number, number]} size the image's rows and columns
 * @param {[number, number]} range the bytes that the network takes for 0 and 1
 * @returns {{pixels: Float64Array, box: ReturnType<typeof boxOfInk>, scale: number}} pixels in [0, 1]
 */
export function centered(drawing, size, range = [0, 255]) {
  const box = boxOfInk(drawing);
  if (!box) return { pixels: inUnits(new Float64Array(size[0] * size[1]), range), box, scale: 0 };
  const sides = [box.bottom - box.top, box.right - box.left];
  const step = Math.max(sides[0] / (LONGER_SIDE * size[0]), sides[1] / (LONGER_SIDE * size[1]));
  const factor = Math.max(1, Math.trunc(step / FINEST));
  const ink = cut(drawing, box, factor);
  const fields = size.map((side) => (step * side) / factor);
  const ofRows = new Float64Array(ink.rows);
  const ofColumns = new Float64Array(ink.columns);
  ink.values.forEach((value, at) => {
    ofRows[Math.floor(at / ink.columns)] += value;
    ofColumns[at % ink.columns] += value;
  });
  const support = 2 * Math.ceil(step / factor) + 1; // how far the bicubic filter looks
  const pads = [ink.rows, ink.columns].map(
    (length, axis) => Math.max(0, Math.ceil(fields[axis] - length)) + support);
  const top = pads[0] + fieldStart(ofRows, fields[0]);
  const left = pads[1] + fieldStart(ofColumns, fields[1]);
  const placed = resampled(padded(ink, pads[0], pads[1]), size, {
    left, top, right: left + fields[1], bottom: top + fields[0],
  });
  const strongest = placed.values.reduce((a, b) => Math.max(a, b), 0);
  const [low, high] = [Math.max(0, range[0]), Math.min(255, range[1])];
  const bytes = placed.values.map((value) => rounded(low + (value * (high - low)) / strongest));
  return { pixels: inUnits(bytes, range), box, scale: 1 / step };
}

/** Return a number as a byte. */
function rounded(value) {
  return Math.max(0, Math.min(255, Math.round(value)));
}

/**
 * Return bytes as the network computes with them.
 * @param {Float64Array} bytes
 * @param {[number, number]} range the bytes that the network takes for 0 and 1
 */
export function inUnits(bytes, [low, high]) {
  return bytes.map((value) => Math.max(0, Math.min(1, (value - low) / (high - low))));
}

/**
 * Return a picture of any size as a network takes photographs: brought to its size as a whole.
 * @param {{data: ArrayLike<number>, width: number, height: number}} picture red, green, blue and how
 *   opaque, of each pixel
 * @param {number[]} shape the network's: channels, rows and columns
 * @param {{polarity: string, pixel_range?: [number, number]}} preprocessing
 */
export function resized(picture, [channels, rows, columns], preprocessing) {
  const { width, height, data } = picture;
  const planes = Array.from({ length: channels }, () => new Float64Array(width * height));
  const gray = new Float64Array(width * height);
  for (let at = 0; at < gray.length; at++) {
    const color = [0, 1, 2].map((c) => data[4 * at + c]);
    gray[at] = 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2];
    planes.forEach((plane, c) => (plane[at] = channels === 1 ? Math.round(gray[at]) : color[c]));
  }
  const dark = isDarkOnLight(gray, width, height, preprocessing.polarity);
  const pixels = new Float64Array(channels * rows * columns);
  planes.forEach((values, c) => {
    if (dark) values = values.map((value) => 255 - value);
    const whole = { left: 0, top: 0, right: width, bottom: height };
    const part = resampled({ values, rows: height, columns: width }, [rows, columns], whole);
    pixels.set(part.values.map(rounded), c * rows * columns);
  });
  return inUnits(pixels, preprocessing.pixel_range ?? [0, 255]);
}

function isDarkOnLight(gray, width, height, polarity) {
  if (polarity !== "auto") return polarity === "dark-on-light";
  const edge = [...gray.keys()]
    .filter((at) => {
      const [y, x] = [Math.floor(at / width), at % width];
      return y === 0 || x === 0 || y === height - 1 || x === width - 1;
    })
    .map((at) => gray[at])
    .sort((a, b) => a - b);
  const middle = edge.length >> 1;
  const background = edge.length % 2 ? edge[middle] : (edge[middle - 1] + edge[middle]) / 2;
  const [low, high] = gray.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [255, 0]);
  return background - low > high - background;
}
