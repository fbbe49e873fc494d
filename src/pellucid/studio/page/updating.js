// One update of Adam on the image that is shown, and back again.

import { adam, noMoments } from "./adam.js";
import { element, fill } from "./dom.js";
import { lossOf, sizeOf } from "./engine.js";
import { percent, short, whole } from "./numbers.js";
import { stepping } from "./stepping.js";
import { WORDS } from "./words.js";

/**
 * An update that was made: what was before it, of which gradient it was, and what came of it.
 * @typedef {object} Update
 * @property {{parameters: Float64Array, moments: import("./adam.js").Moments}} before
 * @property {{parameters: Float64Array, moments: import("./adam.js").Moments}} after
 * @property {Float64Array} gradient
 * @property {number} rate
 * @property {string} text how the answer changed
 */

/**
 * @param {import("./data.js").Content} content whose parameters are changed
 * @param {() => void} changed
 */
export function updating(content, changed) {
  const { network, classes } = content;
  const learned = network.layers.flatMap(({ parameters }) => Object.values(parameters))
    .filter(({ isTrained }) => isTrained).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  /** @type {Update[]} */
  const history = [];
  let moments = noMoments(content.parameters.length);
  let state;
  const rate = element("input", {
    id: "rate", type: "number", value: "0.005", min: "0.0001", max: "1", step: "any", inputmode: "decimal",
  });
  const undo = element("button", { type: "button", onclick: () => back(history.length - 1) }, WORDS.update.undo);
  const reset = element("button", { type: "button", onclick: () => back(0) }, WORDS.update.reset);
  const count = element("p", { class: "note", role: "status" });
  const change = element("p", { role: "status" });
  const numbers = stepping(network);
  const section = element("section", { id: "update", "aria-labelledby": "update-title" },
    element("h2", { id: "update-title" }, WORDS.update.title),
    element("p", {}, WORDS.update.intro),
    element("p", { class: "choice" }, element("label", { for: "rate" }, WORDS.update.rate), " ", rate),
    element("div", { class: "buttons" },
      element("button", { type: "button", class: "main", onclick: make }, WORDS.update.make), undo, reset),
    count, change, numbers.section);

  function make() {
    const { back: { gradient }, target } = state;
    const size = Number(rate.value);
    if (!(size > 0)) return;
    const before = { parameters: content.parameters, moments };
    const after = adam(content.parameters, gradient, moments, size, learned);
    const [share, loss] = said(target);
    ({ parameters: content.parameters, moments } = after);
    changed();
    const [shareNow, lossNow] = said(target);
    const text = WORDS.update.change(classes[target], share, shareNow, loss, lossNow);
    history.push({ before, after, gradient, rate: size, text });
    show();
  }

  /** Return how probable the true class is, and the loss. */
  function said(target) {
    return [percent(state.run.probs[target]), short(lossOf(network, state.run, target))];
  }

  function back(n) {
    if (!history.length) return;
    ({ parameters: content.parameters, moments } = history[n].before);
    history.length = n;
    changed();
    show();
  }

  function show() {
    const last = history[history.length - 1] ?? null;
    undo.disabled = reset.disabled = !last;
    count.textContent = WORDS.update.made(whole(history.length));
    fill(change, last && last.text);
    numbers.show(last);
  }

  show();
  return {
    section,
    /** Begin anew, with other parameters that were learned elsewhere. */
    forget() {
      moments = noMoments(content.parameters.length);
      history.length = 0;
      show();
    },
    /** Take other gradients: {run, back, target}. */
    take(next) {
      state = next;
      numbers.repaint();
    },
  };
}
