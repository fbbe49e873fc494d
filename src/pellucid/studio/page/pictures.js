// Arrays as pictures: a map on a canvas, which may be walked over by mouse and keys, and small grids
// with their numbers.

import { css, gray, palette, readable, signed } from "./colors.js";
import { element, say } from "./dom.js";
import { short } from "./numbers.js";

const SHADES = 255;
/** @type {Map<object | null, Uint32Array>} */
const scales = new Map();
/** @type {WeakMap<HTMLCanvasElement, ImageData>} */
const dots = new WeakMap();

/** Return the colors from -1 to 1 in a row, of a palette, or of gray, a number each: made once, for speed. */
function scaleOf(colors) {
  if (!scales.has(colors)) {
    const shares = Array.from({ length: 2 * SHADES + 1 }, (_, step) => step / SHADES - 1);
    const row = shares.flatMap((share) => [...(colors ? signed(share, colors) : gray(share)), 255]);
    scales.set(colors, new Uint32Array(Uint8ClampedArray.from(row).buffer));
  }
  return scales.get(colors);
}

/** Return the dots of a canvas, to be written: the same as before, for while somebody draws they are many. */
function dotsOf(canvas, context, rows, columns) {
  const before = dots.get(canvas);
  if (before?.width === columns && before.height === rows) return before;
  [canvas.width, canvas.height] = [columns, rows];
  const made = context.createImageData(columns, rows);
  dots.set(canvas, made);
  return made;
}

/**
 * Paint numbers on a canvas, a pixel each.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {number} rows
 * @param {number} columns
 * @param {number | "gray" | "colors"} scale what counts as 1; "gray" for pixels from 0 to 1, and
 *   "colors" for three channels of them
 */
export function paint(canvas, values, rows, columns, scale) {
  const context = canvas.getContext("2d");
  const picture = dotsOf(canvas, context, rows, columns);
  if (scale === "colors") color(picture.data, values);
  else {
    const table = scaleOf(scale === "gray" ? null : palette());
    const factor = typeof scale === "number" ? (scale > 0 ? 1 / scale : 0) : 1;
    const packed = new Uint32Array(picture.data.buffer);
    for (let place = 0; place < packed.length; place++) {
      const share = Math.max(-1, Math.min(1, values[place] * factor));
      packed[place] = table[SHADES + Math.round(SHADES * share)];
    }
  }
  context.putImageData(picture, 0, 0);
}

/** Write three channels from 0 to 1 as dots. */
function color(data, values) {
  const area = data.length / 4;
  for (let place = 0; place < area; place++) {
    for (let c = 0; c < 3; c++) data[4 * place + c] = 255 * values[c * area + place];
    data[4 * place + 3] = 255;
  }
}

/**
 * Return a canvas with numbers painted on it.
 * @param {string} label what it is, for who does not see it
 */
export function picture(values, rows, columns, scale, label, className = "map") {
  const canvas = /** @type {HTMLCanvasElement} */ (
    element("canvas", { class: className, role: "img", "aria-label": label }));
  canvas.style.aspectRatio = `${columns} / ${rows}`;
  paint(canvas, values, rows, columns, scale);
  return canvas;
}

/** @type {HTMLCanvasElement} */
let scratch;

/**
 * Return a picture of numbers that stays as it is. A canvas would be composed anew with every frame,
 * as all of a page's canvases are, and of these there are many.
 * @param {string} label what it is, for who does not see it
 */
export function still(values, rows, columns, scale, label, className = "map") {
  scratch ??= /** @type {HTMLCanvasElement} */ (element("canvas"));
  paint(scratch, values, rows, columns, scale);
  return element("img", { class: className, alt: label, width: columns, height: rows, src: scratch.toDataURL() });
}

const MOVES = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Enter: [0, 0],
};

/**
 * Return a picture whose numbers can be chosen, by pointer or by arrow keys, and a frame that shows
 * which one is.
 * @param {(row: number, column: number) => void} choose
 * @param {number[]} [framed] rows and columns, from and to, that are framed
 */
export function picker(values, rows, columns, scale, label, choose, framed) {
  const canvas = picture(values, rows, columns, scale, label, "map");
  const box = element("div", {
    class: "picker",
    tabindex: "0",
    role: "application",
    "aria-label": label,
    onkeydown(event) {
      const move = MOVES[event.key];
      if (!move) return;
      event.preventDefault();
      if (!framed) return choose(0, 0);
      const row = Math.max(0, Math.min(rows - 1, framed[0] + move[0]));
      return choose(row, Math.max(0, Math.min(columns - 1, framed[2] + move[1])));
    },
    onpointerdown(event) {
      const side = canvas.getBoundingClientRect();
      const row = Math.floor(((event.clientY - side.top) / side.height) * rows);
      const column = Math.floor(((event.clientX - side.left) / side.width) * columns);
      choose(Math.max(0, Math.min(rows - 1, row)), Math.max(0, Math.min(columns - 1, column)));
    },
  }, canvas);
  box.style.aspectRatio = `${columns} / ${rows}`;
  if (framed) box.append(frame(framed, rows, columns));
  return box;
}

/**
 * Return a frame around some rows and columns of a picture, to lie over it.
 * @param {number[]} framed
 * @param {number} rows
 * @param {number} columns
 */
export function frame([top, bottom, left, right], rows, columns) {
  const made = element("span", { class: "frame", "aria-hidden": "true" });
  made.style.top = `${(100 * top) / rows}%`;
  made.style.left = `${(100 * left) / columns}%`;
  made.style.height = `${(100 * (bottom - top)) / rows}%`;
  made.style.width = `${(100 * (right - left)) / columns}%`;
  return made;
}

/**
 * Return a small grid with its numbers in it.
 * @param {ArrayLike<number>} values
 * @param {number} rows
 * @param {number} columns
 * @param {number} scale what counts as 1
 * @param {{label: string, chosen?: number, choose?: (at: number) => void}} options
 */
export function grid(values, rows, columns, scale, { label, chosen = -1, choose }) {
  const made = element("div", { class: "grid", role: choose ? "group" : "img", "aria-label": label });
  made.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  for (let at = 0; at < values.length; at++) {
    made.append(element(choose ? "button" : "span", {
      class: at === chosen ? "cell chosen" : "cell",
      type: choose ? "button" : undefined,
      onclick: () => choose?.(at),
    }));
  }
  write(made, values, scale);
  return made;
}

/**
 * Write other numbers into the cells of a grid.
 * @param {HTMLElement} made what `grid` returned
 * @param {ArrayLike<number>} values as many as before
 * @param {number} scale what counts as 1
 */
export function write(made, values, scale) {
  const colors = palette();
  [...made.children].forEach((child, at) => {
    const cell = /** @type {HTMLElement} */ (child);
    const color = signed(scale > 0 ? values[at] / scale : 0, colors);
    say(cell, tiny(values[at]));
    cell.title = String(values[at]);
    cell.style.background = css(color);
    cell.style.color = readable(color);
  });
}

/** Return a number in as little room as can be: what is almost 0 is .00, and 0 is 0. */
function tiny(value) {
  if (value === 0) return "0";
  if (Math.abs(value) >= 1000) return short(value);
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return value.toFixed(digits).replace("-", "−").replace(/^(−?)0\./, "$1.");
}
