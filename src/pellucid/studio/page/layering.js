// Every layer at a glance: a card each, with small pictures of its maps; a click looks closer.

import { closer } from "./closer.js";
import { element, fill, keepingFocus } from "./dom.js";
import { moving } from "./moving.js";
import { most, placeOf, short, whole } from "./numbers.js";
import { grid, paint, picture, write } from "./pictures.js";
import { sizeOf } from "./engine.js";
import { WORDS } from "./words.js";

const SHOWN = 16;
const SMALL = 12;
const MANY = 6;

/** Return how an array of a shape is cut into pictures: how many, and their rows and columns. */
export function cutting(shape) {
  if (shape.length === 3) return shape;
  return [1, 1, shape[0]];
}

/**
 * @param {import("./data.js").Content} content
 * @param {(open: {value: number, place: number[]} | null) => void} opened
 */
export function layering(content, opened) {
  const { network } = content;
  /** @type {import("./engine.js").Run} */
  let run;
  /** @type {{value: number, place: number[]} | null} */
  let open = null;
  const mover = moving(move, () => cards[open.value - 1].look());
  const cards = network.layers.map((layer, k) => card(layer, k + 1));
  const section = element("section", { id: "layers", "aria-labelledby": "layers-title" },
    element("h2", { id: "layers-title" }, WORDS.layers.title),
    element("p", {}, WORDS.layers.intro),
    ...cards.map(({ box }) => box));

  /** The cards that are in sight. */
  const inSight = new Set();
  const watch = new IntersectionObserver((entries) => entries.forEach(({ target, isIntersecting }) =>
    (isIntersecting ? inSight.add(target) : inSight.delete(target))));
  cards.forEach(({ box }) => watch.observe(box));

  function card(layer, value) {
    const [count, rows, columns] = cutting(layer.shape);
    const kind = layer.shape.length < 3 ? "maps flat" : count > MANY ? "maps many" : "maps";
    const maps = element("div", { class: kind });
    maps.style.setProperty("--count", String(Math.min(count, MANY)));
    const scale = element("p", { class: "note number" });
    const detail = element("div", { class: "closer", hidden: true });
    const shown = () => (isAll || count <= SHOWN ? count : SHOWN);
    let isAll = false;
    let shownChoice = NaN;
    let buttons = [];
    const more = element("button", {
      type: "button", class: "more", hidden: count <= SHOWN,
      onclick() {
        isAll = true;
        more.hidden = true;
        build();
        update();
      },
    }, WORDS.layers.more(whole(count)));

    const isSmall = layer.shape.length === 1 && columns <= SMALL;

    function build() {
      if (isSmall) return;
      const blank = new Float64Array(rows * columns);
      buttons = Array.from({ length: shown() }, (_, n) => {
        const label = layer.shape.length === 3
          ? WORDS.layers.map(layer.name, String(n)) : WORDS.layers.row(layer.name);
        return element("button", {
          type: "button", class: "mapping", title: label, "aria-expanded": "false",
          onclick: () => toggle(value, startOf(n)),
        }, picture(blank, rows, columns, 1, label, "small"));
      });
      fill(maps, ...buttons);
    }

    /** Where to look first in a map: at its strongest number. */
    function startOf(n) {
      const part = run.values[value].subarray(n * rows * columns, (n + 1) * rows * columns);
      const largest = most(part);
      const place = part.findIndex((one) => Math.abs(one) === largest);
      return placeOf(n * rows * columns + Math.max(0, place), layer.shape);
    }

    function update() {
      const values = run.values[value];
      const largest = most(values);
      scale.textContent = WORDS.layers.scale(short(largest));
      if (isSmall) {
        const chosen = open?.value === value ? open.place[0] : -1;
        const choose = (place) => toggle(value, [place]);
        if (chosen === shownChoice) return write(/** @type {HTMLElement} */ (maps.firstChild), values, largest);
        shownChoice = chosen;
        fill(maps, grid(values, 1, columns, largest, { label: layer.name, chosen, choose }));
      }
      buttons.forEach((button, n) => {
        const part = values.subarray(n * rows * columns, (n + 1) * rows * columns);
        paint(button.firstChild, part, rows, columns, largest);
        const isOpen = open?.value === value && (layer.shape.length < 3 || open.place[0] === n);
        if (button.ariaExpanded !== String(isOpen)) button.ariaExpanded = String(isOpen);
      });
    }

    function look() {
      detail.hidden = open?.value !== value;
      if (detail.hidden) return fill(detail);
      return keepingFocus(detail, () => fill(detail,
        element("button", { type: "button", class: "close", onclick: () => set(null) }, WORDS.layers.close),
        layer.shape.length === 3 && mover.buttons(open.place, layer.shape),
        closer(content, run, value, open.place, {
          choose: (place) => set({ value, place }), isFilling: mover.isFilling,
        })));
    }

    build();
    const learned = Object.values(layer.parameters)
      .filter((p) => p.isTrained).reduce((sum, p) => sum + sizeOf(p.shape), 0);
    const box = element("article", { class: "card" },
      element("header", { class: "told" },
        element("h3", {}, layer.name, element("code", {}, layer.written)),
        element("p", { class: "note" }, WORDS.kinds[layer.kind](layer)),
        element("p", { class: "note number" }, WORDS.layers.gives(layer.shape),
          learned ? `; ${WORDS.layers.learned(whole(learned))}` : "")),
      element("div", { class: "glance" }, maps, more, scale), detail);
    return { box, update, look };
  }

  function toggle(value, place) {
    const isSame = open?.value === value && open.place[0] === place[0];
    set(isSame ? null : { value, place });
  }

  function set(next) {
    mover.end();
    open = next;
    cards.forEach(({ update, look }) => {
      update();
      look();
    });
    opened(open);
  }

  /** Look at another place of the same map, of which all cards know. */
  function move(place) {
    open = { value: open.value, place };
    cards[open.value - 1].look();
    opened(open);
  }

  return {
    section,
    /** Show another run at a glance; while somebody draws, of the cards that are seen. */
    show(next, isDrawing = false) {
      run = next;
      cards.forEach(({ box, update }) => (!isDrawing || inSight.has(box)) && update());
    },
    /** Show what is open, of the same run. */
    look: () => cards.forEach(({ look }) => look()),
    set,
  };
}
