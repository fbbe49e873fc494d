// The studio: a training, as it goes on, above the page of its network.

import { floatsOf } from "./data.js";
import { element, fill } from "./dom.js";
import { chart } from "./livecurves.js";
import { steering } from "./livesteering.js";
import { batching, filtering } from "./liveviews.js";
import { mistaking } from "./livewrong.js";
import { content, refresh } from "./main.js";
import { percent, short, whole } from "./numbers.js";
import { WORDS } from "./words.js";

/** Milliseconds after which a server is asked anew that refused. */
const AGAIN = 2000;
/** Milliseconds between two drawings of the curves, at the least. */
const REDRAWN = 200;
const { live: words } = WORDS;
/** @type {any} */
const live = /** @type {any} */ (content).live;
/** @type {Map<number, (number | null)[][]>} */
const curves = new Map();
/** @type {any} */
let now = null;
/** @type {any} */
let look = null;
/** @type {number | null} */
let chosen = null;
/** @type {EventSource | null} */
let source = null;
let drawing = 0;
let isAway = false;

const stands = element("strong", { class: "number" });
const figures = element("span", { class: "number" });
const state = element("p", { class: "standing", role: "status" });
const trouble = element("p", { class: "trouble", role: "alert" });
const runs = element("div", { class: "scrolled", tabindex: "0", role: "region", "aria-label": words.table });
const steer = steering(tell, (update) => {
  chosen = update;
  draw();
});
const charts = /** @type {("loss" | "accuracy")[]} */ (["loss", "accuracy"])
  .map((what) => chart(what, live.total, (update) => now && steer.choose(update)));
const filters = filtering(content);
const batch = batching(content, live);
const wrong = mistaking(content, live);
const section = element("section", { id: "training", "aria-labelledby": "training-title" },
  element("h2", { id: "training-title" }, words.title),
  element("p", { class: "stands" }, stands, figures), state, trouble, steer.section,
  element("div", { class: "charts" }, ...charts.map(({ figure }) => figure)),
  element("p", { class: "note" }, words.hint), runs,
  element("div", { class: "views" }, filters && filters.section, batch.section, wrong.section));

/** Tell the training what to do, and say what it answers. */
async function tell(order) {
  try {
    const answer = await fetch("do", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order),
    });
    const { error } = await answer.json();
    say(error ?? "");
  } catch {
    away();
  }
}

function say(text) {
  if (trouble.textContent !== text) trouble.textContent = text;
}

function status(text, name) {
  if (state.textContent !== text) state.textContent = text;
  state.className = `standing ${name}`;
}

function away() {
  isAway = true;
  status(words.away, "away");
}

function stand(next) {
  if (next.session !== live.session) return location.reload(); // another training, of another network
  const isNew = isAway;
  isAway = false;
  if (isNew || (now && now.update !== next.update)) say("");
  now = next;
  for (const [number, { since, points }] of Object.entries(next.curves)) {
    const curve = curves.get(Number(number)) ?? [];
    curve.length = since;
    curve.push(...points);
    curves.set(Number(number), curve);
  }
  const own = next.branches[next.branches.length - 1];
  stands.textContent = words.stands(whole(next.update), whole(next.total));
  figures.textContent = own.loss === null ? ""
    : [words.figures(short(own.loss), percent(own.accuracy)), words.speed(whole(next.speed))].join(" · ");
  status(next.trouble || (next.ended ? words.ended : next.isPaused ? words.paused : words.running),
    next.trouble ? "away" : next.isPaused ? "waits" : "runs");
  steer.show(next);
  if (!drawing) drawing = window.setTimeout(draw, REDRAWN);
  return undefined;
}

/** Draw the curves, and say which is which. */
function draw() {
  clearTimeout(drawing);
  drawing = 0;
  if (!now) return;
  const { branches } = now;
  const left = branches.slice(0, -1);
  const own = branches[branches.length - 1];
  const all = [
    ...live.beside.map(({ points }, n) => ({ kind: `beside c${n % 3}`, points })),
    ...left.map(({ number }) => ({ kind: `left c${number % 3}`, points: curves.get(number) ?? [] })),
    { kind: "now", points: curves.get(own.number) ?? [] },
  ];
  const marks = own.rates.filter(([update]) => update > 1)
    .map(([update, rate]) => ({ update, rate: short(rate) }));
  charts.forEach((one) => one.draw(all, marks, chosen));
  tabulate(branches, own);
}

function tabulate(branches, own) {
  const rows = branches.map((branch) => {
    const others = branch.isCompared
      ? branch.same === null ? words.other(branch.cameOf) : words.same(branch.same, branch.cameOf) : "";
    const points = curves.get(branch.number) ?? [];
    return {
      kind: branch === own ? "now" : `left c${branch.number % 3}`,
      cells: [
        words.run(branch.number),
        branch.cameOf === null ? words.first : words.from(branch.start, branch.cameOf),
        String(points.length ? points[points.length - 1][0] : branch.start),
        branch.loss === null ? "" : short(branch.loss),
        branch.accuracy === null ? "" : percent(branch.accuracy),
        words.rates(branch.rates.map(([update, rate]) => [update, short(rate)])),
        others,
      ],
    };
  });
  const beside = live.beside.map(({ name, points }, n) => {
    const last = points[points.length - 1];
    const cells = [name, words.first, String(last[0]), short(last[1]), percent(last[2]), "", ""];
    return { kind: `beside c${n % 3}`, cells };
  });
  const line = ({ kind, cells: [name, ...rest] }) => {
    const key = element("span", { class: `key ${kind}`, "aria-hidden": "true" });
    return element("tr", {}, element("th", { scope: "row" }, key, name),
      ...rest.map((cell) => element("td", {}, cell)));
  };
  fill(runs, element("table", { class: "terms plain number" },
    element("thead", {}, element("tr", {}, ...words.runs.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, ...[...rows, ...beside].map(line))));
}

function see(next) {
  look = next;
  const parameters = floatsOf(next.parameters);
  wrong.take(next);
  const { said, sure } = wrong.answers();
  content.examples.forEach((example, n) => {
    const place = live.examples[n];
    Object.assign(example, { said: said[place], sure: sure[place] / 255 });
  });
  filters?.show(parameters);
  batch.show(next);
  refresh(parameters);
}

/** Follow the training, as long as somebody looks. */
function follow() {
  source?.close();
  source = null;
  if (document.hidden) return;
  source = new EventSource("events");
  source.addEventListener("now", (event) => stand(JSON.parse(event.data)));
  source.addEventListener("look", (event) => see(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    away();
    // It tries again by itself, but not where it was refused.
    if (source?.readyState === EventSource.CLOSED) setTimeout(follow, AGAIN);
  });
}

function repaint() {
  if (look) {
    filters?.show(content.parameters);
    batch.show(look);
    wrong.repaint();
  }
}

document.querySelector("main").prepend(section);
document.querySelector(".top p").textContent = words.intro(live.data);
document.addEventListener("visibilitychange", follow);
new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
follow();
