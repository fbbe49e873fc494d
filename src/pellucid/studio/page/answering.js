// What the network says: a bar for each class, the likeliest marked.

import { element, fill, say } from "./dom.js";
import { percent } from "./numbers.js";
import { WORDS } from "./words.js";

const MOST = 12;

/** @param {string[]} classes */
export function answering(classes) {
  const words = element("p", { class: "verdict", role: "status" });
  const list = element("ol", { class: "bars" });
  const section = element("section", { class: "answering", "aria-labelledby": "answer-title" },
    element("h2", { id: "answer-title" }, WORDS.answer.title), words, list);

  /** @type {ReturnType<typeof row>[]} */
  const rows = [];

  /** Return the row of a class: made once, for while somebody draws it changes with every frame. */
  function row() {
    const [name, bar, sure] = ["name", "bar", "share number"].map((kind) => element("span", { class: kind }));
    return { name, bar, sure, item: element("li", {}, name, element("span", { class: "track" }, bar), sure) };
  }

  /** @param {import("./engine.js").Run} run */
  function show({ values, probs }) {
    const order = [...probs.keys()].sort((a, b) => probs[b] - probs[a]);
    const [first, second] = order;
    const share = percent(probs[first]);
    const isBlank = values[0].every((value) => value === values[0][0]);
    say(words, isBlank ? WORDS.answer.blank
      : probs[first] >= 0.6 ? WORDS.answer.sure(classes[first], share)
      : WORDS.answer.unsure(classes[first], share, classes[second]));
    // A few classes keep their places; of many the likeliest are shown.
    const shown = classes.length > MOST ? order.slice(0, MOST) : [...classes.keys()];
    while (rows.length < shown.length) rows.push(row());
    if (!list.firstChild) fill(list, ...rows.map(({ item }) => item));
    shown.forEach((k, n) => {
      const { item, name, bar, sure } = rows[n];
      item.className = k === first && !isBlank ? "best" : "";
      bar.style.translate = `${(100 * probs[k] - 100).toFixed(1)}%`; // a width would cost a layout
      const label = WORDS.answer.share(classes[k], percent(probs[k]));
      if (item.ariaLabel === label) return;
      item.ariaLabel = label;
      name.textContent = name.title = classes[k];
      sure.textContent = percent(probs[k]);
    });
  }

  return { section, show };
}
