// The test images: filtered by class, and by how the network did on them.

import { element, fill, keepingFocus } from "./dom.js";
import { percent, whole } from "./numbers.js";
import { still } from "./pictures.js";
import { WORDS } from "./words.js";

/** How many are shown of those that it was least sure of. */
const UNSURE = 24;

/**
 * Which images are shown: of one class or all, and how the network did on them.
 * @typedef {{kind: Kind, label: number | null}} Filter
 */

/** @typedef {"all" | "right" | "wrong" | "unsure"} Kind */

/** @type {Kind[]} */
export const KINDS = ["all", "right", "wrong", "unsure"];

/** @type {Filter} */
export const EVERYTHING = { kind: "all", label: null };

/**
 * Return which images a filter lets through, in the order in which they are shown.
 * @param {import("./data.js").Example[]} examples
 * @param {Filter} filter
 * @returns {number[]}
 */
export function filtered(examples, { kind, label }) {
  const ofClass = [...examples.keys()].filter((n) => label === null || examples[n].label === label);
  if (kind === "unsure") return ofClass.sort((a, b) => examples[a].sure - examples[b].sure).slice(0, UNSURE);
  if (kind === "all") return ofClass;
  return ofClass.filter((n) => (examples[n].said === examples[n].label) === (kind === "right"));
}

/**
 * @param {import("./data.js").Content} content
 * @param {{choose: (n: number) => void, filter: (filter: Filter) => void}} changed
 */
export function gallery({ network, examples, classes }, changed) {
  const [channels, rows, columns] = network.input_shape;
  const scale = channels === 3 ? "colors" : channels < 3 ? "gray" : 1;
  let thumbs = examples.map(thumb);
  const counts = new Map(KINDS.map((kind) => [kind, element("span", { class: "count number" })]));
  const kinds = new Map(KINDS.map((kind) => [kind, element("button", {
    type: "button", "aria-pressed": "false", onclick: () => take({ ...filter, kind }),
  }, WORDS.gallery[kind], " ", counts.get(kind))]));
  const counted = classes.map((_, k) => examples.filter(({ label }) => label === k).length);
  const select = element("select", {
    "aria-label": WORDS.gallery.ofClass,
    onchange: () => take({ ...filter, label: select.value === "" ? null : Number(select.value) }),
  },
  element("option", { value: "" }, WORDS.gallery.everyClass(whole(examples.length),
    whole(counted.filter(Boolean).length), whole(classes.length))),
  ...classes.map((name, k) => element("option", { value: String(k), disabled: !counted[k] },
    WORDS.gallery.one(name, whole(counted[k])))));
  const box = element("div", {
    class: "thumbs", role: "group", "aria-label": WORDS.gallery.title, onkeydown: walk,
  });
  const note = element("p", { class: "note", role: "status" });
  let filter = EVERYTHING;
  let chosen = -1;
  const section = examples.length === 0 ? null : element("div", { class: "gallery" },
    element("p", {}, WORDS.gallery.intro),
    element("div", { class: "buttons", role: "group", "aria-label": WORDS.gallery.which },
      select, ...kinds.values()),
    box, note);

  function thumb({ pixels, label, said, sure }, n) {
    const isWrong = said !== label;
    const text = WORDS.gallery.test(classes[label], isWrong ? classes[said] : "", percent(sure));
    return element("button", {
      class: isWrong ? "thumb wrong" : "thumb", type: "button", title: text, "aria-pressed": "false",
      tabindex: "-1", onclick: () => changed.choose(n),
    }, still(pixels, rows, columns, scale, text, "small"),
    isWrong && element("span", { class: "took", "aria-hidden": "true" }, classes[said]));
  }

  function take(next) {
    filter = next;
    show();
    changed.filter(filter);
  }

  function show() {
    const shown = filtered(examples, filter);
    for (const kind of KINDS) {
      counts.get(kind).textContent = whole(filtered(examples, { ...filter, kind }).length);
      kinds.get(kind).setAttribute("aria-pressed", String(kind === filter.kind));
    }
    select.value = filter.label === null ? "" : String(filter.label);
    note.textContent = shown.length === 0 ? WORDS.gallery.none
      : filter.kind === "unsure" ? WORDS.gallery.byDoubt : shown.some((n) => isWrong(n)) ? WORDS.gallery.dashed : "";
    fill(box, ...shown.map((n) => thumbs[n]));
    mark();
  }

  const isWrong = (n) => examples[n].said !== examples[n].label;

  /** Mark the chosen one; Tab comes to it, or to the first, and arrow keys go on from there. */
  function mark() {
    thumbs.forEach((button, n) => button.setAttribute("aria-pressed", String(n === chosen)));
    const shown = [...box.children];
    const reached = shown.includes(thumbs[chosen]) ? thumbs[chosen] : shown[0];
    shown.forEach((button) => button.setAttribute("tabindex", button === reached ? "0" : "-1"));
  }

  function walk(event) {
    const shown = /** @type {HTMLElement[]} */ ([...box.children]);
    const now = shown.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const across = shown.filter(({ offsetTop }) => offsetTop === shown[0].offsetTop).length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
    const next = event.key === "Home" ? 0 : event.key === "End" ? shown.length - 1 : now + (step ?? NaN);
    if (now < 0 || Number.isNaN(next)) return;
    event.preventDefault();
    shown[Math.max(0, Math.min(shown.length - 1, next))].focus();
  }

  show();
  return {
    section,
    /** Mark another image as the one that is looked at; -1 is none of them. */
    set(n) {
      chosen = n;
      mark();
    },
    /** Show other images, as a link has it. */
    start(next) {
      filter = next;
      show();
    },
    /** Show what the images are taken for now, by other parameters. */
    renew() {
      keepingFocus(box, () => {
        thumbs = examples.map(thumb);
        show();
      });
    },
    /** Paint again, in another theme. */
    repaint() {
      if (scale !== 1) return;
      examples.forEach(({ pixels }, n) => {
        const before = thumbs[n].querySelector("img");
        before.replaceWith(still(pixels, rows, columns, 1, before.alt, "small"));
      });
    },
  };
}
