// What is on a picture's paper besides the character, as pellucid.images.paper takes it away: shadows,
// ruled lines, neighbors, specks; and thin strokes become as wide as those of MNIST.

import { borderOf, findInk, grayOf, median, noiseOf, quantile } from "./ink.js";
import { boxOf, distances, extreme, mean, partsOf } from "./morphology.js";

// A picture is searched at about this many pixels a side.
const SEARCHED = 200;
// The window that finds the paper, in sides of the picture: wider than a stroke, narrower than a shadow.
const WINDOW = 0.35;
// A shadow, taken away, leaves at most this part of the ink on the border; strokes leave more.
const SHADOW = 0.25;
// Ink on the border is weaker than the character's if it has at most this part of its strength ...
const WEAKER = 0.7;
// ... and what is this many times as strong as it is the character's.
const ABOVE = 1.25;
// A part is a character's own if it is as near to it, in its longer sides; one that is smaller than a
// part of its area must be nearer.
const [NEAR, NEAR_SPECK, SPECK] = [0.25, 0.12, 0.05];
// How wide a stroke's soft edge is, in longer sides.
const SOFT = 0.04;
// Ink apart from it that is as large, in parts of its area, may be another character, or half of it.
const ANOTHER = 0.3;
// A part inside may be this much smaller than one on the border, which is then a neighbor or line.
const LEAST_INSIDE = 0.15;
// So many strokes that leave the picture are a pattern, not a character cut too tightly.
const MOST_EXITS = 8;
// MNIST's strokes are about this wide, of their longer side; a thinner pen than the second is thin.
const [PEN, THIN] = [2.2 / 20, 1.35 / 20];

/** @typedef {import("./ink.js").Picture} Picture */
/** @typedef {import("./ink.js").Ink} Ink */
/** @typedef {import("./sampling.js").Plane} Plane */

/**
 * Return a picture with nothing but its character on even paper; the picture itself if it was clean.
 * @param {Picture} picture
 * @param {Ink} found all of its ink
 * @returns {{picture: Picture, doubt: string | null}} and why the character may not be what was found
 */
export function cleaned(picture, found) {
  const { levels, dark } = found;
  const factor = Math.max(1, Math.floor(Math.floor(Math.sqrt(picture.rows * picture.columns)) / SEARCHED));
  let strength = squares(picture, found.strength, factor, Math.max);
  const onEdge = strongOnEdge(strength, found.threshold);
  const even = onEdge ? flattened(picture, levels, dark, factor, found.threshold) : null;
  if (even) {
    const again = findInk(even, levels, dark, noiseOf(grayBorder(even)));
    if (!again) return { picture, doubt: "none" };
    const flat = squares(even, again.strength, factor, Math.max);
    if (strongOnEdge(flat, again.threshold) <= SHADOW * onEdge) {
      picture = even;
      found = again;
      strength = flat;
    }
  }
  const { rows, columns } = strength;
  const strong = strength.values.map((value) => (value >= found.threshold ? 1 : 0));
  const { kept, doubt } = character(withoutLines(strength, found.threshold));
  const wide = widened(kept, rows, columns);
  const keep = strong.map((value, at) => value && wide[at]);
  if (keep.some((value, at) => value !== strong[at])) picture = only(picture, levels, keep, columns, factor);
  return { picture: withPen(picture, dark, { values: kept, rows, columns }, factor), doubt };
}

/** Return squares of pixels as one each, by a function of two numbers. */
function squares({ rows, columns }, values, factor, choose) {
  const across = Math.ceil(columns / factor);
  const down = Math.ceil(rows / factor);
  const found = new Float64Array(down * across).fill(-Infinity);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const at = Math.floor(y / factor) * across + Math.floor(x / factor);
      found[at] = choose(found[at], values[y * columns + x]);
    }
  }
  return { values: found, rows: down, columns: across };
}

/** Return the means of squares, smaller ones at the ends. */
function means({ rows, columns }, values, factor) {
  const across = Math.ceil(columns / factor);
  const down = Math.ceil(rows / factor);
  const [sums, counts] = [new Float64Array(down * across), new Float64Array(down * across)];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const at = Math.floor(y / factor) * across + Math.floor(x / factor);
      sums[at] += values[y * columns + x];
      counts[at]++;
    }
  }
  return { values: sums.map((sum, at) => sum / counts[at]), rows: down, columns: across };
}

