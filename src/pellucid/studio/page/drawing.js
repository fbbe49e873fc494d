// A square to draw on, with mouse, pen or finger: light ink on a dark ground, as a list of strokes.

import { element } from "./dom.js";
import { WORDS } from "./words.js";

const LONGER = 280;
const PEN = 22;

/** @typedef {[number, number][]} Stroke places, in dots of the drawing */

/** Return from where to where a pen's dots reach, inside of a length. */
function within(places, length) {
  const [low, high] = places.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [Infinity, -Infinity]);
  return [Math.max(0, low - PEN), Math.min(length, high + PEN)];
}

/**
 * @param {[number, number]} size the image's rows and columns, for the proportions
 * @param {(strokes: Stroke[]) => void} changed
 */
export function drawingArea([rows, columns], changed) {
  const scale = LONGER / Math.max(rows, columns);
  const canvas = /** @type {HTMLCanvasElement} */ (element("canvas", {
    class: "drawing",
    width: Math.round(columns * scale),
    height: Math.round(rows * scale),
    role: "img",
    "aria-label": WORDS.image.canvas,
  }));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  /** @type {Stroke[]} */
  let strokes = [];
  let pending = 0;

  /** Where the canvas is, as long as a pen is on it. */
  let side = canvas.getBoundingClientRect();

  /** @returns {[number, number]} */
  function place(event) {
    return [
      Math.round(((event.clientX - side.left) / side.width) * canvas.width),
      Math.round(((event.clientY - side.top) / side.height) * canvas.height),
    ];
  }

  function redraw() {
    canvas.classList.toggle("empty", strokes.length === 0);
    context.fillStyle = "black";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.strokeStyle = context.fillStyle = "white";
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]);
      // A stroke of one place is a dot.
      for (const [x, y] of stroke.length > 1 ? stroke.slice(1) : stroke) context.lineTo(x, y);
      context.stroke();
    }
  }

  /** Tell once a frame, however many places a pen reports. */
  function tell() {
    pending ||= requestAnimationFrame(() => {
      pending = 0;
      redraw();
      changed(strokes);
    });
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button > 0) return; // a second finger, or a menu
    event.preventDefault();
    canvas.setPointerCapture?.(event.pointerId);
    side = canvas.getBoundingClientRect();
    strokes.push([place(event)]);
    tell();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture?.(event.pointerId)) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) strokes[strokes.length - 1].push(place(one));
    tell();
  });

  redraw();
  return {
    canvas,
    /** Draw other strokes in place of these. */
    set(others) {
      strokes = others.map((stroke) => stroke.slice());
      redraw();
    },
    undo() {
      strokes.pop();
      tell();
    },
    clear() {
      strokes = [];
      tell();
    },
    /** Return the ink as a plane, from 0 to 255. */
    plane() {
      const { width, height } = canvas;
      const values = new Float64Array(width * height);
      // Only where a pen has been is anything to be read.
      const [across, down] = [0, 1].map((axis) => strokes.flatMap((stroke) => stroke.map((place) => place[axis])));
      const [left, right] = within(across, width);
      const [top, bottom] = within(down, height);
      if (right > left && bottom > top) {
        const { data } = context.getImageData(left, top, right - left, bottom - top);
        for (let y = top, from = 0; y < bottom; y++) {
          for (let x = left; x < right; x++, from += 4) values[y * width + x] = data[from];
        }
      }
      return { values, rows: height, columns: width };
    },
  };
}
