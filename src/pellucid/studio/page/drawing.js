// A square to draw on, with mouse, pen or finger: light ink on a dark ground, as a list of strokes.

import { element } from "./dom.js";
import { WORDS } from "./words.js";

const LONGER = 280;
const PEN = 22;
// What is read of it, many times a second, is less fine: still four dots a side to one of MNIST's pixels.
const READ = 0.4;

/** @typedef {[number, number][]} Stroke places, in dots of the drawing */

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
  const context = canvas.getContext("2d");
  const [width, height] = [canvas.width, canvas.height].map((side) => Math.ceil(READ * side));
  const ink = element("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
  ink.scale(READ, READ);
  const values = new Float64Array(width * height);
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
    draw(context);
  }

  /** @param {CanvasRenderingContext2D} on */
  function draw(on) {
    on.fillStyle = "black";
    on.fillRect(0, 0, canvas.width, canvas.height);
    on.strokeStyle = "white";
    on.lineWidth = PEN;
    on.lineCap = on.lineJoin = "round";
    for (const stroke of strokes) {
      on.beginPath();
      on.moveTo(...stroke[0]);
      // A stroke of one place is a dot.
      for (const [x, y] of stroke.length > 1 ? stroke.slice(1) : stroke) on.lineTo(x, y);
      on.stroke();
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
    /** Return the ink as a plane, from 0 to 255; it holds until it is asked for again. */
    plane() {
      draw(ink);
      const { data } = ink.getImageData(0, 0, width, height);
      for (let at = 0; at < values.length; at++) values[at] = data[4 * at];
      return { values, rows: height, columns: width };
    },
  };
}
