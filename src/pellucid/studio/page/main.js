// The page as a whole: its sections, and what happens when something is chosen.

import { read, written } from "./address.js";
import { answering } from "./answering.js";
import { backing } from "./backing.js";
import { choosing } from "./choosing.js";
import { unpacked } from "./data.js";
import { element, fill } from "./dom.js";
import { backward, forward, sizeOf } from "./engine.js";
import { layering } from "./layering.js";
import { short, whole } from "./numbers.js";
import { proving } from "./proof.js";
import { updating } from "./updating.js";
import { WORDS } from "./words.js";

/** Milliseconds after which a pen rests. */
const REST = 120;
export const content = unpacked(JSON.parse(document.getElementById("content").textContent));
const { network, examples } = content;
const state = read(location.hash.slice(1), content);
const verdict = element("span", { role: "status" }, WORDS.proving);
const proof = element("details", { class: "proof" }, element("summary", {}, verdict),
  element("p", { class: "note" }, WORDS.proofMore));
const chooser = choosing(content, image);
const answer = answering(content.classes);
const layers = layering(content, (open) => keep({ open }));
const back = backing(content, {
  label: (label) => {
    keep({ label });
    compute();
  },
  step: (step, weight) => keep({ step, weight }),
});
const update = updating(content, compute);
let pixels;
let pending = 0;
let writing = 0;
let isStarted = false;

/** Remember a part of the state; soon in the address too, which browsers don't let change too often. */
function keep(part) {
  Object.assign(state, part);
  clearTimeout(writing);
  writing = setTimeout(() => history.replaceState(null, "", `#${written(state)}`), REST);
}

/** Another image: the true class is the test image's, else what the network says of a drawing. */
function image(source, next) {
  pixels = next;
  const isSame = state.source?.kind === source.kind && source.kind === "drawing";
  const label = source.kind === "example" ? examples[source.n].label : isSame ? state.label : null;
  keep({ source, label });
  compute(isStarted && source.kind === "drawing");
}

/**
 * Take the image through the network and back, and show all of it; while somebody draws, what is not
 * seen at a glance waits until the pen rests.
 */
function compute(isDrawing = false) {
  const run = forward(network, content.parameters, pixels);
  answer.show(run);
  layers.show(run);
  clearTimeout(pending);
  if (isDrawing) pending = setTimeout(finish, REST, run);
  else finish(run);
}

function finish(run) {
  const target = state.label ?? run.probs.indexOf(Math.max(...run.probs));
  const now = { run, target, back: backward(network, content.parameters, run, target) };
  update.take(now);
  layers.look();
  back.show(now);
}

/** Paint all again, in another theme. */
function repaint() {
  chooser.repaint(pixels);
  compute();
}

function theme() {
  const { dataset } = document.documentElement;
  const isDark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.theme = isDark ? "light" : "dark";
  repaint();
}

/** Compare image by image, and let the page breathe between. */
function compare(comparing, found = null) {
  const { done, value } = comparing.next();
  if (!done) return setTimeout(compare, 0, comparing, value);
  proof.classList.add(found.agrees ? "good" : "bad");
  verdict.textContent = found.agrees
    ? WORDS.proved(whole(found.images), whole(found.numbers), short(found.largest))
    : WORDS.notProved(whole(found.images), short(found.largest));
  return 0;
}

const learned = network.layers.flatMap(({ parameters }) => Object.values(parameters))
  .filter(({ isTrained }) => isTrained).reduce((sum, { shape }) => sum + sizeOf(shape), 0);

fill(document.getElementById("page"),
  element("a", { class: "skip", href: "#layers", onclick(event) {
    event.preventDefault();
    layers.section.scrollIntoView();
    layers.section.querySelector("button")?.focus();
  } }, WORDS.skip),
  element("header", { class: "top" },
    element("div", {},
      element("h1", {}, WORDS.title(content.title)),
      element("p", {}, WORDS.intro(whole(learned)))),
    element("button", { type: "button", class: "theme", onclick: theme }, WORDS.theme)),
  examples.length > 0 && proof,
  element("main", {},
    element("div", { class: "first" }, chooser.section, answer.section),
    layers.section, back.section, update.section),
  element("footer", {}, WORDS.footer));

const { label, open, step, weight } = state;
chooser.start(state.source);
if (label !== null) {
  keep({ label });
  compute();
}
if (open) layers.set(open);
back.start(step, weight);
isStarted = true;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
// Another address, pasted or of a bookmark: begin anew with it.
addEventListener("hashchange", () => location.reload());
// After the first paint: what is seen comes first.
if (examples.length) setTimeout(compare, 50, proving({ ...content }));

/**
 * Take other parameters, as a training goes on that the page follows, and what the examples are taken
 * for by them.
 * @param {Float64Array} parameters
 */
export function refresh(parameters) {
  content.parameters = parameters;
  update.forget();
  chooser.repaint(pixels);
  compute(true);
}
