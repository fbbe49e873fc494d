// What is done to masks and planes to clean a paper: windows, distances, parts that hang together.

/** @typedef {import("./sampling.js").Plane} Plane */

const NOTHING = 1e20;

/** Apply a function of one line to every row, then to every column, in place. */
function alongBoth(values, rows, columns, ofLine) {
  const line = new Float64Array(Math.max(rows, columns));
  for (const [count, length, step, next] of [[rows, columns, 1, columns], [columns, rows, columns, 1]]) {
    for (let n = 0; n < count; n++) {
      for (let at = 0; at < length; at++) line[at] = values[n * next + at * step];
      const found = ofLine(line, length);
      for (let at = 0; at < length; at++) values[n * next + at * step] = found[at];
    }
  }
  return values;
}

/** Return the index that stands in for one beside the line: the last, or mirrored at its edge. */
function held(at, length, isMirrored) {
  if (at >= 0 && at < length) return at;
  if (!isMirrored || length === 1) return at < 0 ? 0 : length - 1;
  const turn = ((at % (2 * length)) + 2 * length) % (2 * length);
  return turn < length ? turn : 2 * length - 1 - turn;
}

/**
 * Return the largest, or the smallest, number under a window around each place.
 * @param {Plane} plane
 * @param {number} size of the window; of an even one the longer half is before the place
 * @param {boolean} isLargest
 * @returns {Float64Array}
 */
export function extreme({ values, rows, columns }, size, isLargest) {
  const sign = isLargest ? 1 : -1;
  const behind = size - Math.floor(size / 2);
  const signed = values.map((value) => sign * value);
  return alongBoth(signed, rows, columns, (line, length) => largestBehind(line, length, size, behind))
    .map((value) => sign * value);
}

/** Return the largest number of each window of a line, which ends at so many places behind its own. */
function largestBehind(line, length, size, behind) {
  const found = new Float64Array(length);
  const falling = new Int32Array(length); // places, each smaller than the one before
  let [first, end] = [0, 0];
  for (let next = 0, at = 0; at < length; at++) {
    for (; next < Math.min(length, at + behind); next++) {
      while (end > first && line[falling[end - 1]] <= line[next]) end--;
      falling[end++] = next;
    }
    while (falling[first] < at + behind - size) first++;
    found[at] = line[falling[first]];
  }
  return found;
}

/**
 * Return the mean under a window of an odd size around each place.
 * @param {Plane} plane
 * @param {number} size
 * @param {boolean} isMirrored whether the plane is mirrored at its edges, or its edges go on
 * @returns {Float64Array}
 */
export function mean({ values, rows, columns }, size, isMirrored) {
  const half = (size - 1) / 2;
  return alongBoth(values.slice(), rows, columns, (line, length) =>
    Float64Array.from({ length }, (_, at) => {
      let sum = 0;
      for (let n = at - half; n <= at + half; n++) sum += line[held(n, length, isMirrored)];
      return sum / size;
    }));
}

/**
 * Return how far each place is from the nearest one of a mask (P. Felzenszwalb and D. Huttenlocher,
 * "Distance transforms of sampled functions", 2012).
 * @param {ArrayLike<boolean | number>} mask
 * @param {number} rows
 * @param {number} columns
 */
export function distances(mask, rows, columns) {
  const squares = Float64Array.from({ length: rows * columns }, (_, at) => (mask[at] ? 0 : NOTHING));
  return alongBoth(squares, rows, columns, lowest).map(Math.sqrt);
}

/** Return the lowest of the parabolas that stand on each place of a line. */
function lowest(line, length) {
  const hulls = new Int32Array(length);
  const bounds = new Float64Array(length + 1).fill(Infinity);
  bounds[0] = -Infinity;
  let last = 0;
  for (let q = 1; q < length; q++) {
    const meet = () => {
      const p = hulls[last];
      return (line[q] + q * q - line[p] - p * p) / (2 * (q - p));
    };
    let place = meet();
    while (place <= bounds[last]) {
      last--;
      place = meet();
    }
    hulls[++last] = q;
    bounds[last] = place;
    bounds[last + 1] = Infinity;
  }
  const found = new Float64Array(length);
  for (let q = 0, hull = 0; q < length; q++) {
    while (bounds[hull + 1] < q) hull++;
    found[q] = (q - hulls[hull]) ** 2 + line[hulls[hull]];
  }
  return found;
}

/**
 * Return the parts of a mask that hang together, over corners too: 0 is none, and how many there are.
 * @param {ArrayLike<boolean | number>} mask
 * @param {number} rows
 * @param {number} columns
 */
export function partsOf(mask, rows, columns) {
  const labels = new Int32Array(rows * columns);
  let count = 0;
  for (let start = 0; start < labels.length; start++) {
    if (!mask[start] || labels[start]) continue;
    labels[start] = ++count;
    const open = [start];
    while (open.length) {
      const at = open.pop();
      const [y, x] = [Math.floor(at / columns), at % columns];
      for (let v = Math.max(0, y - 1); v <= Math.min(rows - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(columns - 1, x + 1); u++) {
          const next = v * columns + u;
          if (!mask[next] || labels[next]) continue;
          labels[next] = count;
          open.push(next);
        }
      }
    }
  }
  return { labels, count };
}

/**
 * Return the box around a mask's places.
 * @param {ArrayLike<boolean | number>} mask
 * @param {number} rows
 * @param {number} columns
 * @returns {import("./sampling.js").Box}
 */
export function boxOf(mask, rows, columns) {
  const box = { left: columns, top: rows, right: 0, bottom: 0 };
  for (let at = 0; at < rows * columns; at++) {
    if (!mask[at]) continue;
    const [y, x] = [Math.floor(at / columns), at % columns];
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x + 1);
    box.top = Math.min(box.top, y);
    box.bottom = y + 1;
  }
  return box;
}