/** Return a plane's edge, once around; its corners count twice. */
function edgeOf({ values, rows, columns }) {
  const edge = [];
  for (let x = 0; x < columns; x++) edge.push(values[x]);
  for (let y = 0; y < rows; y++) edge.push(values[(y + 1) * columns - 1]);
  for (let x = columns - 1; x >= 0; x--) edge.push(values[(rows - 1) * columns + x]);
  for (let y = rows - 1; y >= 0; y--) edge.push(values[y * columns]);
  return edge;
}

const strongOnEdge = (plane, threshold) => edgeOf(plane).filter((value) => value >= threshold).length;

function grayBorder({ planes, rows, columns }) {
  const edges = planes.map((plane) => borderOf(plane, rows, columns));
  return edges[0].map((_, at) => grayOf(edges.map((values) => values[at])));
}

/**
 * Return the picture as if all of its paper were as bright as the border's median; null where it
 * nearly is so all along the border.
 * @returns {Picture | null}
 */
function flattened(picture, levels, dark, factor, least) {
  const { planes, rows, columns } = picture;
  const papers = planes.map((plane) => paperOf(means(picture, plane, factor), dark));
  const isEven = papers.every((paper, c) =>
    edgeOf(paper).every((value) => Math.abs(value - levels[c]) < least));
  if (isEven) return null;
  const even = planes.map((plane, c) => plane.map((value, at) => {
    const around = between(papers[c], Math.floor(at / columns) / factor, (at % columns) / factor);
    // Light falls on ink and paper alike; a dark ground is added to.
    const moved = dark ? value * (levels[c] / Math.max(around, 1)) : value + (levels[c] - around);
    return Math.round(Math.max(0, Math.min(255, moved)));
  }));
  return { planes: even, rows, columns };
}

/** Return the number between those of a plane; its edges go on. */
function between({ values, rows, columns }, y, x) {
  const [top, left] = [Math.min(Math.floor(y), rows - 1), Math.min(Math.floor(x), columns - 1)];
  const [bottom, right] = [Math.min(top + 1, rows - 1), Math.min(left + 1, columns - 1)];
  const [v, u] = [Math.min(y, rows - 1) - top, Math.min(x, columns - 1) - left];
  const row = (n) => values[n * columns + left] * (1 - u) + values[n * columns + right] * u;
  return row(top) * (1 - v) + row(bottom) * v;
}

/**
 * Return the paper's brightness at each square of a channel.
 * @param {Plane} plane
 * @param {boolean} dark
 * @returns {Plane}
 */
function paperOf(plane, dark) {
  const { rows, columns } = plane;
  const small = { values: mean(plane, 3, true), rows, columns };
  const window = 2 * Math.max(1, Math.trunc((WINDOW * Math.max(rows, columns)) / 2)) + 1;
  let paper = small;
  for (const isLargest of dark ? [true, false] : [false, true]) {
    paper = { values: extreme(paper, window, isLargest), rows, columns };
  }
  // Noise moves an extreme; the median of what is left moves it back.
  const back = median(small.values.map((value, at) => value - paper.values[at]));
  const moved = paper.values.map((value) => value + back);
  return { values: mean({ values: moved, rows, columns }, 5, false), rows, columns };
}

/** Return where ink is, without that of the border's strength where the character's is more. */
function withoutLines(strength, threshold) {
  const edge = edgeOf(strength).filter((value) => value >= threshold);
  let least = threshold;
  if (edge.length) {
    const line = quantile(edge, 0.9);
    const strongest = strength.values.reduce((a, b) => Math.max(a, b), 0);
    if (line <= WEAKER * strongest) least = Math.max(threshold, ABOVE * line);
  }
  return { ...strength, values: strength.values.map((value) => (value >= least ? 1 : 0)) };
}

/**
 * Return where the character is, and what makes it doubtful.
 * @param {Plane} strong
 */
