// One number of a layer, and what it is made of: the patch, the filter, the products, their sum.

import { element, scrolled, table } from "./dom.js";
import { arraysOf } from "./engine.js";
import { softmax } from "./losses.js";
import { at, most, placeOf, short, whole } from "./numbers.js";
import { frame, grid, picker, picture } from "./pictures.js";
import { largest, productsOfFilter, productsOfUnit, windowOfPool } from "./terms.js";
import { WORDS } from "./words.js";

const GRIDS = 4;
const ACTIVATIONS = new Set(["ReLU", "LeakyReLU", "Sigmoid", "Tanh", "SiLU", "GELU"]);

/**
 * Return a look at one number.
 * @param {import("./data.js").Content} content
 * @param {import("./engine.js").Run} run
 * @param {number} value which value of the run
 * @param {number[]} place which number of it
 * @param {{choose: (place: number[]) => void, isFilling: boolean}} options what happens when another
 *   is chosen, and whether the map ends at this number: the window has not come further yet
 */
export function closer(content, run, value, place, options) {
  const { network, parameters } = content;
  const layer = network.layers[value - 1];
  const found = run.values[value][at(place, layer.shape)];
  const names = ["image", ...network.layers.map(({ name }) => name)];
  const look = {
    layer, place, found, names,
    arrays: arraysOf(layer, parameters),
    inputs: layer.inputs.map((input) => run.values[input]),
    source: names[layer.inputs[0]],
  };
  const explain = EXPLAINED[layer.kind] ?? pointwise;
  return element("div", { class: "look" },
    element("h4", {}, WORDS.closer.title(layer.name, place.join(", "), short(found))),
    element("div", { class: "beside" }, ...pictures(look, run.values[value], options)),
    explain(look),
    activated(network, run, value, place),
    value === network.layers.length && softmaxTable(content, run));
}

/** Return the map with the number framed and, where there is one, the input with the window. */
function pictures({ layer, place, inputs, source }, values, { choose, isFilling }) {
  const label = `${layer.name}. ${WORDS.layers.keys}`;
  if (layer.shape.length === 1 && values.length <= 12) return []; // they are in the card
  if (layer.shape.length === 1) {
    const pick = (_row, column) => choose([column]);
    return [figure(layer.name, "wide",
      picker(values, 1, layer.shape[0], most(values), label, pick, [0, 1, place[0], place[0] + 1]))];
  }
  const [, rows, columns] = layer.shape;
  const [c, y, x] = place;
  const map = values.subarray(c * rows * columns, (c + 1) * rows * columns);
  const own = picker(map, rows, columns, most(values), label,
    (row, column) => choose([c, row, column]), [y, y + 1, x, x + 1]);
  if (isFilling) own.append(...veil(y, x, rows, columns));
  const takes = layer.takes[0];
  const channel = layer.kind === "Conv2D" ? firstChannel(layer, c) : c;
  const box = windowIn(layer, place);
  if (!box || takes.length < 3) return [figure(`${layer.name}[${c}]`, "", own)];
  const area = takes[1] * takes[2];
  const scale = source === "image" && takes[0] === 1 ? "gray" : most(inputs[0]);
  const seen = picture(inputs[0].subarray(channel * area, (channel + 1) * area), takes[1], takes[2],
    scale, WORDS.closer.window(source));
  const framed = element("div", { class: "picker" }, seen, frame(box, takes[1], takes[2]));
  framed.style.aspectRatio = `${takes[2]} / ${takes[1]}`;
  return [
    figure(WORDS.closer.window(WORDS.closer.channel(source, channel)), "", framed),
    figure(`${layer.name}[${c}]`, "", own),
  ];
}

/** Return what covers a map behind a place: the rest of its row, and the rows below. */
function veil(y, x, rows, columns) {
  const parts = [[y, y + 1, x + 1, columns], [y + 1, rows, 0, columns]];
  return parts.filter(([top, bottom, left, right]) => top < bottom && left < right).map((part) => {
    const made = frame(part, rows, columns);
    made.className = "veil";
    return made;
  });
}

