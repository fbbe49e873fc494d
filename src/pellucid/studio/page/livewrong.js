// Where a training is wrong: a table of who is taken for whom, whose numbers open their pictures.

import { css, palette, readable, signed } from "./colors.js";
import { element, fill, keepingFocus } from "./dom.js";
import { percent, whole } from "./numbers.js";
import { bytesFrom, imageOf } from "./liveviews.js";
import { WORDS } from "./words.js";

/** Classes that a table has room for; of more the most frequent mistakes are listed. */
const MOST_CLASSES = 20;
const LISTED = 15;
/** Pictures that are shown at a time. */
const SHOWN = 24;
/** Pictures that the server gives at a time. */
const AT_ONCE = 64;

/**
 * @param {import("./data.js").Content} content
 * @param {{labels: number[], tested: number}} live
 */
export function mistaking({ network, classes }, { labels, tested }) {
  const shape = network.input_shape;
  const size = shape.reduce((product, side) => product * side, 1);
  const { live: words } = WORDS;
  /** @type {Map<number, Uint8Array>} */
  const pixels = new Map();
  /** @type {{label: number, said: number} | null} */
  let chosen = null;
  let said = new Uint16Array(0);
  let sure = new Uint8Array(0);
  let asked = 0;
  const told = element("p", {});
  const matrix = element("div", { class: "scrolled", tabindex: "0", role: "region", "aria-label": words.matrix });
  const title = element("h4", { id: "wrong-pictures" });
  const all = element("button", { type: "button", hidden: true, onclick: () => choose(null) }, words.all);
  const gallery = element("div", { class: "thumbs pictured" });
  const note = element("p", { class: "note" });
  const section = element("section", { class: "view wide-view" }, element("h3", {}, words.wrong), told,
    element("div", { class: "wrongs" }, matrix,
      element("div", { role: "region", "aria-labelledby": "wrong-pictures" }, title, gallery, note, all)));
  /** @type {Map<string, HTMLElement>} */
  const cells = new Map();

  /** Return how often each class is taken for each. */
  function counted() {
    const counts = classes.map(() => new Uint32Array(classes.length));
    labels.forEach((label, n) => counts[label][said[n]]++);
    return counts;
  }

  function cellOf(label, answer) {
    const cell = element("button", {
      type: "button", class: "count",
      onclick: () => choose(chosen?.label === label && chosen.said === answer ? null : { label, said: answer }),
    });
    cells.set(`${label} ${answer}`, cell);
    return cell;
  }

  function table() {
    const head = element("tr", {}, element("td", {}),
      ...classes.map((name) => element("th", { scope: "col", title: name }, name)));
    const rows = classes.map((name, label) => element("tr", {},
      element("th", { scope: "row", title: name }, name),
      ...classes.map((_, answer) => element("td", {}, cellOf(label, answer)))));
    fill(matrix, element("table", { class: "confusion" },
      element("thead", {}, head), element("tbody", {}, ...rows)));
  }

  /** Write the numbers into the table, which stays, so that nobody loses the place in it. */
  function number(counts) {
    const colors = palette();
    counts.forEach((row, label) => row.forEach((count, answer) => {
      const cell = cells.get(`${label} ${answer}`);
      const share = count / Math.max(1, row.reduce((sum, n) => sum + n, 0));
      const color = signed(label === answer ? -share : Math.min(1, 4 * share), colors);
      cell.textContent = String(count || "");
      cell.style.background = count ? css(color) : "transparent";
      cell.style.color = count ? readable(color) : "";
      cell.setAttribute("aria-label", words.cell(whole(count), classes[label], classes[answer]));
      cell.setAttribute("aria-pressed", String(chosen?.label === label && chosen.said === answer));
    }));
  }

  /** List the most frequent mistakes, where there are too many classes for a table. */
  function list(counts) {
    const pairs = counts.flatMap((row, label) =>
      [...row].map((count, answer) => ({ count, label, answer })))
      .filter(({ count, label, answer }) => count && label !== answer)
      .sort((a, b) => b.count - a.count).slice(0, LISTED);
    cells.clear();
    keepingFocus(matrix, () => fill(matrix, element("table", { class: "terms plain" },
      element("tbody", {}, ...pairs.map(({ count, label, answer }) => {
        const cell = cellOf(label, answer);
        cell.textContent = words.pictures(classes[label], classes[answer], whole(count));
        cell.setAttribute("aria-pressed", String(chosen?.label === label && chosen.said === answer));
        return element("tr", {}, element("td", {}, cell));
      })))));
  }

  function choose(next) {
    chosen = next;
    show();
  }

  /** Return the places of the images to show, the surest first. */
  function wanted() {
    const isIt = chosen
      ? (n) => labels[n] === chosen.label && said[n] === chosen.said
      : (n) => labels[n] !== said[n];
    return labels.map((_, n) => n).filter(isIt).sort((a, b) => sure[b] - sure[a] || a - b);
  }

  async function fetched(places) {
    const missing = places.filter((place) => !pixels.has(place)).slice(0, AT_ONCE);
    if (!missing.length) return;
    const answer = await fetch(`pictures?places=${missing.join(",")}`);
    if (!answer.ok) return;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    missing.forEach((place, n) => pixels.set(place, bytes.slice(n * size, (n + 1) * size)));
  }

  async function pictures() {
    const places = wanted();
    const shown = places.slice(0, SHOWN);
    const turn = ++asked;
    title.textContent = chosen
      ? words.pictures(classes[chosen.label], classes[chosen.said], whole(places.length)) : words.surest;
    all.hidden = chosen === null;
    try {
      await fetched(shown);
    } catch {
      return; // the server is away, which is said elsewhere
    }
    if (turn !== asked) return;
    note.textContent = !places.length ? words.none
      : places.length > SHOWN ? words.most(String(SHOWN), whole(places.length)) : "";
    fill(gallery, ...shown.filter((place) => pixels.has(place)).map((place) => {
      const text = words.picture(classes[labels[place]], classes[said[place]], percent(sure[place] / 255));
      return element("figure", { title: text }, imageOf(pixels.get(place), shape, text),
        element("figcaption", {}, `${classes[labels[place]]} → ${classes[said[place]]}`));
    }));
  }

  function show() {
    if (!said.length) return;
    const counts = counted();
    if (classes.length > MOST_CLASSES) list(counts);
    else {
      if (!cells.size) table();
      number(counts);
    }
    pictures();
  }

  return {
    section,
    /** @param {{said: string, sure: string, accuracy: number}} look */
    take(look) {
      const bytes = bytesFrom(look.said);
      said = Uint16Array.from({ length: bytes.length / 2 }, (_, n) => bytes[2 * n] + 256 * bytes[2 * n + 1]);
      sure = bytesFrom(look.sure);
      told.textContent = words.tested(percent(look.accuracy), whole(labels.length), whole(tested));
      show();
    },
    repaint: show,
    /** What each test image is taken for, and how sure that is. */
    answers: () => ({ said, sure }),
  };
}
