// Each part of a step as an equation, with the names of this network.

import { WORDS } from "./words.js";

/** Return what the gradient of a value is called: that of the scores is dout. */
export function gradientName(network, value) {
  if (value === 0) return "dimage";
  return value === network.layers.length ? "dout" : `d${network.layers[value - 1].name}`;
}

/** Return what a value is called. */
export function valueName(network, value) {
  return value === 0 ? "image" : network.layers[value - 1].name;
}

/**
 * Return a part's name, its equation and what is to be said of it.
 * @param {import("./engine.js").Network} network
 * @param {import("./steps.js").Part} part
 */
export function equationsOf(network, part) {
  const { equations, backward } = WORDS;
  if (part.kind === "loss") return { name: "dout", equation: equations.loss(), notes: [] };
  const layer = network.layers[part.layer];
  const out = gradientName(network, part.layer + 1).slice(1);
  const x = valueName(network, layer.inputs[0]);
  const notes = [];
  if (part.letter) {
    const name = `d${layer.parameters[part.letter].name}`;
    return { name, equation: ofParameter(layer, part.letter, name, out, x), notes };
  }
  const name = gradientName(network, part.value);
  const readers = network.layers.filter(({ inputs }) => inputs.includes(part.value)).length;
  if (readers > 1) notes.push(backward.several(valueName(network, part.value)));
  if (layer.kind === "MaxPool2D" || layer.kind === "GlobalMaxPool2D") notes.push(backward.wins);
  if (layer.kind === "ReLU") notes.push(backward.mask(x));
  if (isStrided(layer)) notes.push(equations.strided);
  return { name, equation: ofValue(layer, name, out, x), notes };
}

function isStrided(layer) {
  if (layer.kind !== "Conv2D") return false;
  return [...layer.stride, ...layer.dilation].some((n) => n > 1) || layer.pads.flat().some((n) => n > 0);
}

function ofParameter(layer, letter, name, out, x) {
  const { equations } = WORDS;
  if (letter === "w") return equations.weightsDense(name, out, x);
  if (letter === "f") return equations.weightsConv(name, out, x);
  if (letter === "g") return equations.weightsNorm(name, out);
  return layer.shape.length === 1 ? equations.biasDense(name, out) : equations.biasConv(name, out);
}

function ofValue(layer, name, out, x) {
  const { equations } = WORDS;
  const own = (letter) => layer.parameters[letter].name;
  switch (layer.kind) {
    case "Dense": return equations.valueDense(name, out, own("w"));
    case "Conv2D": return equations.valueConv(name, out, own("f"));
    case "MaxPool2D": case "GlobalMaxPool2D": return equations.valueMax(name, out);
    case "AveragePool2D":
      return equations.valueMean(name, out, String(layer.kernel[0] * layer.kernel[1]));
    case "GlobalAveragePool2D":
      return equations.valueMean(name, out, String(layer.takes[0][1] * layer.takes[0][2]));
    case "BatchNorm2D": case "BatchNorm1D": return equations.valueNorm(name, out, own("g"));
    case "GroupNorm": return equations.valueGroup(name, out, own("g"));
    case "Add": return equations.valueAdd(name, out);
    case "ReLU": return equations.relu(name, out, x);
    case "Flatten": return equations.reshape(name, out, WORDS.layers.shape(layer.takes[0]));
    case "Dropout": return equations.same(name, out);
    default: return equations.slope(name, out, layer.kind);
  }
}