function figure(caption, className, content) {
  return element("figure", { class: className }, content, element("figcaption", {}, caption));
}

function firstChannel(layer, k) {
  const ofGroup = layer.takes[0][0] / layer.groups;
  return Math.floor(k / (layer.shape[0] / layer.groups)) * ofGroup;
}

/**
 * Return rows and columns, from and to, of what a place reads of its input.
 * @param {import("./engine.js").Layer} layer
 * @param {number[]} place
 */
function windowIn(layer, [, y, x]) {
  if (!layer.kernel) return [y, y + 1, x, x + 1];
  const reach = (axis) => (layer.kernel[axis] - 1) * (layer.dilation?.[axis] ?? 1) + 1;
  const [top, left] = [y, x].map((n, axis) => n * layer.stride[axis] - layer.pads[axis][0]);
  return [top, top + reach(0), left, left + reach(1)];
}

const EXPLAINED = {
  Conv2D: filtered,
  Dense: summed,
  MaxPool2D: pooled,
  AveragePool2D: pooled,
  GlobalAveragePool2D: pooled,
  GlobalMaxPool2D: pooled,
  Flatten: flattened,
  Add: added,
  BatchNorm2D: normed,
  BatchNorm1D: normed,
  GroupNorm: normed,
  Dropout: ({ found }) => line(WORDS.closer.same(short(found))),
};

const line = (...text) => element("p", { class: "number sum" }, ...text);

/** The patch times the filter, channel by channel. */
function filtered({ layer, place, arrays, inputs, source }) {
  const { parts, rows, columns, bias, total } = productsOfFilter(layer, inputs[0], arrays, place);
  const products = parts.map(({ left, right }) => left.map((value, n) => value * right[n]));
  const sums = products.map((list) => list.reduce((a, b) => a + b, 0));
  const order = [...parts.keys()].sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a]));
  const shown = parts.length <= GRIDS + 1 ? [...parts.keys()] : order.slice(0, GRIDS).sort((a, b) => a - b);
  const rest = order.filter((n) => !shown.includes(n));
  const scales = [
    most(parts.flatMap(({ left }) => [...left])),
    most(parts.flatMap(({ right }) => [...right])),
    most(products.flatMap((list) => [...list])),
  ];
  const size = (values, scale, label) =>
    figure(label, "", grid(values, rows, columns, scale, { label }));
  const sign = (text) => element("span", { class: "sign", "aria-hidden": "true" }, text);
  const sum = sums.reduce((a, b) => a + b, 0);
  return element("div", {},
    ...shown.map((n) => element("div", { class: "product" },
      size(parts[n].left, scales[0],
        `${WORDS.closer.patch} ${WORDS.closer.channel(source, parts[n].channel)}`),
      sign(WORDS.closer.times),
      size(parts[n].right, scales[1], WORDS.closer.filter),
      sign(WORDS.closer.equals),
      size(products[n], scales[2], `${WORDS.closer.products}, ${WORDS.closer.sum(short(sums[n]))}`))),
    rest.length > 0 && line(WORDS.closer.others(
      whole(rest.length), short(rest.reduce((a, n) => a + sums[n], 0)))),
    line(arrays.b
      ? WORDS.closer.total(short(sum), short(bias), short(total))
      : WORDS.closer.totalPlain(sums.map(short).join(" + "), short(total))));
}

/** A dense layer's largest products. */
function summed({ layer, place, arrays, inputs, names }) {
  const { left, right, bias, total } = productsOfUnit(inputs[0], arrays, place[0]);
  const { top, rest, others } = largest(left, right);
  const source = names[layer.inputs[0]];
  const rows = top.map((term) =>
    [`${source}[${term.at}]`, short(term.left), short(term.right), short(term.product)]);
  if (others) rows.push([WORDS.closer.rest(whole(others)), "", "", short(rest)]);
  rows.push([WORDS.closer.bias, "", "", short(bias)], [WORDS.closer.all, "", "", short(total)]);
  const { place: from, input, weight, product } = WORDS.closer;
  return element("div", {},
    element("p", { class: "note" }, WORDS.closer.dense(String(top.length))),
    scrolled(table([from, input, weight, product], rows, { class: "number terms" }),
      WORDS.closer.dense(String(top.length))));
}

