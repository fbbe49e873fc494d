// Numbers as colors: gray for pixels, and from blue over the ground to orange for signed numbers, which
// whoever is color-blind tells apart too.

const LIGHT = { low: [33, 102, 172], zero: [247, 246, 243], high: [201, 84, 8], ink: [29, 31, 35] };
const DARK = { low: [98, 164, 226], zero: [38, 41, 46], high: [245, 146, 66], ink: [236, 236, 233] };

/** @type {MediaQueryList} */
let wanted;

/** Return whether the page is shown dark: as was chosen, or as the system has it. */
export function isDark() {
  wanted ??= matchMedia("(prefers-color-scheme: dark)");
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : wanted.matches;
}

/** Return the palette of the theme that the page is shown in. */
export function palette() {
  return isDark() ? DARK : LIGHT;
}

/**
 * Return the color of a number from -1 to 1, as red, green and blue.
 * @returns {number[]}
 */
export function signed(share, { low, zero, high }) {
  const end = share < 0 ? low : high;
  const part = Math.min(1, Math.abs(share)) ** 0.8; // so that small numbers can be seen
  return zero.map((from, c) => Math.round(from + (end[c] - from) * part));
}

/** Return the color of a pixel from 0 to 1. */
export function gray(share) {
  const value = Math.round(255 * Math.max(0, Math.min(1, share)));
  return [value, value, value];
}

/**
 * Return a color for a style sheet.
 * @param {number[]} color
 */
export const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;

/** Return black or white, whichever is further from a color: one of them is by 4.5 : 1 and more. */
export function readable(color) {
  const [red, green, blue] = color.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? "#000000" : "#ffffff";
}
