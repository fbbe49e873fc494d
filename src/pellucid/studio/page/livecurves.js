// The curves of a training and of runs beside it: one number of every update, as a picture of lines.

import { element } from "./dom.js";
import { percent, short } from "./numbers.js";
import { WORDS } from "./words.js";

const WIDTH = 480;
const HEIGHT = 230;
const LEFT = 44;
const RIGHT = 472;
const TOP = 12;
const BOTTOM = 204;

/**
 * A point is [update, loss, accuracy, loss and accuracy of the validation]; `kind` says how its curve
 * is drawn: "now", "left" or "beside", and which of those it is.
 * @typedef {{kind: string, points: (number | null)[][]}} Curve
 * @typedef {{update: number, rate: string}} Mark
 */

/** Return a step that makes round numbers, some four of them up to the highest. */
export function stepOf(highest) {
  const rough = highest / 4;
  const size = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((n) => n * size).find((step) => step >= rough) ?? rough;
}

/** Return the round numbers from 0 to the highest. */
function ticks(highest, step) {
  const count = Math.floor(highest / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, n) => n * step);
}

/**
 * Return a chart that is drawn again with new curves; a click in it chooses an update.
 * @param {"loss" | "accuracy"} what
 * @param {number} total updates in all
 * @param {(update: number) => void} choose
 */
export function chart(what, total, choose) {
  const field = what === "loss" ? 1 : 2;
  const area = element("div", { class: "curves", role: "img", onclick });
  const figure = element("figure", { class: "charted" },
    element("figcaption", {}, element("h3", {}, WORDS.live[what])), area);
  const across = (update) => LEFT + ((RIGHT - LEFT) * update) / Math.max(1, total);
  let highest = 1;
  const down = (value) => BOTTOM - (BOTTOM - TOP) * Math.min(1, value / highest);

  function onclick(event) {
    const side = area.getBoundingClientRect();
    const x = ((event.clientX - side.left) / side.width) * WIDTH;
    const update = Math.round(((x - LEFT) / (RIGHT - LEFT)) * total);
    choose(Math.max(0, Math.min(total, update)));
  }

  const place = (x, y) => `${across(x).toFixed(1)},${down(y).toFixed(1)}`;

  function curve({ kind, points }) {
    const line = points.map((point) => place(point[0], point[field])).join(" ");
    const measured = points.filter((point) => point[field + 2] !== null);
    const rings = measured.map((point) =>
      `<circle cx="${across(point[0]).toFixed(1)}" cy="${down(point[field + 2]).toFixed(1)}" r="3"/>`);
    return `<g class="curve ${kind}"><polyline points="${line}"/>${rings.join("")}</g>`;
  }

  function grid() {
    const step = stepOf(highest);
    const wide = Math.max(1, Math.round(stepOf(total)));
    const lines = ticks(highest, step).map((value) =>
      `<path d="M${LEFT} ${down(value)}H${RIGHT}"/><text x="${LEFT - 6}" y="${down(value) + 4}" class="end">${
        what === "loss" ? short(value) : `${Math.round(100 * value)}%`}</text>`);
    const names = ticks(total, wide).map((value) =>
      `<text x="${across(value)}" y="${BOTTOM + 18}" class="middle">${value.toLocaleString("en-US")}</text>`);
    return `<g class="grid-lines">${lines.join("")}${names.join("")}</g><text x="${RIGHT}" y="${
      BOTTOM + 18}" class="end">${total % wide > wide / 2 || total % wide === 0 ? "" : WORDS.live.update}</text>`;
  }

  return {
    figure,
    /**
     * @param {Curve[]} curves the one that goes on last
     * @param {Mark[]} marks where somebody changed the learning rate
     * @param {number | null} chosen the update to go back to
     */
    draw(curves, marks, chosen) {
      const all = curves.flatMap(({ points }) => points);
      const most = all.reduce((high, point) => Math.max(high, point[field], point[field + 2] ?? 0), 0);
      highest = what === "accuracy" ? 1 : Math.max(0.1, most);
      const vertical = (update, name, text) =>
        `<g class="${name}"><path d="M${across(update).toFixed(1)} ${TOP}V${BOTTOM}"/>${text
          && `<text x="${(across(update) + 4).toFixed(1)}" y="${TOP + 10}">${text}</text>`}</g>`;
      area.innerHTML = `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">${grid()}${
        marks.map(({ update, rate }) => vertical(update - 1, "mark", WORDS.live.changed(rate))).join("")}${
        chosen === null ? "" : vertical(chosen, "chosen-update", "")}${curves.map(curve).join("")}</svg>`;
      const last = curves[curves.length - 1]?.points.slice(-1)[0];
      const told = what === "loss" ? WORDS.live.lossTold : WORDS.live.accuracyTold;
      const value = last ? (what === "loss" ? short(last[1]) : percent(last[2])) : "–";
      area.setAttribute("aria-label", told(value, String(last ? last[0] : 0)));
    },
  };
}
