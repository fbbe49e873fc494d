// How a training is steered: pause, one update, the learning rate, the speed, and back.

import { element, fill } from "./dom.js";
import { short, whole } from "./numbers.js";
import { WORDS } from "./words.js";

/** Updates a second to choose from; null is as fast as it can. */
const PACES = [1, 2, 5, 10, 30, null];

/**
 * @param {(order: Record<string, any>) => void} tell
 * @param {(update: number | null) => void} chosen an update to go back to
 */
export function steering(tell, chosen) {
  const { live } = WORDS;
  let now = null;
  const go = button(live.go, () => tell({ do: now.isPaused ? "go" : "pause" }), "main");
  const step = button(live.step, () => tell({ do: "step" }));
  const rate = element("input", {
    id: "live-rate", type: "number", min: "0", step: "any", inputmode: "decimal",
  });
  const change = button(live.change, () => Number(rate.value) > 0
    && tell({ do: "rate", rate: Number(rate.value) }));
  const told = element("span", { class: "note number" });
  const pace = element("select", {
    id: "live-pace", onchange: () => tell({ do: "pace", pace: pace.value ? Number(pace.value) : null }),
  });
  const update = element("input", {
    id: "live-back", type: "number", min: "0", step: "1", value: "0",
    oninput: () => chosen(update.value === "" ? null : Number(update.value)),
  });
  const run = element("select", { id: "live-run" });
  const back = button(live.goBack, () => {
    const branch = Number(run.value);
    tell({ do: "back", branch, update: Math.max(0, Math.round(Number(update.value))) });
    chosen(null);
  });
  const save = element("a", { class: "button", href: "model.safetensors", download: "" }, live.save);
  let paces = "";
  let runs = "";

  function button(text, onclick, name = "") {
    return element("button", { type: "button", class: name, onclick }, text);
  }

  function named(id, text, input, ...more) {
    return element("div", { class: "steer" }, element("label", { for: id }, text), input, ...more);
  }

  const section = element("div", { class: "steering" },
    element("div", { class: "buttons" }, go, step, save),
    element("div", { class: "steers" },
      named("live-rate", live.rate, rate, change),
      named("live-pace", live.pace, pace),
      element("div", { class: "steer" }, element("label", { for: "live-back" }, live.back), update,
        element("label", { for: "live-run" }, live.ofRun), run, back)),
    told);

  return {
    section,
    /** An update that was chosen in a curve. */
    choose(wanted) {
      update.value = String(wanted - (wanted % now.every)); // whose state is kept
      chosen(Number(update.value));
    },
    /** @param {any} next how the training stands */
    show(next) {
      const isFirst = now === null;
      const isOther = !isFirst && next.rate !== now.rate;
      now = next;
      const isOver = now.ended || now.trouble !== "";
      go.textContent = !now.isPaused ? live.pause : now.update === 0 ? live.begin : live.go;
      go.disabled = isOver;
      step.disabled = isOver;
      if (isFirst || (isOther && document.activeElement !== rate)) rate.value = String(now.rate);
      told.textContent = now.factor === 1 || isOver ? ""
        : live.factor(short(now.rate * now.factor), short(now.factor));
      const all = PACES.includes(now.pace) ? PACES : [now.pace, ...PACES];
      const key = `${all.join()} ${now.pace}`;
      if (key !== paces) {
        paces = key;
        fill(pace, ...all.map((one) => element("option", {
          value: one ?? "", selected: one === now.pace,
        }, live.paces(one && whole(one)))));
      }
      const numbers = now.branches.map(({ number }) => number);
      if (numbers.join() !== runs) {
        runs = numbers.join();
        fill(run, ...numbers.map((number) => element("option", { value: number }, String(number))));
        run.value = String(numbers[numbers.length - 1]);
      }
      update.max = String(now.total);
    },
  };
}
