// Every English text of the page, for whoever translates it. Numbers come in as text already.

export const WORDS = {
  title: (name) => `${name}, number by number`,
  intro: (learned) =>
    `This page is a trained network: ${learned} numbers that it has learned, and nothing else that it ` +
    "needs. All you see is computed here, in your browser, while you look; nothing is loaded and " +
    "nothing is sent.",
  proving: "Comparing with Python …",
  proved: (images, numbers, gap) =>
    `Equal to Python on ${images} images: ${numbers} numbers compared, largest difference ${gap}.`,
  notProved: (images, gap) =>
    `Not equal to Python on ${images} images: largest difference ${gap}. Don't trust this page.`,
  proofMore:
    "Scores, loss and gradients of the first images were computed by pellucid.equations in Python, and " +
    "once more here when you opened the page. Differences are relative to the largest number of an array.",
  proofTitle: "Compared with Python",
  proofHead: ["image", "loss, here", "loss, in Python", "difference of scores", "of the loss",
    "of the image's gradient", "of all gradients"],
  theme: "Dark or light",
  skip: "Skip to the layers",

  image: {
    title: "An image",
    draw: "Draw with mouse, pen or finger.",
    canvas: "A square to draw on",
    here: "Draw here",
    clear: "Clear",
    undo: "Undo",
    others: "Other images",
    open: "A picture of your own: open it, drop it on this page, or paste it.",
    unreadable: "This file is no picture that the browser can read.",
    prepared: (rows, columns, scale) =>
      `The ink, ${columns} × ${rows} dots, was cut out, made ${scale} of its size, and placed with its ` +
      "center of mass in the middle, as the images were that the network learned from.",
    opened: "Your picture, made ready as those were that the network learned from; it stays on your device.",
    linked: "A picture that somebody opened: the network's image of it came with the link.",
    doubts: {
      parts: "It holds parts of like size that lie apart; they are taken for one character.",
      exits: "Its ink runs out of the picture at many places: what is ink is in doubt.",
      none: "No ink stands out from its paper.",
    },
    asIs: "A test image: the network takes it as it is.",
    blank: "Nothing is drawn yet.",
    seen: "What the network sees",
    pixel: (place, value) => `pixel ${place} = ${value}`,
  },

  // The test images.
  gallery: {
    title: "Test images",
    intro: "Test images, which it did not learn from:",
    which: "Which test images",
    ofClass: "Of which class",
    everyClass: (count) => `every class (${count})`,
    one: (name, count) => `${name} (${count})`,
    all: "all",
    right: "right",
    wrong: "wrong",
    unsure: "least sure",
    none: "There is none of this kind.",
    byDoubt: "Those that it was least sure of, the most doubtful first.",
    dashed: "A dashed frame: it took it for what stands in the corner.",
    test: (name, said, share) =>
      `Test image of ${name}, ${said ? `taken for ${said}` : "told"} with ${share}`,
  },

  // How a picture becomes the network's image.
  preparing: {
    title: (count) => `How it became the network's image: ${count} pictures`,
    size: (channels, rows, columns) => `${channels > 1 ? `${channels} × ` : ""}${rows} × ${columns}`,
    picture: "What came in",
    gray: "As the eye weighs colors",
    inverted: "Inverted: dark was what matters",
    ink: "Ink: what differs from the background",
    cleaned: "Without shadow, lines, specks and neighbors; a thin pen widened",
    cut: "The ink, cut out",
    resized: "Brought to the network's size",
    placed: "Scaled, with its center of mass in the middle",
    image: "The numbers that the network takes",
    same: "It has the network's size already: taken as it is",
    blank: "There is no ink in it",
    numbers: {
      gray: (size) => `${size}, 0.299 red + 0.587 green + 0.114 blue`,
      ink: (level, isDark, threshold) =>
        `ink = max(0, ${isDark ? `${level} − pixel` : `pixel − ${level}`}); less than ${threshold} is none`,
      cut: (columns, rows) => `${rows} × ${columns} pixels of the picture`,
      placed: (scale, strongest, size) => `${size}, made ${scale} of its size; ${strongest} becomes the strongest`,
      image: (low, high, size) =>
        low === "0" ? `${size}, pixel / ${high}` : `${size}, (pixel − ${low}) / (${high} − ${low})`,
    },
  },

  answer: {
    title: "What the network says",
    share: (name, share) => `${name}: ${share}`,
    sure: (name, share) => `It is ${share} sure that this is ${name}.`,
    unsure: (name, share, other) => `It would say ${name}, but is only ${share} sure; it might be ${other}.`,
    blank: "It has to say something, even of an empty image.",
  },

  layers: {
    title: "Forward, layer by layer",
    intro: "Choose a map, then a place in it, and see what that one number is made of.",
    more: (count) => `Show all ${count}`,
    map: (name, n) => `Map ${n} of ${name}`,
    row: (name) => `All numbers of ${name}`,
    shape: (shape) => shape.join(" × "),
    gives: (shape) => (shape.length === 3 ? shape.join(" × ") : `${shape[0]} numbers`),
    learned: (count) => `${count} learned`,
    scale: (most) => `blue −${most} · 0 · orange ${most}`,
    close: "Close",
    keys: "Arrow keys move it.",
  },

  moving: {
    play: "Let the window move",
    stop: "Stop",
    resume: "Go on",
    next: "Next place",
    speed: "speed",
  },

  // What a layer does, in a line.
  kinds: {
    Conv2D: (l) => `${l.shape[0]} filters of ${l.kernel[0]} × ${l.kernel[1]} slide over it`,
    MaxPool2D: (l) => `the largest of each ${l.kernel[0]} × ${l.kernel[1]} window stays`,
    AveragePool2D: (l) => `the mean of each ${l.kernel[0]} × ${l.kernel[1]} window`,
    GlobalAveragePool2D: () => "the mean of each map",
    GlobalMaxPool2D: () => "the largest number of each map",
    Dense: (l) => `${l.shape[0]} sums over all ${l.takes[0][0]} numbers`,
    ReLU: () => "what is negative becomes 0",
    LeakyReLU: (l) => `what is negative becomes ${l.slope} of it`,
    Sigmoid: () => "an S-curve from 0 to 1",
    Tanh: () => "an S-curve from −1 to 1",
    SiLU: () => "a smooth ReLU: z times its sigmoid",
    GELU: () => "a smooth ReLU: z times the normal distribution below it",
    BatchNorm2D: () => "each map on one scale, by what training saw on the average",
    BatchNorm1D: () => "each number on one scale, by what training saw on the average",
    GroupNorm: (l) => `${l.groups === 1 ? "all maps" : `${l.groups} groups of maps`} to mean 0 and variance 1`,
    Dropout: () => "in prediction it does nothing",
    Flatten: () => "maps become one row",
    Add: () => "the layers' result and the way around them are added",
  },

  closer: {
    title: (name, place, value) => `${name}[${place}] = ${value}`,
    window: (source) => `${source}, and the window`,
    patch: "patch",
    filter: "filter",
    products: "products",
    times: "×",
    equals: "=",
    channel: (source, n) => `${source}[${n}]`,
    sum: (sum) => `sum ${sum}`,
    others: (count, sum) => `and ${count} other channels, which add up to ${sum}`,
    total: (sum, bias, total) => `${sum} + bias ${bias} = ${total}`,
    totalPlain: (sum, total) => `${sum} = ${total}`,
    relu: (z, a) => `max(0, ${z}) = ${a}`,
    pointwise: (kind, z, a) => `${kind}(${z}) = ${a}`,
    winner: (value) => `The largest is ${value}; it alone goes on, and it alone will get the gradient.`,
    mean: (sum, count, value) => `${sum} / ${count} = ${value}`,
    flat: (source, place, value) => `It is ${source}[${place}] = ${value}, in its place in the row.`,
    dense: (count) => `The ${count} largest of its products`,
    input: "input",
    weight: "weight",
    product: "product",
    place: "place",
    rest: (count) => `${count} others`,
    bias: "bias",
    all: "sum",
    norm: (x, mean, deviation, g, b, z) => `(${x} − ${mean}) / ${deviation} · ${g} + ${b} = ${z}`,
    add: (a, b, z) => `${a} + ${b} = ${z}`,
    same: (value) => `${value}, unchanged`,
    then: (name, text) => `then ${name}: ${text}`,
  },

  softmax: {
    title: "Softmax: scores become probabilities",
    equation: "probs[k] = exp(out[k] − m) / Σ exp(out[l] − m), m the largest score",
    head: ["class", "out", "out − m", "exp", "probability"],
    sum: "sum",
  },

  backward: {
    title: "Backward, step by step",
    intro: "How much would the loss change if a number were a little larger? That is its gradient. It is " +
      "computed from the end to the beginning.",
    label: "The true class is",
    loss: (p, loss) => `loss = −log(${p}) = ${loss}`,
    smoothed: (loss) => `loss = ${loss}, of a label that is smoothed`,
    previous: "Previous",
    next: "Next",
    step: (n, all) => `Step ${n} of ${all}`,
    go: (n, names) => `Step ${n}: ${names}`,
    choose: "Choose a number and see what it is the sum of.",
    several: (name) => `Several layers read ${name}: its gradient is the sum of theirs.`,
    terms: (name, place, value) => `${name}[${place}] = ${value}`,
    ofOutput: (name) => `gradient of ${name}`,
    multiplied: (name) => `what the weight was multiplied with in ${name}`,
    added: "1 each: a bias is added as it is",
    hat: "the normalized input",
    largest: (count, all) => `The ${count} largest of ${all} terms`,
    allTerms: (all) => (all === "1" ? "Its only term" : `All ${all} terms`),
    term: "term",
    saliency: "Where the image matters: the size of dimage, over the image",
    hide: "Compare: hide parts of it",
    hidden: (side) =>
      `How much the loss grows where ${side} × ${side} pixels are hidden: orange is what it needs`,
    first: (shown, all) => `Of ${all} the first ${shown} are shown.`,
    scores: ["class", "probs", "label", "dout"],
    wins: "Each gradient goes to its window's winner.",
    open: (name) => `× [${name} > 0], 1 or 0`,
    winners: (name) => `× 1 where the winner of ${name} is, else 0`,
    mask: (name) => `It goes on where ${name} is positive, and is 0 elsewhere.`,
  },

  // Each part of a step, as an equation of names.
  equations: {
    loss: () => "dout = probs − label",
    weightsDense: (d, out, x) => `${d} = d${out} · ${x}ᵀ`,
    weightsConv: (d, out, x) => `${d}[k,c,i,j] = Σ d${out}[k,y,x] · ${x}[c,y+i,x+j]`,
    weightsNorm: (d, out) => `${d}[c] = Σ d${out} · x̂`,
    biasDense: (d, out) => `${d} = d${out}`,
    biasConv: (d, out) => `${d}[k] = Σ d${out}[k,y,x]`,
    valueDense: (d, out, w) => `${d} = ${w}ᵀ · d${out}`,
    valueConv: (d, out, f) => `${d}[c,u,v] = Σ ${f}[k,c,i,j] · d${out}[k,u−i,v−j]`,
    valueMax: (d, out) => `${d} = d${out} where the winner is, else 0`,
    valueMean: (d, out, count) => `${d} = d${out} / ${count}, to all of the window`,
    valueNorm: (d, out, g) => `${d} = ${g} · d${out} / √(variance + ε)`,
    valueGroup: (d, out, g) =>
      `${d} = (dx̂ − ⟨dx̂⟩ − x̂ ⟨dx̂ x̂⟩) / √(variance + ε), dx̂ = ${g} · d${out}`,
    valueAdd: (d, out) => `${d} = d${out}`,
    relu: (d, out, x) => `${d} = [${x} > 0] · d${out}`,
    slope: (d, out, kind) => `${d} = ${kind}′ · d${out}`,
    reshape: (d, out, shape) => `${d} = d${out}, as ${shape}`,
    same: (d, out) => `${d} = d${out}`,
    strided: "with its stride, dilation and padding",
  },

  update: {
    title: "One step of learning",
    intro: "Adam moves every number a little against its gradient. Do it for this image alone, and see " +
      "what changes.",
    rate: "learning rate",
    make: "Make one update",
    undo: "Undo",
    reset: "Back to what was learned",
    made: (count) => (count === "0" ? "Nothing was changed." : `Updates made on this page: ${count}.`),
    change: (name, before, after, loss, lossNow) =>
      `The probability of ${name}: ${before} before, ${after} now. The loss: ${loss} before, ${lossNow} now.`,
    array: "The numbers of",
    gradient: (name) => `the gradient g = d${name}`,
    step: (name) => `how ${name} changed`,
    example: (name, place) => `${name}[${place}]`,
    g: (g) => `gradient g = ${g}`,
    m: (b, m0, g, m) => `m = ${b} · ${m0} + (1 − ${b}) · ${g} = ${m}`,
    v: (b, v0, g, v) => `v = ${b} · ${v0} + (1 − ${b}) · (${g})² = ${v}`,
    mHat: (m, b, t, found) => `m̂ = ${m} / (1 − ${b}^${t}) = ${found}`,
    vHat: (v, b, t, found) => `v̂ = ${v} / (1 − ${b}^${t}) = ${found}`,
    theta: (theta, rate, m, v, eps, found) =>
      `${theta} − ${rate} · ${m} / (√${v} + ${eps}) = ${found}`,
  },

  footer: "Made by Pellucid with pellucid page. The same numbers in Python: pellucid.trace(model, image, label).",
};
