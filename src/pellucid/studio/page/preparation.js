// The steps from a picture or a drawing to the network's image, each as a picture with its numbers.

import { element, fill } from "./dom.js";
import { percent, short, whole } from "./numbers.js";
import { frame, picture } from "./pictures.js";
import { WORDS } from "./words.js";

/** Return a part of the page that can be opened, and what shows other steps in it. */
export function preparation() {
  const list = element("ol", { class: "preparing" });
  const summary = element("summary", {});
  const section = element("details", { hidden: true, ontoggle: build }, summary, list);
  /** @type {import("./preparing.js").Preparation[]} */
  let steps = [];

  /** What is closed is not painted: somebody may be drawing. */
  function build() {
    if (!section.open) return;
    fill(list, ...steps.map((step) => element("li", {}, shown(step),
      element("p", {}, element("strong", {}, WORDS.preparing[step.name]),
        element("span", { class: "note number" }, said(step))))));
  }

  return {
    section,
    /** Show other steps; of a test image there are none. */
    show(next) {
      steps = next;
      section.hidden = steps.length === 0;
      summary.textContent = WORDS.preparing.title(whole(steps.length));
      build();
    },
  };
}

/** @param {import("./preparing.js").Preparation} step */
function shown({ name, picture: { planes, rows, columns }, box }) {
  const share = name === "image" || name === "same" ? 1 : 1 / 255;
  const all = new Float64Array(planes.length * rows * columns);
  planes.forEach((plane, c) => all.set(plane.map((value) => value * share), c * rows * columns));
  const scale = planes.length === 3 ? "colors" : planes.length < 3 ? "gray" : 1;
  const made = element("div", { class: "prepared" },
    picture(all, rows, columns, scale, WORDS.preparing[name]),
    box ? frame([box.top, box.bottom, box.left, box.right], rows, columns) : null);
  made.style.aspectRatio = `${columns} / ${rows}`;
  return made;
}

/** @param {import("./preparing.js").Preparation} step */
function said({ name, picture: { planes, rows, columns }, numbers }) {
  const { numbers: words } = WORDS.preparing;
  const size = WORDS.preparing.size(planes.length, rows, columns);
  const [a, b, c] = numbers;
  switch (name) {
    case "gray": return words.gray(size);
    case "ink": return words.ink(short(a), b === 1, short(c));
    case "cut": return words.cut(whole(a), whole(b));
    case "placed": return words.placed(percent(a), short(b), size);
    case "image": case "same": return words.image(short(a), short(b), size);
    default: return size;
  }
}
