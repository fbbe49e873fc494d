// An update, number by number: gradient, m, v and the step of an array as pictures, and the sums of the
// one number that is chosen.

import { ADAM } from "./adam.js";
import { element, fill, keepingFocus } from "./dom.js";
import { sizeOf } from "./engine.js";
import { at, most, placeOf, short } from "./numbers.js";
import { picker } from "./pictures.js";
import { WORDS } from "./words.js";

/**
 * Return an array of any shape as a sheet: filters below one another, their channels side by side.
 * @param {number[]} shape
 * @returns {{rows: number, columns: number, placeIn: (row: number, column: number) => number[],
 *   placeOn: (place: number[]) => [number, number]}}
 */
export function sheetOf(shape) {
  if (shape.length === 4) {
    const [filters, channels, tall, wide] = shape;
    return {
      rows: filters * tall,
      columns: channels * wide,
      placeIn: (y, x) => [Math.floor(y / tall), Math.floor(x / wide), y % tall, x % wide],
      placeOn: ([k, c, i, j]) => [k * tall + i, c * wide + j],
    };
  }
  const [rows, columns] = shape.length === 2 ? shape : [1, shape[0]];
  return {
    rows, columns,
    placeIn: (y, x) => (shape.length === 2 ? [y, x] : [x]),
    placeOn: (place) => (shape.length === 2 ? [place[0], place[1]] : [0, place[0]]),
  };
}

/** @param {import("./engine.js").Network} network */
export function stepping(network) {
  const arrays = network.layers.flatMap(({ parameters }) => Object.values(parameters))
    .filter(({ isTrained }) => isTrained);
  const select = element("select", {
    id: "array", onchange: () => choose(arrays[Number(select.value)].offset, true),
  }, ...arrays.map(({ name }, n) => element("option", { value: String(n) }, name)));
  const body = element("div", {});
  const section = element("div", { class: "look", hidden: true },
    element("p", { class: "choice" },
      element("label", { for: "array" }, WORDS.update.array), " ", select), body);
  /** @type {import("./updating.js").Update | null} */
  let update = null;
  let number = 0;

  /** Choose a number of the flat vector, or the one of its array that has the largest gradient. */
  function choose(place, isArray = false) {
    number = place;
    if (isArray) {
      const { offset, shape } = arrayOf(place);
      for (let n = offset; n < offset + sizeOf(shape); n++) {
        if (Math.abs(update.gradient[n]) > Math.abs(update.gradient[number])) number = n;
      }
    }
    paint();
  }

  const arrayOf = (place) =>
    arrays.find(({ offset, shape }) => place >= offset && place < offset + sizeOf(shape));

  function paint() {
    const { name, offset, shape } = arrayOf(number);
    const sheet = sheetOf(shape);
    const place = placeOf(number - offset, shape);
    const [row, column] = sheet.placeOn(place);
    select.value = String(arrays.findIndex((one) => one.name === name));
    const shown = (title, vector) => {
      const values = new Float64Array(sheet.rows * sheet.columns);
      for (let n = 0; n < values.length; n++) {
        const [y, x] = sheet.placeOn(placeOf(n, shape));
        values[y * sheet.columns + x] = vector[offset + n];
      }
      const made = picker(values, sheet.rows, sheet.columns, most(values), `${title}. ${WORDS.layers.keys}`,
        (y, x) => choose(offset + at(sheet.placeIn(y, x), shape)), [row, row + 1, column, column + 1]);
      made.style.aspectRatio = sheet.rows * 4 < sheet.columns ? "4" : `${sheet.columns} / ${sheet.rows}`;
      return element("figure", {}, made, element("figcaption", {}, title),
        element("p", { class: "note number" }, WORDS.layers.scale(short(most(values)))));
    };
    const { before, after } = update;
    const step = after.parameters.map((value, n) => value - before.parameters[n]);
    keepingFocus(body, () => fill(body,
      element("div", { class: "beside sheets" },
        shown(WORDS.update.gradient(name), update.gradient), shown("m", after.moments.m),
        shown("v", after.moments.v), shown(WORDS.update.step(name), step)),
      element("h3", {}, WORDS.update.example(name, place.join(", "))),
      ...lines(update, number).map((line) => element("p", { class: "number sum" }, line))));
  }

  return {
    section,
    /**
     * Show an update, at the number that has the largest gradient; or none.
     * @param {import("./updating.js").Update | null} next
     */
    show(next) {
      update = next;
      section.hidden = !update;
      if (!update) return;
      number = 0;
      arrays.forEach(({ offset, shape }) => {
        for (let n = offset; n < offset + sizeOf(shape); n++) {
          if (Math.abs(update.gradient[n]) > Math.abs(update.gradient[number])) number = n;
        }
      });
      paint();
    },
    /** Paint again, in another theme. */
    repaint: () => update && paint(),
  };
}

/**
 * Return the update of a number, line by line.
 * @param {import("./updating.js").Update} update
 * @param {number} n which number of the flat vector
 * @returns {string[]}
 */
export function lines({ before, after, gradient, rate }, n) {
  const { beta1, beta2, eps } = ADAM;
  const { t } = after.moments;
  const [b1, b2] = [String(beta1), String(beta2)];
  const [m0, m, v0, v] = [before.moments.m[n], after.moments.m[n], before.moments.v[n], after.moments.v[n]];
  const [mHat, vHat] = [m / (1 - beta1 ** t), v / (1 - beta2 ** t)];
  const g = short(gradient[n]);
  const words = WORDS.update;
  return [
    words.g(g),
    words.m(b1, short(m0), g, short(m)),
    words.v(b2, short(v0), g, short(v)),
    words.mHat(short(m), b1, String(t), short(mHat)),
    words.vHat(short(v), b2, String(t), short(vHat)),
    words.theta(short(before.parameters[n]), short(rate), short(mHat), short(vHat), short(eps),
      short(after.parameters[n])),
  ];
}
