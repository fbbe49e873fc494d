// The first section: an image, drawn, chosen among test images, or opened; and what the network sees.

import { element, fill } from "./dom.js";
import { drawingArea } from "./drawing.js";
import { gallery } from "./gallery.js";
import { percent, short } from "./numbers.js";
import { opening } from "./opening.js";
import { paint, picker } from "./pictures.js";
import { preparation } from "./preparation.js";
import { prepared, preparedDrawing } from "./preparing.js";
import { WORDS } from "./words.js";

/**
 * Where an image comes from: a picture of one's own is known by the bytes that the network takes.
 * @typedef {{kind: "example", n: number} | {kind: "drawing", strokes: import("./drawing.js").Stroke[]}
 *   | {kind: "picture", bytes?: Uint8Array}} Source
 */

/**
 * @param {import("./data.js").Content} content
 * @param {{image: (source: Source, pixels: Float64Array) => void,
 *   filter: (filter: import("./gallery.js").Filter) => void}} changed
 */
export function choosing(content, changed) {
  const { network, preprocessing, examples } = content;
  const { input_shape: shape } = network;
  const [channels, rows, columns] = shape;
  const isDrawn = preprocessing.fit === "mnist" && channels === 1;
  const scale = channels === 3 ? "colors" : "gray";
  const seen = element("div", { class: "seen" });
  const note = element("p", { class: "note", role: "status" });
  const area = isDrawn ? drawingArea([rows, columns], drawn) : null;
  const tests = gallery(content, { choose: example, filter: changed.filter });
  const way = preparation();
  /** @type {Float64Array} */
  let now;

  function drawn(strokes) {
    const found = preparedDrawing(area.plane(), shape, preprocessing);
    const step = (name) => found.steps.find((one) => one.name === name);
    const cut = step("cut")?.numbers;
    use({ kind: "drawing", strokes }, found.pixels, cut
      ? WORDS.image.prepared(cut[1], cut[0], percent(step("placed").numbers[0])) : WORDS.image.blank,
    cut ? found.steps : []);
  }

  function example(n) {
    area?.set([]);
    use({ kind: "example", n }, examples[n].pixels, WORDS.image.asIs);
  }

  function opened(picture) {
    area?.set([]);
    const { pixels, steps, doubt } = prepared(picture, shape, preprocessing);
    const bytes = Uint8Array.from(pixels, (value) => Math.round(255 * value));
    use({ kind: "picture", bytes }, pixels, doubt ? WORDS.image.doubts[doubt] : WORDS.image.opened, steps);
    way.section.open = true;
  }

  /**
   * @param {Source} source
   * @param {Float64Array} pixels
   * @param {string} text
   * @param {import("./preparing.js").Preparation[]} [steps]
   */
  function use(source, pixels, text, steps = []) {
    tests.set(source.kind === "example" ? source.n : -1);
    note.textContent = text;
    show(pixels);
    way.show(steps);
    changed.image(source, pixels);
  }

  function show(pixels, row = -1, column = -1) {
    now = pixels;
    const label = WORDS.image.seen;
    const before = seen.querySelector("canvas");
    if (row < 0 && before && !seen.querySelector(".frame")) return paint(before, pixels, rows, columns, scale);
    const choose = (y, x) => show(now, y, x);
    const framed = row < 0 ? undefined : [row, row + 1, column, column + 1];
    const values = [...Array(channels).keys()]
      .map((c) => short(pixels[(c * rows + row) * columns + column]));
    const place = channels > 1 ? `[:, ${row}, ${column}]` : `[0, ${row}, ${column}]`;
    const isHeld = seen.contains(document.activeElement);
    fill(seen, element("h3", {}, label),
      picker(pixels, rows, columns, scale, `${label}. ${WORDS.layers.keys}`, choose, framed),
      element("p", { class: "note number" },
        row < 0 ? `${channels} × ${rows} × ${columns}` : WORDS.image.pixel(place, values.join(", "))));
    if (isHeld) seen.querySelector(".picker").focus();
    return undefined;
  }

  const opener = [1, 3].includes(channels)
    ? opening(opened, (text) => (note.textContent = text)) : null;
  const section = element("section", { class: "choosing", "aria-labelledby": "image-title" },
    element("h2", { id: "image-title" }, WORDS.image.title),
    area && element("p", {}, WORDS.image.draw),
    element("div", { class: "beside" },
      area && element("div", { class: "drawn" }, area.canvas,
        element("span", { class: "here", "aria-hidden": "true" }, WORDS.image.here),
        element("div", { class: "buttons" },
          element("button", { type: "button", onclick: () => area.undo() }, WORDS.image.undo),
          element("button", { type: "button", onclick: () => area.clear() }, WORDS.image.clear))),
      seen),
    note, way.section);
  const others = element("section", { class: "others", "aria-labelledby": "others-title" },
    element("h2", { id: "others-title" }, WORDS.image.others), tests.section, opener);

  return {
    section,
    others: tests.section || opener ? others : null,
    /** Show an image and a choice of images as a link has it. */
    start(source, filter) {
      tests.start(filter);
      if (source?.kind === "drawing" && area) {
        area.set(source.strokes);
        drawn(source.strokes);
      } else if (source?.kind === "picture") {
        use(source, Float64Array.from(source.bytes, (byte) => byte / 255), WORDS.image.linked);
      } else if (source?.kind === "example" && examples[source.n]) {
        example(source.n);
      } else if (examples.length) {
        example(0);
      } else {
        const blank = new Float64Array(channels * rows * columns);
        use({ kind: "picture" }, blank, WORDS.image.blank);
      }
    },
    /** Show what the test images are taken for now. */
    renew() {
      tests.renew();
    },
    /** Paint again, in another theme. */
    repaint(pixels) {
      show(pixels);
      tests.repaint();
    },
  };
}
