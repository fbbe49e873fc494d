// The page as a whole: its sections, and what happens when something is chosen.

import { read, written } from "./address.js";
import { answering } from "./answering.js";
import { backing } from "./backing.js";
import { choosing } from "./choosing.js";
import { isDark } from "./colors.js";
import { unpacked } from "./data.js";
import { element, fill, scrolled, table } from "./dom.js";
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
/** In a frame that can't have an address, what is around it says what to show. */
const isHeld = location.protocol === "about:";
const asked = isHeld ? document.documentElement.dataset.address ?? "" : location.hash.slice(1);
const state = read(asked, content);
const verdict = element("span", { role: "status" }, WORDS.proving);
const proof = element("details", { class: "proof" }, element("summary", {}, verdict),
  element("p", { class: "note" }, WORDS.proofMore));
/** @type {string[][]} */
const compared = [];
const chooser = choosing(content, { image, filter: (filter) => keep({ filter }) });
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
  writing = setTimeout(() => {
    if (isHeld) parent.postMessage({ pellucid: written(state) }, "*");
    else history.replaceState(null, "", `#${written(state)}`);
  }, REST);
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
  layers.show(run, isDrawing);
  clearTimeout(pending);
  if (!isDrawing) return finish(run);
  pending = setTimeout(() => {
    layers.show(run);
    finish(run);
  }, REST);
  return undefined;
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
  dataset.theme = isDark() ? "light" : "dark";
  repaint();
}

/** Compare image by image, and let the page breathe between. */
function compare(comparing, found = null) {
  const { done, value } = comparing.next();
  if (!done) {
    const { images, loss, said, gaps } = value;
    compared.push([whole(images), String(loss), String(said), ...gaps.map(short), ...Array(4 - gaps.length).fill("")]);
    return setTimeout(compare, 0, comparing, value);
  }
  proof.append(scrolled(table(WORDS.proofHead, compared, { class: "number terms plain" }), WORDS.proofTitle));
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
  examples.length > 0 && element("section", { class: "proving", "aria-label": WORDS.proofTitle }, proof),
  element("main", {},
    element("div", { class: "first" }, chooser.section, answer.section, chooser.others),
    layers.section, back.section, update.section),
  element("footer", {}, WORDS.footer));

const { label, open, step, weight } = state;
chooser.start(state.source, state.filter);
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
 * Take other parameters, as a training goes on that the page follows; what the examples are taken for
 * by them is in the content already.
 * @param {Float64Array} parameters
 */
export function refresh(parameters) {
  content.parameters = parameters;
  update.forget();
  chooser.repaint(pixels);
  chooser.renew();
  compute(true);
}
