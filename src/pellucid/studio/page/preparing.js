// How a picture becomes the network's image: as the model's preprocessing has it, step by step.

import { borderOf, findInk, grayOf, inkOf, median, noiseOf, placed } from "./ink.js";
import { cleaned } from "./paper.js";
import { resampled } from "./sampling.js";

// A picture whose darkest and brightest pixel are closer than this is blank.
const LEAST_CONTRAST = 8;

/** @typedef {import("./ink.js").Picture} Picture */

/**
 * A step of the way: its name in the words of the page, the picture after it, and its numbers.
 * @typedef {object} Preparation
 * @property {"picture" | "gray" | "inverted" | "ink" | "cleaned" | "cut" | "resized" | "placed"
 *   | "image" | "same" | "blank"} name
 * @property {Picture} picture bytes, or what is as strong as they are; of the last step from 0 to 1
 * @property {number[]} numbers
 * @property {import("./sampling.js").Box} [box] a part of it to point at
 */

/**
 * The network's image, in [0, 1], and how it came to be.
 * @typedef {{pixels: Float64Array, steps: Preparation[], doubt: string | null}} Prepared
 */

/**
 * What the model says of its images.
 * @typedef {{fit: string, polarity: string, pixel_range?: [number, number]}} Preprocessing
 */

/**
 * Return a picture of any size as the network's image.
 * @param {Picture} given bytes of one channel, or of red, green and blue
 * @param {number[]} shape the network's: channels, rows and columns
 * @param {Preprocessing} preprocessing
 * @returns {Prepared}
 */
export function prepared(given, shape, preprocessing) {
  const [channels, rows, columns] = shape;
  const picture = withChannels(given, channels);
  const isExact = picture.rows === rows && picture.columns === columns;
  const isColored = given.planes.length > channels;
  const way = new Way(isColored ? given : picture, shape, preprocessing.pixel_range ?? [0, 255]);
  if (isColored) way.take("gray", picture.planes);
  const edges = picture.planes.map((plane) => borderOf(plane, picture.rows, picture.columns));
  const edge = edges[0].map((_, at) => grayOf(edges.map((values) => values[at])));
  const [low, high] = grayRange(picture);
  const dark = isDarkOnLight(preprocessing.polarity, low, high, median(edge));
  if (preprocessing.fit === "resize") {
    if (dark) way.take("inverted", picture.planes.map((plane) => plane.map((value) => 255 - value)));
    if (isExact) return way.end("same");
    way.take("resized", way.last.planes.map((values) => resized({ ...way.last, values }, [rows, columns])));
    return way.end();
  }
  if (high - low < LEAST_CONTRAST) return way.blank();
  if (isExact && !dark) return way.end("same");
  const levels = edges.map(median);
  if (isExact) {
    const planes = picture.planes.map((plane, c) => inkOf(plane, levels[c], dark));
    return way.strong(planes, levels.map((level) => Math.max(1, level)));
  }
  let ink = findInk(picture, levels, dark, noiseOf(edge));
  if (!ink) return way.blank();
  way.take("ink", [ink.strength], [median(levels), dark ? 1 : 0, ink.threshold], ink.box);
  let source = picture;
  // No photograph is smaller.
  if (picture.rows >= rows && picture.columns >= columns) {
    const found = cleaned(picture, ink);
    way.doubt = found.doubt;
    if (found.picture !== picture) {
      source = found.picture;
      ink = findInk(source, levels, dark, noiseOf(edge));
      if (!ink) return way.blank();
      way.take("cleaned", [ink.strength], [ink.threshold], ink.box);
    }
  }
  return way.place(source, ink);
}

/**
 * Return a drawing, light ink on a dark ground, as the network's image; nothing on it is a speck.
 * @param {import("./sampling.js").Plane} drawing ink, from 0 to 255
 * @param {number[]} shape
 * @param {Preprocessing} preprocessing
 * @returns {Prepared}
 */
export function preparedDrawing({ values, rows, columns }, shape, preprocessing) {
  const picture = { planes: [values], rows, columns };
  const way = new Way(picture, shape, preprocessing.pixel_range ?? [0, 255]);
  const ink = findInk(picture, [0], false, 0);
  if (!ink || ink.strongest < LEAST_CONTRAST) return way.blank();
  way.take("ink", [values], [0, 0, ink.threshold], ink.box);
  return way.place(picture, ink);
}

