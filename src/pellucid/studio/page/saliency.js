// The end of the way back: which pixels the loss hangs on.

import { css, palette } from "./colors.js";
import { element } from "./dom.js";
import { most } from "./numbers.js";
import { picture } from "./pictures.js";
import { WORDS } from "./words.js";

/**
 * Return the image, faint, with the size of its gradient over it.
 * @param {import("./data.js").Content} content
 * @param {Float64Array} image
 * @param {Float64Array} gradient of the image
 */
export function saliency({ network }, image, gradient) {
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
