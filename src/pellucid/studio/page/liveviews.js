// What a training has learned so far, as pictures: filters, and the images of the last batch.

import { element, fill } from "./dom.js";
import { most } from "./numbers.js";
import { picture, still } from "./pictures.js";
import { WORDS } from "./words.js";

/** Pictures in a row of filters, at the most. */
const MOST_FILTERS = 16;

/** Return bytes that came as base64. */
export function bytesFrom(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * Return a picture of an image's bytes.
 * @param {Uint8Array} bytes
 * @param {number[]} shape channels, rows and columns
 * @param {string} label
 */
export function imageOf(bytes, [channels, rows, columns], label) {
  const pixels = Float64Array.from(bytes, (byte) => byte / 255);
  return still(pixels, rows, columns, channels === 3 ? "colors" : "gray", label, "small");
}

/** Return rows of pictures, each row with its name before it. */
function rowsOf(rows, count) {
  const made = element("div", { class: "strips" }, ...rows.map(([name, pictures]) =>
    element("div", { class: "strip" }, element("span", { class: "note" }, name),
      element("div", { class: "stripped" }, ...pictures))));
  made.style.setProperty("--count", String(count));
  return made;
}

/**
 * The first layer's filters, as they began and as they are; null where there is no convolution.
 * @param {import("./data.js").Content} content
 */
export function filtering({ network, parameters }) {
  const layer = network.layers.find(({ kind }) => kind === "Conv2D");
  if (!layer) return null;
  const { shape, offset } = layer.parameters.f;
  const [count, channels, rows, columns] = shape;
  const size = channels * rows * columns;
  const area = element("div", {});
  const section = element("section", { class: "view" },
    element("h3", {}, WORDS.live.filters(layer.name)),
    element("p", { class: "note" }, WORDS.live.filtersIntro), area);

  function drawn(vector, when) {
    const all = vector.subarray(offset, offset + count * size);
    const scale = most(all);
    return Array.from({ length: Math.min(count, MOST_FILTERS) }, (_, n) => {
      const own = all.subarray(n * size, (n + 1) * size);
      const label = WORDS.live.filter(String(n), when);
      if (channels === 3) {
        const colors = own.map((value) => 0.5 + value / (2 * scale || 1));
        return picture(colors, rows, columns, "colors", label, "small");
      }
      // Of many channels their mean is shown.
      const plane = Float64Array.from({ length: rows * columns }, (_, at) => {
        let sum = 0;
        for (let c = 0; c < channels; c++) sum += own[c * rows * columns + at];
        return sum / channels;
      });
      return picture(plane, rows, columns, channels > 1 ? most(plane) : scale, label, "small");
    });
  }

  return {
    section,
    /** @param {Float64Array} now */
    show(now) {
      const { then, now: today } = WORDS.live;
      const shown = Math.min(count, MOST_FILTERS);
      fill(area, rowsOf([[then, drawn(parameters, then)], [today, drawn(now, today)]], shown));
    },
  };
}

/**
 * The first images of the last batch, as they are stored and as they were randomized.
 * @param {import("./data.js").Content} content
 * @param {{randomized: boolean, batch: number}} live
 */
export function batching({ network, classes }, { randomized, batch }) {
  const shape = network.input_shape;
  const size = shape.reduce((product, side) => product * side, 1);
  const area = element("div", {});
  const { live } = WORDS;
  const count = batch.toLocaleString("en-US");
  const section = element("section", { class: "view" }, element("h3", {}, live.batch),
    element("p", { class: "note" }, randomized ? live.batchIntro(count) : live.batchPlain(count)), area);
  return {
    section,
    /** @param {{labels: number[], before: string, after: string}} look */
    show({ labels, before, after }) {
      if (!labels.length) return fill(area, element("p", { class: "note" }, live.batchNone));
      const of = (text, told) => {
        const bytes = bytesFrom(text);
        return labels.map((label, n) =>
          imageOf(bytes.subarray(n * size, (n + 1) * size), shape, told(classes[label])));
      };
      const rows = randomized
        ? [[live.before, of(before, live.stored)], [live.after, of(after, live.shown)]]
        : [[live.before, of(before, live.stored)]];
      return fill(area, rowsOf(rows, labels.length));
    },
  };
}
