// The state of the page in its address, so that a link shows the same image, layer and number.

import { EVERYTHING, KINDS } from "./gallery.js";

/** An image of more numbers is not put into an address. */
const LARGEST = 3072;

/**
 * @typedef {object} State
 * @property {import("./choosing.js").Source | null} source
 * @property {import("./gallery.js").Filter} filter
 * @property {number | null} label
 * @property {{value: number, place: number[]} | null} open
 * @property {number} step
 * @property {{layer: number, letter: string, place: number[]} | null} weight
 */

/** @param {State} state */
export function written({ source, filter, label, open, step, weight }) {
  const parts = [];
  if (filter.kind !== "all" || filter.label !== null) parts.push(`g=${filter.kind}.${filter.label ?? ""}`);
  if (source?.kind === "example") parts.push(`i=${source.n}`);
  if (source?.kind === "drawing" && source.strokes.length) parts.push(`d=${packed(source.strokes)}`);
  if (source?.kind === "picture" && source.bytes?.length <= LARGEST) parts.push(`p=${base64(source.bytes)}`);
  if (label !== null) parts.push(`y=${label}`);
  if (open) parts.push(`v=${[open.value, ...open.place].join(".")}`);
  if (step) parts.push(`s=${step + 1}`);
  if (weight) parts.push(`w=${[weight.layer, weight.letter, ...weight.place].join(".")}`);
  return parts.join("&");
}

/**
 * Return what an address says; what can't be is left out.
 * @param {string} text behind the #
 * @param {import("./data.js").Content} content
 * @returns {State}
 */
export function read(text, { network, classes, examples }) {
  const said = new URLSearchParams(text);
  const number = (name, limit) => {
    const value = Number(said.get(name) ?? NaN);
    return Number.isInteger(value) && value >= 0 && value < limit ? value : null;
  };
  const example = number("i", examples.length);
  const strokes = said.get("d") ? unpacked(said.get("d")) : null;
  const bytes = said.get("p") ? bytesOf(said.get("p")) : null;
  const isWhole = bytes?.length === network.input_shape.reduce((product, side) => product * side, 1);
  /** @type {import("./choosing.js").Source | null} */
  const source = strokes ? { kind: "drawing", strokes }
    : isWhole ? { kind: "picture", bytes }
    : example !== null ? { kind: "example", n: example } : null;
  return {
    source,
    filter: filterOf(said.get("g"), classes),
    label: number("y", classes.length),
    open: openOf(said.get("v"), network),
    step: Math.max(0, (number("s", 10_000) ?? 1) - 1),
    weight: weightOf(said.get("w"), network),
  };
}

/** @returns {import("./gallery.js").Filter} */
function filterOf(text, classes) {
  const [kind, label] = (text ?? "").split(".");
  const known = KINDS.find((one) => one === kind);
  const isClass = /^\d+$/.test(label ?? "") && Number(label) < classes.length;
  return known ? { kind: known, label: isClass ? Number(label) : null } : EVERYTHING;
}

const fits = (place, shape) => place.length === shape.length
  && place.every((n, axis) => Number.isInteger(n) && n >= 0 && n < shape[axis]);

function openOf(text, { layers }) {
  const [value, ...place] = (text ?? "").split(".").map(Number);
  return layers[value - 1] && fits(place, layers[value - 1].shape) ? { value, place } : null;
}

function weightOf(text, { layers }) {
  const [k, letter, ...rest] = (text ?? "").split(".");
  const place = rest.map(Number);
  const parameter = layers[Number(k)]?.parameters[letter];
  return parameter?.isTrained && fits(place, parameter.shape) ? { layer: Number(k), letter, place } : null;
}

/**
 * Two bytes a number; a stroke begins with how many places it has.
 * @param {import("./drawing.js").Stroke[]} strokes
 */
function packed(strokes) {
  const bytes = strokes.flatMap((stroke) => [
    stroke.length >> 8, stroke.length & 255,
    ...stroke.flatMap(([x, y]) => [x, y].flatMap((n) => {
      const held = Math.max(0, Math.min(65535, n + 1024));
      return [held >> 8, held & 255];
    })),
  ]);
  return base64(bytes);
}

/** @param {string} text */
function unpacked(text) {
  const raw = bytesOf(text);
  if (!raw) return null;
  const numbers = Array.from({ length: raw.length >> 1 }, (_, n) => raw[2 * n] * 256 + raw[2 * n + 1]);
  /** @type {import("./drawing.js").Stroke[]} */
  const strokes = [];
  for (let n = 0; n < numbers.length;) {
    const count = numbers[n++];
    /** @type {import("./drawing.js").Stroke} */
    const stroke = [];
    for (let p = 0; p < count && n + 1 < numbers.length; p++, n += 2) {
      stroke.push([numbers[n] - 1024, numbers[n + 1] - 1024]);
    }
    if (stroke.length) strokes.push(stroke);
    else break;
  }
  return strokes.length ? strokes : null;
}

/** Return bytes as letters that an address may hold. */
function base64(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Return the bytes that letters stand for, or null where they stand for none. */
function bytesOf(text) {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}
