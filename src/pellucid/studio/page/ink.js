// Where a picture's ink is, and how strong: what differs from the background in one direction.

import { resampled } from "./sampling.js";

// Ink fainter than this part of the strongest is background ...
const THRESHOLD = 0.15;
// ... and so is what is within this many standard deviations of the border's noise,
const NOISE_DEVIATIONS = 7;
// as long as that leaves the stronger half of the ink.
const MOST_THRESHOLD = 0.5;
// Of MNIST's 28 pixels, a digit's longer side takes 20.
const LONGER_SIDE = 20 / 28;
// Ink may have this many pixels, or more, to one of the image before it is averaged.
const FINEST = 4;

/**
 * Bytes, channel by channel.
 * @typedef {{planes: Float64Array[], rows: number, columns: number}} Picture
 */

/**
 * The ink of a picture: its box, how it is told from the paper, and how strong it is anywhere.
 * @typedef {object} Ink
 * @property {import("./sampling.js").Box} box
 * @property {number[]} levels the background of each channel
 * @property {boolean} dark whether ink is darker than it
 * @property {number} threshold fainter ink is dropped
 * @property {number} strongest
 * @property {Float64Array} strength of the whole picture, the channels as one
 */

/** Return three channels as one, as the eye weighs them, others as their mean. */
export function grayOf(values) {
  if (values.length === 3) return 0.299 * values[0] + 0.587 * values[1] + 0.114 * values[2];
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Return the pixels of a plane's border. */
export function borderOf(values, rows, columns) {
  const found = [];
  for (let y = 0; y < rows; y++) {
    const step = y === 0 || y === rows - 1 ? 1 : Math.max(1, columns - 1);
    for (let x = 0; x < columns; x += step) found.push(values[y * columns + x]);
  }
  return Float64Array.from(found);
}

/** Return what a share of some numbers is below, between two of them where it must. */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const next = sorted[Math.min(low + 1, sorted.length - 1)];
  return sorted[low] + (next - sorted[low]) * (at - low);
}

export const median = (values) => quantile(values, 0.5);

/** Return the standard deviation of the border's noise, at least, from a quartile. */
export function noiseOf(border) {
  const middle = median(border);
  return quantile(border.map((value) => Math.abs(value - middle)), 0.75) / 0.6745;
}

/**
 * Return how much each pixel differs from the background, the channels as one.
 * @param {Picture} picture
 */
export function strengthOf({ planes }, levels, dark) {
  const one = inkOf(planes[0], levels[0], dark);
  if (planes.length === 1) return one;
  const all = [one, ...planes.slice(1).map((plane, c) => inkOf(plane, levels[c + 1], dark))];
  return one.map((_, at) => grayOf(all.map((plane) => plane[at])));
}

/** Return how much each pixel of a channel differs from its background. */
export function inkOf(plane, level, dark) {
  if (level === 0 && !dark) return plane; // a drawing, many times a second
  const sign = dark ? -1 : 1;
  return plane.map((value) => Math.max(0, sign * (value - level)));
}

/**
 * Return the ink of a picture, or null where there is none.
 * @param {Picture} picture
 * @param {number[]} levels
 * @param {boolean} dark
 * @param {number} noise the standard deviation of the background
 * @returns {Ink | null}
 */
export function findInk(picture, levels, dark, noise) {
  const { rows, columns } = picture;
  const strength = strengthOf(picture, levels, dark);
  let strongest = 0;
  for (let at = 0; at < strength.length; at++) if (strength[at] > strongest) strongest = strength[at];
  if (!(strongest > 0)) return null;
  const least = Math.max(THRESHOLD * strongest, NOISE_DEVIATIONS * noise);
  const threshold = Math.min(least, MOST_THRESHOLD * strongest);
  const box = { left: columns, top: rows, right: 0, bottom: 0 };
  for (let y = 0, at = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, at++) {
      if (strength[at] < threshold) continue;
      if (x < box.left) box.left = x;
      if (x >= box.right) box.right = x + 1;
      if (y < box.top) box.top = y;
      box.bottom = y + 1;
    }
  }
  return { box, levels, dark, threshold, strongest, strength };
}

/** Return what is in the box, factor x factor pixels averaged to one; what is missing is no ink. */
function cut(plane, { box, strength, threshold }, width, factor) {
  const rows = Math.ceil((box.bottom - box.top) / factor);
  const columns = Math.ceil((box.right - box.left) / factor);
  const values = new Float64Array(rows * columns);
  for (let y = box.top; y < box.bottom; y++) {
    const row = Math.floor((y - box.top) / factor) * columns;
    for (let x = box.left; x < box.right; x++) {
      if (strength[y * width + x] < threshold) continue;
      values[row + Math.floor((x - box.left) / factor)] += plane[y * width + x] / factor ** 2;
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
 * Return ink as MNIST's digits are: scaled so that its longer side is 20 / 28 of the image's, and
 * placed with its center of mass in the middle.
 * @param {Picture} picture
 * @param {Ink} ink what was found in it
 * @param {[number, number]} size the image's rows and columns
 * @returns {{planes: Float64Array[], cutOut: import("./sampling.js").Plane, scale: number}} each channel,
 *   the ink before it was placed, and how much it was scaled
 */
export function placed(picture, ink, size) {
  const { box } = ink;
  const sides = [box.bottom - box.top, box.right - box.left];
  const step = Math.max(sides[0] / (LONGER_SIDE * size[0]), sides[1] / (LONGER_SIDE * size[1]));
  const factor = Math.max(1, Math.trunc(step / FINEST));
  const weight = cut(ink.strength, ink, picture.columns, factor);
  const fields = size.map((side) => (step * side) / factor);
  const ofRows = new Float64Array(weight.rows);
  const ofColumns = new Float64Array(weight.columns);
  weight.values.forEach((value, at) => {
    ofRows[Math.floor(at / weight.columns)] += value;
    ofColumns[at % weight.columns] += value;
  });
  const support = 2 * Math.ceil(step / factor) + 1; // how far the bicubic filter looks
  const pads = [weight.rows, weight.columns].map(
    (length, axis) => Math.max(0, Math.ceil(fields[axis] - length)) + support);
  const top = pads[0] + fieldStart(ofRows, fields[0]);
  const left = pads[1] + fieldStart(ofColumns, fields[1]);
  const field = { left, top, right: left + fields[1], bottom: top + fields[0] };
  const planes = picture.planes.map((plane, c) => {
    const own = picture.planes.length === 1 ? weight
      : cut(inkOf(plane, ink.levels[c], ink.dark), ink, picture.columns, factor);
    return resampled(padded(own, pads[0], pads[1]), size, field).values;
  });
  return { planes, cutOut: weight, scale: 1 / step };
}
