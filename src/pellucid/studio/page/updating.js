// One update of Adam on the image that is shown, number by number, and back again.

import { ADAM, adam, noMoments } from "./adam.js";
import { element, fill } from "./dom.js";
import { sizeOf } from "./engine.js";
import { percent, placeOf, short, whole } from "./numbers.js";
import { WORDS } from "./words.js";

/**
 * @param {import("./data.js").Content} content whose parameters are changed
 * @param {() => void} changed
 */
export function updating(content, changed) {
  const { network, classes } = content;
  const arrays = network.layers.flatMap(({ parameters }) => Object.values(parameters))
    .filter(({ isTrained }) => isTrained);
  const learned = arrays.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  /** @type {{parameters: Float64Array, moments: import("./adam.js").Moments, said: Node[]}[]} */
  const history = [];
  let moments = noMoments(content.parameters.length);
  let said = [];
  let state;
  const rate = element("input", {
    id: "rate", type: "number", value: "0.005", min: "0.0001", max: "1", step: "any", inputmode: "decimal",
  });
  const undo = element("button", { type: "button", onclick: () => back(history.length - 1) }, WORDS.update.undo);
  const reset = element("button", { type: "button", onclick: () => back(0) }, WORDS.update.reset);
  const count = element("p", { class: "note", role: "status" });
  const shown = element("div", {});
  const section = element("section", { id: "update", "aria-labelledby": "update-title" },
    element("h2", { id: "update-title" }, WORDS.update.title),
    element("p", {}, WORDS.update.intro),
    element("p", { class: "choice" }, element("label", { for: "rate" }, WORDS.update.rate), " ", rate),
    element("div", { class: "buttons" },
      element("button", { type: "button", class: "main", onclick: make }, WORDS.update.make), undo, reset),
    count, shown);

  function make() {
    const { run, back: { gradient }, target } = state;
    const size = Number(rate.value);
    if (!(size > 0)) return;
    const before = { parameters: content.parameters, moments, said };
    const after = adam(content.parameters, gradient, moments, size, learned);
    const example = worked(before, gradient, after, size);
    history.push(before);
    ({ parameters: content.parameters, moments } = after);
    const share = percent(run.probs[target]);
    changed();
    const now = percent(state.run.probs[state.target]);
    said = [element("p", {}, WORDS.update.change(classes[target], share, now)), example];
    show();
  }

  /** Return the update of the number that has the largest gradient, line by line. */
  function worked(before, gradient, after, size) {
    let at = 0;
    for (let n = 0; n < learned; n++) if (Math.abs(gradient[n]) > Math.abs(gradient[at])) at = n;
    const { name, shape, offset } = arrays.find((p) => at >= p.offset && at < p.offset + sizeOf(p.shape));
    const { beta1, beta2, eps } = ADAM;
    const { t } = after.moments;
    const [b1, b2] = [String(beta1), String(beta2)];
    const pair = (letter) => [before.moments[letter][at], after.moments[letter][at]];
    const [[m0, m], [v0, v]] = [pair("m"), pair("v")];
    const [mHat, vHat] = [m / (1 - beta1 ** t), v / (1 - beta2 ** t)];
    const g = short(gradient[at]);
    const { update } = WORDS;
    return element("div", { class: "look" },
      element("p", {}, update.example(name, placeOf(at - offset, shape).join(", "))),
      ...[
        update.g(g),
        update.m(b1, short(m0), g, short(m)),
        update.v(b2, short(v0), g, short(v)),
        update.mHat(short(m), b1, String(t), short(mHat)),
        update.vHat(short(v), b2, String(t), short(vHat)),
        update.theta(short(before.parameters[at]), short(size), short(mHat), short(vHat), short(eps),
          short(after.parameters[at])),
      ].map((line) => element("p", { class: "number sum" }, line)));
  }

  function back(n) {
    if (!history.length) return;
    ({ parameters: content.parameters, moments, said } = history[n]);
    history.length = n;
    changed();
    show();
  }

  function show() {
    undo.disabled = reset.disabled = history.length === 0;
    count.textContent = WORDS.update.made(whole(history.length));
    fill(shown, ...said);
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
    },
  };
}
