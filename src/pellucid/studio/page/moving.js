// The window that moves over a map, a place at a time, and fills it as the layer does.

import { element } from "./dom.js";
import { at, placeOf } from "./numbers.js";
import { WORDS } from "./words.js";

/** Milliseconds a place, of the slowest and of the fastest. */
const [SLOWEST, FASTEST] = [1200, 40];

/**
 * Return what moves a window; whoever wants less motion moves it by hand.
 * @param {(place: number[]) => void} go shows another place
 * @param {() => void} changed shows the same place, with other buttons
 */
export function moving(go, changed) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let speed = 0.5;
  let timer = 0;
  let isPaused = false;
  /** @type {{place: number[], shape: number[]}} */
  let now;

  /** Return the place after one, in the same map; behind the last comes the first. */
  function after({ place, shape }) {
    const area = shape[1] * shape[2];
    const here = at(place, shape);
    return placeOf(Math.floor(here / area) * area + ((here + 1) % area), shape);
  }

  function tick() {
    timer = window.setTimeout(tick, SLOWEST * (FASTEST / SLOWEST) ** speed);
    const next = after(now);
    if (next[1] === 0 && next[2] === 0) stop();
    else if (!document.hidden) go(next);
  }

  function play() {
    const first = [now.place[0], 0, 0];
    const isResumed = isPaused;
    timer = window.setTimeout(tick, SLOWEST * (FASTEST / SLOWEST) ** speed);
    isPaused = false;
    if (isResumed) changed();
    else go(first);
  }

  function stop(isPause = false) {
    clearTimeout(timer);
    timer = 0;
    isPaused = isPause;
    changed();
  }

  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && timer) stop(true);
  });

  return {
    /** Whether the map fills while the window moves: only what it has passed is seen. */
    get isFilling() {
      return timer > 0 || isPaused;
    },
    /** End it, when another place or nothing is looked at. */
    end() {
      clearTimeout(timer);
      timer = 0;
      isPaused = false;
    },
    /** Return its buttons, for a place in an array of a shape. */
    buttons(place, shape) {
      now = { place, shape };
      const faster = element("input", {
        type: "range", min: "0", max: "1", step: "0.05", value: String(speed), "aria-label": WORDS.moving.speed,
        oninput: () => (speed = Number(faster.value)),
      });
      return element("div", { class: "buttons moving" },
        !still.matches && element("button", {
          type: "button", class: timer ? "main" : "", onclick: () => (timer ? stop(true) : play()),
        }, timer ? WORDS.moving.stop : isPaused ? WORDS.moving.resume : WORDS.moving.play),
        element("button", { type: "button", disabled: timer > 0, onclick: () => go(after(now)) }, WORDS.moving.next),
        !still.matches && element("label", {}, WORDS.moving.speed, " ", faster));
    },
  };
}