/** The way of a picture to the network's image. */
class Way {
  /**
   * @param {Picture} picture
   * @param {number[]} shape
   * @param {[number, number]} range the bytes that the network takes for 0 and 1
   */
  constructor(picture, [channels, rows, columns], range) {
    this.channels = channels;
    /** @type {[number, number]} */
    this.size = [rows, columns];
    this.range = range;
    /** @type {string | null} */
    this.doubt = null;
    /** @type {Preparation[]} */
    this.steps = [{ name: "picture", picture, numbers: [picture.columns, picture.rows] }];
  }

  get last() {
    return this.steps[this.steps.length - 1].picture;
  }

  /**
   * @param {Preparation["name"]} name
   * @param {Float64Array[]} planes
   * @param {number[]} numbers
   * @param {import("./sampling.js").Box} [box]
   * @param {{rows: number, columns: number}} [size]
   */
  take(name, planes, numbers = [], box = undefined, size = this.last) {
    const [rows, columns] = name === "resized" ? this.size : [size.rows, size.columns];
    this.steps.push({ name, picture: { planes, rows, columns }, numbers, box });
  }

  /** Cut ink out, scale and place it, and make its strongest as strong as that of the training. */
  place(picture, ink) {
    const { planes, cutOut, scale } = placed(picture, ink, this.size);
    const { box } = ink;
    this.take("cut", [cutOut.values], [box.right - box.left, box.bottom - box.top], undefined, cutOut);
    const strongest = Math.max(...planes.map((plane) => plane.reduce((a, b) => Math.max(a, b), 0)));
    return this.strong(planes, planes.map(() => strongest), scale);
  }

  /** Make the strongest ink, of each channel, as strong as that of the training. */
  strong(planes, strongest, scale = 1) {
    const [low, high] = [Math.max(0, this.range[0]), Math.min(255, this.range[1])];
    const [rows, columns] = this.size;
    const bytes = planes.map((plane, c) =>
      plane.map((value) => rounded(low + (value * (high - low)) / strongest[c])));
    this.take("placed", bytes, [scale, ...strongest], undefined, { rows, columns });
    return this.end();
  }

  blank() {
    const [rows, columns] = this.size;
    this.take("blank", Array.from({ length: this.channels }, () => new Float64Array(rows * columns)), [],
      undefined, { rows, columns });
    return this.end();
  }

  /**
   * @param {Preparation["name"]} name
   * @returns {Prepared}
   */
  end(name = "image") {
    const { planes, rows, columns } = this.last;
    const units = planes.map((plane) => inUnits(plane, this.range));
    this.steps.push({ name, picture: { planes: units, rows, columns }, numbers: [...this.range] });
    const pixels = new Float64Array(this.channels * rows * columns);
    units.forEach((plane, c) => pixels.set(plane, c * rows * columns));
    return { pixels, steps: this.steps, doubt: this.doubt };
  }
}

/** Return a picture with as many channels as the network has. */
function withChannels({ planes, rows, columns }, channels) {
  if (channels === planes.length) return { planes, rows, columns };
  if (channels === 1) {
    const one = planes[0].map((_, at) => rounded(grayOf(planes.map((plane) => plane[at]))));
    return { planes: [one], rows, columns };
  }
  return { planes: Array.from({ length: channels }, () => planes[0]), rows, columns };
}

function grayRange({ planes }) {
  let [low, high] = [Infinity, -Infinity];
  for (let at = 0; at < planes[0].length; at++) {
    const value = planes.length === 1 ? planes[0][at] : grayOf(planes.map((plane) => plane[at]));
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function isDarkOnLight(polarity, low, high, background) {
  return polarity === "auto" ? background - low > high - background : polarity === "dark-on-light";
}

function resized(plane, size) {
  const whole = { left: 0, top: 0, right: plane.columns, bottom: plane.rows };
  return resampled(plane, size, whole).values.map(rounded);
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
function inUnits(bytes, [low, high]) {
  return bytes.map((value) => Math.max(0, Math.min(1, (value - low) / (high - low))));
}
