// A picture of one's own: read by the browser, and handed on as planes of bytes.

import { element } from "./dom.js";
import { WORDS } from "./words.js";

/** A larger picture is made smaller by the browser first: its longer side gets so many pixels. */
const LONGEST = 800;

/**
 * Return a field to open a picture with, and let pictures be dropped and pasted anywhere on the page.
 * @param {(picture: import("./ink.js").Picture) => void} opened
 * @param {(text: string) => void} failed
 */
export function opening(opened, failed) {
  async function take(file) {
    if (!file) return;
    let picture;
    try {
      picture = planesOf(await createImageBitmap(file));
    } catch {
      failed(WORDS.image.unreadable);
      return;
    }
    opened(picture);
  }

  const input = element("input", {
    type: "file", accept: "image/*",
    onchange() {
      take(input.files[0]);
      input.value = ""; // so that the same file can be opened once more
    },
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer?.files[0]);
  });
  addEventListener("paste", (event) => {
    take([...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/")));
  });
  return element("label", { class: "opener" }, WORDS.image.open, input);
}

/**
 * Return red, green and blue of a picture, on white where it is transparent; one plane where they
 * are the same everywhere.
 * @param {ImageBitmap} bitmap
 * @returns {import("./ink.js").Picture}
 */
function planesOf(bitmap) {
  const share = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = /** @type {HTMLCanvasElement} */ (element("canvas", {
    width: Math.max(1, Math.round(bitmap.width * share)),
    height: Math.max(1, Math.round(bitmap.height * share)),
  }));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const planes = [0, 1, 2].map((c) => Float64Array.from({ length: data.length / 4 }, (_, at) => data[4 * at + c]));
  const isGray = planes[0].every((value, at) => value === planes[1][at] && value === planes[2][at]);
  return { planes: isGray ? [planes[0]] : planes, rows: canvas.height, columns: canvas.width };
}
