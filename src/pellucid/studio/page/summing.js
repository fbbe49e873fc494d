// A weight's gradient as the very sum that it is: what is multiplied, place by place, and the largest
// terms.

import { element, scrolled, table } from "./dom.js";
import { gradientName, valueName } from "./equations.js";
import { most, short, whole } from "./numbers.js";
import { picture } from "./pictures.js";
import { largest, termsOfWeight } from "./terms.js";
import { WORDS } from "./words.js";

/**
 * @param {import("./data.js").Content} content
 * @param {{run: import("./engine.js").Run, back: {ofValues: Float64Array[]}}} state
 * @param {{layer: number, letter: string, place: number[]}} weight
 */
export function termsShown({ network, parameters }, { run, back }, { layer: k, letter, place }) {
  const layer = network.layers[k];
  const dz = back.ofValues[k + 1];
  const terms = termsOfWeight(layer, parameters, run.values[layer.inputs[0]], dz, letter, place);
  const { left, right, rows, columns, total } = terms;
  const out = gradientName(network, k + 1);
  const x = valueName(network, layer.inputs[0]);
  const name = `d${layer.parameters[letter].name}`;
  const { top, rest, others } = largest(left, right);
  const isMap = left.length > 1;
  const lines = top.map((term) => [
    isMap ? `${Math.floor(term.at / columns)}, ${term.at % columns}` : WORDS.backward.term,
    short(term.left), short(term.right), short(term.product),
  ]);
  if (others) lines.push([WORDS.closer.rest(whole(others)), "", "", short(rest)]);
  lines.push([WORDS.closer.all, "", "", short(total)]);
  const read = { b: "1", g: WORDS.backward.hat }[letter] ?? x;
  const told = letter === "b" ? WORDS.backward.added
    : letter === "g" ? WORDS.backward.hat : WORDS.backward.multiplied(x);
  const products = left.map((value, n) => value * right[n]);
  const count = whole(left.length);
  return element("div", { class: "look" },
    element("h4", {}, WORDS.backward.terms(name, place.join(", "), short(total))),
    isMap && element("div", { class: "product large" },
      map(left, rows, columns, WORDS.backward.ofOutput(out.slice(1))),
      element("span", { class: "sign", "aria-hidden": "true" }, WORDS.closer.times),
      map(right, rows, columns, told),
      element("span", { class: "sign", "aria-hidden": "true" }, WORDS.closer.equals),
      map(products, rows, columns, `${WORDS.closer.products}, ${WORDS.closer.sum(short(total))}`)),
    element("p", { class: "note" }, others
      ? WORDS.backward.largest(whole(top.length), count) : WORDS.backward.allTerms(count)),
    scrolled(table([WORDS.closer.place, out, read, WORDS.closer.product], lines, { class: "number terms" }),
      WORDS.backward.terms(name, place.join(", "), short(total))));
}

function map(values, rows, columns, caption) {
  return element("figure", {},
    picture(values, rows, columns, most(values), caption), element("figcaption", {}, caption));
}
