// The end of the way back: which pixels the loss hangs on, by the gradient, and by hiding parts of the
// image.

import { css, palette } from "./colors.js";
import { element } from "./dom.js";
import { most, short } from "./numbers.js";
import { hiding, squareFor } from "./occlusion.js";
import { paint, picture } from "./pictures.js";
import { WORDS } from "./words.js";

/** Milliseconds of work at a time. */
const SLICE = 12;

/**
 * Return both pictures, the second when it is asked for.
 * @param {import("./data.js").Content} content
 * @param {{run: import("./engine.js").Run, target: number, back: {ofValues: Float64Array[]}}} state
 */
export function whereItMatters(content, { run, target, back }) {
  const image = run.values[0];
  const button = element("button", {
    type: "button", onclick: () => button.replaceWith(hidden(content, image, target)),
  }, WORDS.backward.hide);
  return element("div", { class: "product matters" },
    saliency(content, image, back.ofValues[0]), button);
}

/** Return how much the loss grows where a square of the image is hidden, as it is found. */
function hidden({ network, parameters }, image, label) {
  const { side, places: [rows, columns] } = squareFor(network.input_shape);
  const values = new Float64Array(rows * columns);
  const trying = hiding(network, parameters, image, label);
  const canvas = picture(values, rows, columns, 1, WORDS.backward.hidden(String(side)));
  const scale = element("p", { class: "note number" });
  let place = 0;

  function go() {
    const end = performance.now() + SLICE;
    while (performance.now() < end) {
      const { done, value } = trying.next();
      if (done) break;
      values[place++] = value;
    }
    paint(canvas, values, rows, columns, most(values));
    scale.textContent = WORDS.layers.scale(short(most(values)));
    if (place < values.length && canvas.isConnected) setTimeout(go, 0);
  }

  setTimeout(go, 0);
  return element("figure", { class: "saliency" },
    element("div", { class: "stack" }, canvas),
    element("figcaption", {}, WORDS.backward.hidden(String(side))), scale);
}

/**
 * Return the image, faint, with the size of its gradient over it.
 * @param {import("./data.js").Content} content
 * @param {Float64Array} image
 * @param {Float64Array} gradient of the image
 */
function saliency({ network }, image, gradient) {
  const [channels, rows, columns] = network.input_shape;
  const area = rows * columns;
  const size = new Float64Array(area);
  for (let place = 0; place < area; place++) {
    for (let c = 0; c < channels; c++) {
      size[place] = Math.max(size[place], Math.abs(gradient[c * area + place]));
    }
  }
  const scale = channels === 3 ? "colors" : "gray";
  const faint = image.map((value) => 0.55 * value);
  const ground = picture(faint, rows, columns, scale, WORDS.backward.saliency);
  const over = /** @type {HTMLCanvasElement} */ (element("canvas", { class: "map over", "aria-hidden": "true" }));
  over.width = columns;
  over.height = rows;
  const context = over.getContext("2d");
  const largest = most(size);
  const { high } = palette();
  size.forEach((value, place) => {
    context.globalAlpha = largest > 0 ? value / largest : 0;
    context.fillStyle = css(high);
    context.fillRect(place % columns, Math.floor(place / columns), 1, 1);
  });
  return element("figure", { class: "saliency" },
    element("div", { class: "stack" }, ground, over),
    element("figcaption", {}, WORDS.backward.saliency));
}