function character(strong) {
  const { rows, columns, values } = strong;
  const { labels, count } = partsOf(values, rows, columns);
  if (!count) return { kept: values, doubt: null };
  const areas = new Float64Array(count + 1);
  labels.forEach((label) => (areas[label] += label ? 1 : 0));
  const outside = new Set(edgeOf({ values: labels, rows, columns }));
  outside.delete(0);
  const inside = areas.map((area, n) => (outside.has(n) ? 0 : area));
  const largest = (list) => list.indexOf(Math.max(...list));
  const isInside = Math.max(...inside) >= LEAST_INSIDE * Math.max(...areas);
  const main = largest(isInside ? inside : areas);
  const ring = edgeOf(strong);
  const exits = ring.filter((value, n) => value && !ring[(n || ring.length) - 1]).length;
  let doubt = !isInside && exits > MOST_EXITS ? "exits" : null;
  if (count === 1) return { kept: values, doubt };
  const own = nearTo(labels, areas, main, rows, columns);
  const isOther = new Set();
  for (let n = 1; n <= count; n++) {
    if (isInside && outside.has(n)) own.delete(n);
    if (n === main) own.add(n);
    else if (!own.has(n) && !outside.has(n) && areas[n] >= ANOTHER * areas[main]) isOther.add(n);
  }
  if (isOther.size) doubt = "parts";
  const kept = Float64Array.from(labels, (label) => (own.has(label) || isOther.has(label) ? 1 : 0));
  return { kept, doubt };
}

/** Return the parts that are near to the main one. */
function nearTo(labels, areas, main, rows, columns) {
  const isMain = Array.from(labels, (label) => label === main);
  const reach = longer(boxOf(isMain, rows, columns));
  const gaps = new Float64Array(areas.length).fill(Infinity);
  distances(isMain, rows, columns).forEach((gap, at) => (gaps[labels[at]] = Math.min(gaps[labels[at]], gap)));
  const own = new Set();
  for (let n = 1; n < areas.length; n++) {
    const near = areas[n] >= SPECK * areas[main] ? NEAR : NEAR_SPECK;
    if (gaps[n] <= Math.max(near * reach, 2)) own.add(n);
  }
  return own;
}

const longer = ({ left, top, right, bottom }) => Math.max(right - left, bottom - top);

/** Return the character with its soft edges, which are weaker than it is. */
function widened(kept, rows, columns) {
  if (!kept.some(Boolean)) return kept;
  const soft = Math.max(1, Math.round(SOFT * longer(boxOf(kept, rows, columns))));
  return distances(kept, rows, columns).map((gap) => (gap <= soft ? 1 : 0));
}

/** Return the picture with paper where other ink was. */
function only({ planes, rows, columns }, levels, keep, across, factor) {
  const cleanedPlanes = planes.map((plane, c) => plane.map((value, at) => {
    const [y, x] = [Math.floor(at / columns), at % columns];
    return keep[Math.floor(y / factor) * across + Math.floor(x / factor)] ? value : Math.round(levels[c]);
  }));
  return { planes: cleanedPlanes, rows, columns };
}

/** Return the picture with strokes of MNIST's width, if a thin pen wrote it. */
function withPen(picture, dark, { values, rows, columns }, factor) {
  if (!values.some(Boolean)) return picture;
  const box = boxOf(values, rows, columns);
  const [tall, wide] = [box.bottom - box.top + 2, box.right - box.left + 2];
  const ground = new Array(tall * wide).fill(true);
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      ground[(y - box.top + 1) * wide + x - box.left + 1] = !values[y * columns + x];
    }
  }
  // Across a stroke of width w the distance to its edge is w / 4 + 1 / 2 on the average.
  const deep = distances(ground, tall, wide).filter((gap) => gap > 0);
  const width = (4 * deep.reduce((sum, gap) => sum + gap, 0)) / deep.length - 2;
  const reach = longer(box);
  if (width >= THIN * reach) return picture;
  const size = 1 + Math.round((PEN * reach - width) * factor);
  const planes = picture.planes.map((plane) => extreme({ ...picture, values: plane }, size, !dark));
  return { ...picture, planes };
}
