// The state of the page in its address, so that a link shows the same image, layer and number.

/**
 * @typedef {object} State
 * @property {import("./choosing.js").Source | null} source
 * @property {number | null} label
 * @property {{value: number, place: number[]} | null} open
 * @property {number} step
 * @property {{layer: number, letter: string, place: number[]} | null} weight
 */

/** @param {State} state */
export function written({ source, label, open, step, weight }) {
  const parts = [];
  if (source?.kind === "example") parts.push(`i=${source.n}`);
  if (source?.kind === "drawing" && source.strokes.length) parts.push(`d=${packed(source.strokes)}`);
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
  /** @type {import("./choosing.js").Source | null} */
  const source = strokes ? { kind: "drawing", strokes }
    : example !== null ? { kind: "example", n: example } : null;
  return {
    source,
    label: number("y", classes.length),
    open: openOf(said.get("v"), network),
    step: Math.max(0, (number("s", 10_000) ?? 1) - 1),
    weight: weightOf(said.get("w"), network),
  };
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
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * @param {string} text
 * @returns {import("./drawing.js").Stroke[] | null}
 */
function unpacked(text) {
  try {
    const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const numbers = Array.from({ length: raw.length / 2 }, (_, n) =>
      raw.charCodeAt(2 * n) * 256 + raw.charCodeAt(2 * n + 1));
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
  } catch {
    return null;
  }
}
