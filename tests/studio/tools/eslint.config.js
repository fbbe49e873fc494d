// How the page's code is written: what is wrong, and how it is laid out.

import js from "@eslint/js";
import stylistic from "@stylistic/eslint-plugin";

const globals = [
  "addEventListener", "atob", "btoa", "cancelAnimationFrame", "clearInterval", "clearTimeout",
  "createImageBitmap", "document", "fetch", "getComputedStyle", "history", "localStorage", "location",
  "matchMedia", "parent", "performance", "requestAnimationFrame", "sessionStorage", "setInterval",
  "setTimeout", "window", "AbortController", "Blob", "CustomEvent", "Event", "EventSource", "EventTarget",
  "File", "FileReader", "IntersectionObserver", "MutationObserver", "ResizeObserver", "TextDecoder",
  "TextEncoder", "URL", "URLSearchParams", "WebSocket",
];

export default [
  js.configs.recommended,
  {
    languageOptions: {
      ecmaVersion: 2023,
      sourceType: "module",
      globals: Object.fromEntries(globals.map((name) => [name, "readonly"])),
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { stylistic },
    rules: {
      "eqeqeq": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrors: "none" }],
      "no-var": "error",
      "prefer-const": ["error", { destructuring: "all" }],
      "stylistic/arrow-parens": ["error", "always"],
      "stylistic/comma-dangle": ["error", "always-multiline"],
      "stylistic/comma-spacing": "error",
      "stylistic/eol-last": "error",
      "stylistic/keyword-spacing": "error",
      "stylistic/max-len": ["error", { code: 120 }],
      "stylistic/no-multiple-empty-lines": ["error", { max: 1, maxBOF: 0, maxEOF: 0 }],
      "stylistic/no-tabs": "error",
      "stylistic/no-trailing-spaces": "error",
      "stylistic/quotes": ["error", "double", { avoidEscape: true }],
      "stylistic/semi": "error",
      "stylistic/space-before-blocks": "error",
      "stylistic/space-infix-ops": "error",
    },
  },
];
