// Backward: the true class, then step by step every gradient, each the sum of numbers that it is.

import { element, fill, keepingFocus } from "./dom.js";
import { equationsOf } from "./equations.js";
import { short, whole } from "./numbers.js";
import { lossOf } from "./engine.js";
import { gradientPictures } from "./gradients.js";
import { whereItMatters } from "./saliency.js";
import { stepsOf } from "./steps.js";
import { termsShown } from "./summing.js";
import { WORDS } from "./words.js";

/**
 * @param {import("./data.js").Content} content
 * @param {{label: (k: number) => void, step: (n: number, weight: any) => void}} changed
 */
export function backing(content, changed) {
  const { network, classes } = content;
  const steps = stepsOf(network);
  const label = element("select", {
    id: "label", onchange: (event) => changed.label(Number(event.target.value)),
  }, ...classes.map((name, k) => element("option", { value: String(k) }, name)));
  const loss = element("p", { class: "equation", role: "status" });
  const body = element("div", { class: "step" });
  const dots = steps.map((_, n) => element("button", {
    type: "button", class: "dot", title: WORDS.backward.go(String(n + 1), titleOf(n)),
    "aria-label": WORDS.backward.go(String(n + 1), titleOf(n)), onclick: () => go(n),
  }, String(n + 1)));
  const previous = element("button", { type: "button", onclick: () => go(step - 1) }, WORDS.backward.previous);
  const next = element("button", { type: "button", class: "main", onclick: () => go(step + 1) }, WORDS.backward.next);
  let step = 0;
  /** @type {{layer: number, letter: string, place: number[]} | null} */
  let weight = null;
  let state;

  const section = element("section", { "aria-labelledby": "backward-title" },
    element("h2", { id: "backward-title" }, WORDS.backward.title),
    element("p", {}, WORDS.backward.intro),
    element("p", { class: "choice" }, element("label", { for: "label" }, WORDS.backward.label), " ", label),
    loss,
    element("nav", { class: "dots", "aria-label": WORDS.backward.title }, ...dots),
    body,
    element("div", { class: "buttons" }, previous, next));

  /** Return the names of what a step computes. */
  function titleOf(n) {
    const names = steps[n].parts.map((part) => equationsOf(network, part).name);
    return [...new Set(names)].join(", ");
  }

  function go(n) {
    step = Math.max(0, Math.min(steps.length - 1, n));
    weight = null;
    show();
    changed.step(step, weight);
  }

  function choose(next) {
    weight = next;
    show();
    changed.step(step, weight);
  }

  function show() {
    const { run, target } = state;
    const p = run.probs[target];
    const found = lossOf(network, run, target);
    label.value = String(target);
    loss.textContent = network.smoothing
      ? WORDS.backward.smoothed(short(found)) : WORDS.backward.loss(short(p), short(found));
    dots.forEach((dot, n) => dot.setAttribute("aria-current", n === step ? "step" : "false"));
    previous.disabled = step === 0;
    next.disabled = step === steps.length - 1;
    const title = `${WORDS.backward.step(String(step + 1), whole(steps.length))}: ${titleOf(step)}`;
    keepingFocus(body, () => fill(body,
      element("h3", {}, title),
      ...steps[step].parts.map((part) => shown(part)),
      step === steps.length - 1 && whereItMatters(content, state)));
  }

  function shown(part) {
    const { equation, notes } = equationsOf(network, part);
    const isChosen = weight && weight.layer === part.layer && weight.letter === part.letter;
    return element("div", { class: "part" },
      element("p", { class: "equation" }, equation),
      ...notes.map((note) => element("p", { class: "note" }, note)),
      gradientPictures(content, state, part, isChosen ? weight.place : null,
        (place) => choose({ layer: part.layer, letter: part.letter, place })),
      isChosen && termsShown(content, state, weight));
  }

  return {
    section,
    /** Show other gradients: {run, back, target}. */
    show(next) {
      state = next;
      show();
    },
    /** Go to a step, as a link has it. */
    start(n, chosen) {
      step = Math.max(0, Math.min(steps.length - 1, n));
      weight = chosen;
      show();
    },
    count: steps.length,
  };
}
