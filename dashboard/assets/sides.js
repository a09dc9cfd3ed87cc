// The sides of the desk: shown or hidden as they were last left. Loaded before the page's first paint.
(function () {
  "use strict";
  const KEY = "desk-sides", NAMES = ["watch", "details"], root = document.documentElement;
  const narrow = window.matchMedia("(max-width: 1099.98px)"); // the details are a drawer, which is closed at first
  const listeners = [];
  let kept = read();

  // If the browser blocks storage, every visit begins with both sides.
  function read() {
    try { return JSON.parse(localStorage.getItem(KEY)) || {}; } catch { return {}; }
  }

  function show() {
    for (const name of NAMES) {
      const isDrawer = narrow.matches && name === "details";
      root.dataset[name] = kept[name] === false || isDrawer ? "off" : "on";
    }
    for (const listener of listeners) listener();
  }

  const isOn = (name) => root.dataset[name] === "on";

  function set(name, on) {
    root.dataset[name] = on ? "on" : "off";
    for (const listener of listeners) listener();
    if (narrow.matches && name === "details") return;
    kept = { ...kept, [name]: on };
    try { localStorage.setItem(KEY, JSON.stringify(kept)); } catch { /* as above */ }
  }

  narrow.addEventListener("change", show);
  show();
  window.deskSides = { isOn, set, isNarrow: () => narrow.matches, onChange: (listener) => listeners.push(listener) };
})();
