// The theme: that of the system, unless one was chosen. Loaded before the page's first paint.
(function () {
  "use strict";
  const KEY = "desk-theme", THEMES = ["system", "light", "dark"], root = document.documentElement;
  const BARS = { dark: "#0b0e13", light: "#f6f7f9" }; // of a browser's own bar: the ground of the page
  const light = window.matchMedia("(prefers-color-scheme: light)");
  const listeners = [];
  let chosen = kept(), colours = new Map();

  // If the browser blocks storage, every visit begins with the theme of the system.
  function kept() {
    try {
      const found = localStorage.getItem(KEY);
      return THEMES.includes(found) ? found : "system";
    } catch { return "system"; }
  }

  const current = () => (chosen === "system" ? (light.matches ? "light" : "dark") : chosen);

  function show() {
    if (root.dataset.theme === current()) return;
    root.dataset.theme = current();
    colours = new Map();
    document.querySelector("meta[name=theme-color]")?.setAttribute("content", BARS[current()]);
    for (const listener of listeners) listener();
  }

  function choose(theme) {
    chosen = theme;
    try { localStorage.setItem(KEY, theme); } catch { /* as above */ }
    show();
  }

  const next = () => THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length];

  // A colour of the style sheet by its name, such as "--up", or "--up80" with two digits of opacity.
  function colour(name) {
    if (!colours.has(name)) {
      const [, base, opacity] = name.match(/^(--[a-z]+)([0-9][0-9a-f])?$/);
      colours.set(name, getComputedStyle(root).getPropertyValue(base).trim() + (opacity || ""));
    }
    return colours.get(name);
  }

  // Options of the chart library with colours in place of their names.
  function painted(options) {
    if (typeof options === "string") return options.startsWith("--") ? colour(options) : options;
    if (Array.isArray(options)) return options.map(painted);
    if (options === null || typeof options !== "object") return options;
    return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, painted(value)]));
  }

  light.addEventListener("change", show);
  // A theme that was chosen in another tab is shown here too.
  window.addEventListener("storage", ({ key }) => { if (key === KEY) { chosen = kept(); show(); } });
  show();
  window.deskTheme = { choose, next, colour, painted, chosen: () => chosen, onChange: (listener) => listeners.push(listener) };
})();
