// A gradient as pictures: of maps, of filters, of weights. Of a parameter a number can be chosen.

import { element, scrolled, table } from "./dom.js";
import { sizeOf } from "./engine.js";
import { oneHot } from "./losses.js";
import { most, short, whole } from "./numbers.js";
import { grid, picker, picture } from "./pictures.js";
import { gradientName, valueName } from "./equations.js";
import { maxPool } from "./windows.js";
import { WORDS } from "./words.js";

const SHOWN = 32;
const FILTERS = 128;
const SMALL = 12;
const MANY = 6;

/**
 * @param {import("./data.js").Content} content
 * @param {{run: import("./engine.js").Run, target: number,
 *   back: {ofValues: Float64Array[], gradient: Float64Array}}} state
 * @param {import("./steps.js").Part} part
 * @param {number[] | null} chosen which number of a parameter
 * @param {(place: number[]) => void} choose
 */
export function gradientPictures({ network, classes }, state, part, chosen, choose) {
  const { run, target, back } = state;
  const layer = network.layers[part.layer];
  if (part.kind === "loss") return ofScores(network, classes, run, target, back.ofValues[part.value]);
  if (!part.letter) {
    const value = part.value;
    const shape = value === 0 ? network.input_shape : network.layers[value - 1].shape;
    const own = ofValue(back.ofValues[value], shape, gradientName(network, value));
    const gate = gateOf(network, layer, run);
    if (!gate) return own;
    const after = part.layer + 1;
    return element("div", { class: "gated" },
      captioned(gradientName(network, after), ofValue(back.ofValues[after], layer.shape, gradientName(network, after))),
      captioned(gate.caption, ofValue(gate.values, shape, gate.caption, true)),
      captioned(gradientName(network, value), own));
  }
  const { shape, offset, name } = layer.parameters[part.letter];
  const values = back.gradient.subarray(offset, offset + sizeOf(shape));
  const hint = element("p", { class: "note" }, WORDS.backward.choose);
  const [made, rest] = shape.length === 4
    ? [ofFilters(values, shape, name, chosen, choose), firstOf(FILTERS, shape[0] * shape[1])]
    : [ofWeights(values, shape, name, chosen, choose), null];
  return element("div", {}, made, hint, legend(values), rest);
}

/** Say that not all are shown, if so. */
function firstOf(shown, all) {
  return shown < all
    ? element("p", { class: "note" }, WORDS.backward.first(whole(shown), whole(all))) : null;
}

const legend = (values) => element("p", { class: "note number" }, WORDS.layers.scale(short(most(values))));

/** Step 1, class by class. */
function ofScores(network, classes, { probs }, target, dout) {
  const label = oneHot(target, classes.length, network.smoothing);
  const order = [...probs.keys()].sort((a, b) => Math.abs(dout[b]) - Math.abs(dout[a]));
  const shown = order.slice(0, SMALL).sort((a, b) => a - b);
  const rows = shown.map((k) => [classes[k], short(probs[k]), short(label[k]), short(dout[k])]);
  return scrolled(table(WORDS.backward.scores, rows, { class: "number terms plain" }), "dout");
}

/**
 * Return where a gradient goes through, as 0 and 1: where a ReLU's input is positive, or where a pool's
 * winners are; null of other layers, and where gradients of several layers are added.
 * @param {import("./engine.js").Network} network
 * @param {import("./engine.js").Layer} layer
 * @param {import("./engine.js").Run} run
 */
function gateOf(network, layer, run) {
  const [value] = layer.inputs;
  const x = run.values[value];
  if (network.layers.filter(({ inputs }) => inputs.includes(value)).length > 1) return null;
  const name = valueName(network, value);
  if (layer.kind === "ReLU") {
    return { values: x.map((one) => (one > 0 ? 1 : 0)), caption: WORDS.backward.open(name) };
  }
  if (layer.kind !== "MaxPool2D") return null;
  const ones = new Float64Array(sizeOf(layer.shape)).fill(1);
  const won = maxPool.backward(layer, ones, [x]).inputs[0];
  return { values: won.map((count) => (count > 0 ? 1 : 0)), caption: WORDS.backward.winners(name) };
}

const captioned = (caption, made) =>
  element("figure", {}, element("figcaption", {}, caption), made);

/** The gradient of what a layer gave, or of the image. */
function ofValue(values, shape, name, isGate = false) {
  const scale = isGate ? 1 : most(values);
  if (shape.length === 3) {
    const [channels, rows, columns] = shape;
    const area = rows * columns;
    const count = Math.min(channels, SHOWN);
    const maps = element("div", { class: channels > MANY ? "maps many" : "maps large" },
      ...Array.from({ length: count }, (_, c) => picture(
        values.subarray(c * area, (c + 1) * area), rows, columns, scale, `${name}[${c}]`, "small")));
    maps.style.setProperty("--count", String(Math.min(channels, MANY)));
    return element("div", {}, maps, isGate ? null : legend(values), firstOf(count, channels));
  }
  if (values.length <= SMALL) {
    return element("div", { class: "row" }, grid(values, 1, values.length, scale, { label: name }));
  }
  return element("div", {},
    element("div", { class: "maps flat" }, picture(values, 1, values.length, scale, name, "small")),
    isGate ? null : legend(values));
}

/**
 * A picture for each filter and channel.
 * @param {Float64Array} values
 * @param {number[]} shape
 * @param {string} name
 * @param {number[] | null} chosen
 * @param {(place: number[]) => void} choose
 */
function ofFilters(values, [filters, channels, rows, columns], name, chosen, choose) {
  const scale = most(values);
  const area = rows * columns;
  const count = Math.min(filters * channels, FILTERS);
  const made = element("div", { class: "filters" });
  // A row a filter; filters of one channel stand in a row themselves.
  const across = Math.min(channels > 1 ? channels : filters, 8);
  made.style.gridTemplateColumns = `repeat(${across}, minmax(0, 5rem))`;
  for (let n = 0; n < count; n++) {
    const [k, c] = [Math.floor(n / channels), n % channels];
    const isIt = chosen && chosen[0] === k && chosen[1] === c;
    const framed = isIt ? [chosen[2], chosen[2] + 1, chosen[3], chosen[3] + 1] : undefined;
    made.append(picker(values.subarray(n * area, (n + 1) * area), rows, columns, scale,
      `${name}[${k}, ${c}]. ${WORDS.layers.keys}`, (i, j) => choose([k, c, i, j]), framed));
  }
  return made;
}

/** Weights as a table of pixels, a row a unit; a bias as one row. */
function ofWeights(values, shape, name, chosen, choose) {
  const [rows, columns] = shape.length === 2 ? shape : [1, shape[0]];
  const [row, column] = chosen ? (shape.length === 2 ? chosen : [0, chosen[0]]) : [-1, -1];
  const framed = chosen ? [row, row + 1, column, column + 1] : undefined;
  const made = picker(values, rows, columns, most(values), `${name}. ${WORDS.layers.keys}`,
    (y, x) => choose(shape.length === 2 ? [y, x] : [x]), framed);
  made.classList.add("weights");
  made.style.aspectRatio = "auto";
  made.style.height = `${Math.max(1.6, Math.min(16, rows * (rows > 20 ? 0.5 : 1)))}rem`;
  made.style.maxWidth = `${Math.max(4, columns * 2.2)}rem`;
  return made;
}