/** A pool's window, and its winner. */
function pooled({ layer, place, inputs, found }) {
  const { values, rows, columns, count, winner } = windowOfPool(layer, inputs[0], place);
  const sum = values.reduce((a, b) => a + b, 0);
  const text = winner < 0
    ? WORDS.closer.mean(short(sum), String(count), short(found)) : WORDS.closer.winner(short(found));
  const window = grid(values, rows, columns, most(values), { label: WORDS.closer.patch, chosen: winner });
  window.style.width = `${2.8 * columns}rem`;
  return element("div", {},
    values.length <= 64 && element("div", { class: "product" }, window), line(text));
}

function flattened({ layer, place, source, found }) {
  const from = placeOf(place[0], layer.takes[0]);
  return line(WORDS.closer.flat(source, from.join(", "), short(found)));
}

function added({ layer, place, inputs, found }) {
  const [a, b] = inputs.map((values) => short(values[at(place, layer.shape)]));
  return line(WORDS.closer.add(a, b, short(found)));
}

function normed({ layer, place, arrays, inputs, found }) {
  const { g, b, m, v } = arrays;
  const c = place[0];
  const x = inputs[0][at(place, layer.shape)];
  let [mean, variance] = m ? [m[c], v[c]] : [0, 0];
  if (!m) {
    const size = inputs[0].length / layer.groups;
    const group = Math.floor(at(place, layer.shape) / size);
    const part = inputs[0].subarray(group * size, (group + 1) * size);
    mean = part.reduce((sum, value) => sum + value, 0) / size;
    variance = part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
  }
  const numbers = [x, mean, Math.sqrt(variance + layer.eps), g[c], b[c], found].map(short);
  return line(WORDS.closer.norm(...numbers));
}

function pointwise({ layer, place, inputs, found }) {
  const z = short(inputs[0][at(place, layer.shape)]);
  return line(layer.kind === "ReLU"
    ? WORDS.closer.relu(z, short(found)) : WORDS.closer.pointwise(layer.kind, z, short(found)));
}

/** What an activation that follows makes of the number. */
function activated(network, run, value, place) {
  const next = network.layers[value];
  if (!next || next.inputs[0] !== value || !ACTIVATIONS.has(next.kind)) return null;
  const found = run.values[value + 1][at(place, next.shape)];
  const z = short(run.values[value][at(place, next.shape)]);
  const text = next.kind === "ReLU"
    ? WORDS.closer.relu(z, short(found)) : WORDS.closer.pointwise(next.kind, z, short(found));
  return line(WORDS.closer.then(next.name, text));
}

/** Softmax, term by term. */
function softmaxTable({ classes }, { values }) {
  const out = values[values.length - 1];
  const most_ = Math.max(...out);
  const powers = out.map((value) => Math.exp(value - most_));
  const probs = softmax(out);
  const order = [...out.keys()].sort((a, b) => out[b] - out[a]).slice(0, 12);
  order.sort((a, b) => a - b);
  const rows = order.map((k) =>
    [classes[k], short(out[k]), short(out[k] - most_), short(powers[k]), short(probs[k])]);
  rows.push([WORDS.softmax.sum, "", "", short(powers.reduce((a, b) => a + b, 0)), "1"]);
  return element("div", {},
    element("h4", {}, WORDS.softmax.title),
    element("p", { class: "equation" }, WORDS.softmax.equation),
    scrolled(table(WORDS.softmax.head, rows, { class: "number terms" }), WORDS.softmax.title));
}
