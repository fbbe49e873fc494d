// Numbers as a reader likes them.

/** Return a number with three digits that count, and a real minus. */
export function short(value) {
  if (value === 0 || Object.is(value, -0)) return "0";
  const size = Math.abs(value);
  let text;
  if (size >= 1e5 || size < 1e-4) {
    const [digits, power] = size.toExponential(1).split("e");
    text = `${digits}·10${raised(Number(power))}`;
  } else {
    text = String(Number(size.toPrecision(3)));
  }
  return (value < 0 ? "−" : "") + text;
}

function raised(power) {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const text = [...String(Math.abs(power))].map((digit) => digits[Number(digit)]).join("");
  return (power < 0 ? "⁻" : "") + text;
}

/** Return a share as a percentage that never says 100% of what is not. */
export function percent(share) {
  const hundred = 100 * share;
  if (hundred > 99.9 && hundred < 100) return "> 99.9%";
  if (hundred < 0.1 && hundred > 0) return "< 0.1%";
  return `${hundred.toFixed(1)}%`;
}

const thousands = new Intl.NumberFormat("en-US");

/** Return a whole number with its thousands apart. */
export const whole = (value) => thousands.format(value);

/** Return the place of a number in an array of a shape. */
export function placeOf(at, shape) {
  const place = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place.unshift(at % shape[axis]);
    at = Math.floor(at / shape[axis]);
  }
  return place;
}

/** Return where a place lies in a flat array of a shape. */
export const at = (place, shape) => place.reduce((sum, n, axis) => sum * shape[axis] + n, 0);

/** Return the largest size of some numbers. */
export function most(values) {
  let largest = 0;
  for (let n = 0; n < values.length; n++) largest = Math.max(largest, Math.abs(values[n]));
  return largest;
}
