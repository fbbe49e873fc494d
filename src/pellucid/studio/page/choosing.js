// The first section: an image, drawn, chosen among test images, or opened; and what the network sees.

import { element, fill } from "./dom.js";
import { drawingArea } from "./drawing.js";
import { percent, short } from "./numbers.js";
import { picker, picture } from "./pictures.js";
import { centered, resized } from "./preparing.js";
import { WORDS } from "./words.js";

/**
 * Where an image comes from.
 * @typedef {{kind: "example", n: number} | {kind: "drawing", strokes: import("./drawing.js").Stroke[]}
 *   | {kind: "picture"}} Source
 */

/**
 * @param {import("./data.js").Content} content
 * @param {(source: Source, pixels: Float64Array, note: string) => void} changed
 */
export function choosing(content, changed) {
  const { network, preprocessing, examples, classes } = content;
  const [channels, rows, columns] = network.input_shape;
  const isDrawn = preprocessing.fit === "mnist" && channels === 1;
  const scale = channels === 3 ? "colors" : "gray";
  const seen = element("div", { class: "seen" });
  const note = element("p", { class: "note", role: "status" });
  const area = isDrawn ? drawingArea([rows, columns], drawn) : null;
  const thumbs = examples.map((example, n) => thumb(example, n));

  function drawn(strokes) {
    const found = centered(area.plane(), [rows, columns], preprocessing.pixel_range);
    const { box, scale: size } = found;
    const said = box && WORDS.image.prepared(box.bottom - box.top, box.right - box.left, percent(size));
    use({ kind: "drawing", strokes }, found.pixels, said ?? WORDS.image.blank);
  }

  function thumb({ pixels, label, said }, n) {
    const wrong = said === label ? "" : WORDS.image.wrong(classes[said]);
    const text = WORDS.image.test(classes[label], wrong);
    return element("button", {
      class: wrong ? "thumb wrong" : "thumb", type: "button", title: text, "aria-pressed": "false",
      onclick: () => example(n),
    }, picture(pixels, rows, columns, channels <= 3 ? scale : 1, text, "small"));
  }

  function example(n) {
    area?.set([]);
    use({ kind: "example", n }, examples[n].pixels, WORDS.image.asIs);
  }

  function use(source, pixels, text) {
    thumbs.forEach((button, n) => {
      const isIt = source.kind === "example" && source.n === n;
      button.setAttribute("aria-pressed", String(isIt));
    });
    note.textContent = text;
    show(pixels);
    changed(source, pixels, text);
  }

  function show(pixels, row = -1, column = -1) {
    const label = WORDS.image.seen;
    const choose = (y, x) => show(pixels, y, x);
    const framed = row < 0 ? undefined : [row, row + 1, column, column + 1];
    const values = [...Array(channels).keys()]
      .map((c) => short(pixels[(c * rows + row) * columns + column]));
    const place = channels > 1 ? `[:, ${row}, ${column}]` : `[0, ${row}, ${column}]`;
    fill(seen, element("h3", {}, label),
      picker(pixels, rows, columns, scale, label, choose, framed),
      element("p", { class: "note number" },
        row < 0 ? `${channels} × ${rows} × ${columns}` : WORDS.image.pixel(place, values.join(", "))));
  }

  async function opened(file) {
    try {
      const bitmap = await createImageBitmap(file);
      const side = Math.min(1, 600 / Math.max(bitmap.width, bitmap.height));
      const canvas = element("canvas", {
        width: Math.max(1, Math.round(bitmap.width * side)),
        height: Math.max(1, Math.round(bitmap.height * side)),
      });
      const context = canvas.getContext("2d");
      context.fillStyle = "white";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      const data = context.getImageData(0, 0, canvas.width, canvas.height);
      use({ kind: "picture" }, resized(data, network.input_shape, preprocessing), WORDS.image.resized);
    } catch {
      note.textContent = WORDS.image.unreadable;
    }
  }

  const opener = isDrawn || ![1, 3].includes(channels) ? null : element("label", { class: "opener" },
    WORDS.image.open,
    element("input", { type: "file", accept: "image/*", onchange: (event) => opened(event.target.files[0]) }));
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
    note,
    examples.length > 0 && element("p", {}, WORDS.image.tests(examples.length)),
    element("div", { class: "thumbs" }, ...thumbs),
    opener);
  section.addEventListener("dragover", (event) => opener && event.preventDefault());
  section.addEventListener("drop", (event) => {
    if (!opener || !event.dataTransfer.files.length) return;
    event.preventDefault();
    opened(event.dataTransfer.files[0]);
  });

  return {
    section,
    /** Show an image as a link has it. */
    start(source) {
      if (source?.kind === "drawing" && area) {
        area.set(source.strokes);
        drawn(source.strokes);
      } else if (source?.kind === "example" && examples[source.n]) {
        example(source.n);
      } else if (examples.length) {
        example(0);
      } else {
        const blank = new Float64Array(channels * rows * columns);
        use({ kind: "picture" }, blank, WORDS.image.blank);
      }
    },
    /** Paint again, in another theme. */
    repaint: show,
  };
}
