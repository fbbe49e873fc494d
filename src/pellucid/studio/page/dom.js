// Elements, made in a line.

/**
 * Return an element with attributes and children; what begins with "on" is listened to.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null | false)} children
 * @returns {any} an element of that tag
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...shown(children));
  return made;
}

/**
 * @param {(Node | string | null | false)[]} children
 * @returns {(Node | string)[]}
 */
function shown(children) {
  return /** @type {(Node | string)[]} */ (children.filter((child) => child !== null && child !== false));
}

/**
 * Call what rebuilds a part of the page, and give the focus back to what stands in its place then.
 * @param {HTMLElement} parent
 * @param {() => void} rebuild
 */
export function keepingFocus(parent, rebuild) {
  const all = () => /** @type {HTMLElement[]} */ ([...parent.querySelectorAll("[tabindex], button")]);
  const held = all().indexOf(/** @type {HTMLElement} */ (document.activeElement));
  rebuild();
  if (held >= 0) all()[held]?.focus();
}

/**
 * Write words into an element unless they are there: to write the same costs a layout.
 * @param {HTMLElement} parent
 * @param {string} text
 */
export function say(parent, text) {
  if (parent.textContent !== text) parent.textContent = text;
}

/** Put other children into an element. */
export function fill(parent, ...children) {
  parent.replaceChildren(...shown(children));
}

/** Return a table that scrolls by itself where it is too wide, by keys too. */
export function scrolled(made, label) {
  return element("div", { class: "scrolled", tabindex: "0", role: "group", "aria-label": label }, made);
}

/** Return a table; the first cell of a row is its heading. */
export function table(head, rows, attributes = {}) {
  const cells = (row) => row.map((cell, n) =>
    element(n ? "td" : "th", n ? {} : { scope: "row" }, cell));
  return element("table", attributes,
    element("thead", {}, element("tr", {}, ...head.map((cell) => element("th", { scope: "col" }, cell)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells(row)))));
}
