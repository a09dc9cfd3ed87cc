// The keys of the page. Those of a single character can be switched off, for those who speak to their computer (WCAG 2.1.4).
(function () {
  "use strict";
  const KEY = "desk-single-keys";
  const LIST = [
    ["Ctrl+K", "Search symbols and commands"],
    ["/", "The same, by a single key", true],
    ["A letter or digit", "Search with it; a digit finds an interval", true],
    [",", "Choose an interval", true],
    ["[ and ]", "Show or hide the watchlist, the details", true],
    ["?", "This list", true],
    ["\u2191 \u2193", "In the watchlist: the symbol above or below"],
    ["\u2190 \u2192", "On the chart: the bar before or after; with Shift: move the chart"],
    ["Ctrl+\u2191 Ctrl+\u2193", "On the chart: zoom in or out"],
    ["End", "On the chart: the latest bar"],
    ["Alt+R", "Show the range of the interval again"],
    ["Esc", "Close what is open"],
  ];
  let isSingle = read(), dialog = null;

  // If the browser blocks storage, every visit begins with single keys.
  function read() {
    try { return localStorage.getItem(KEY) !== "off"; } catch { return true; }
  }

  function setSingle(on) {
    isSingle = on;
    try { localStorage.setItem(KEY, on ? "on" : "off"); } catch { /* as above */ }
  }

  // A key of a text that is being composed by an input method: Safari sends it after the composition, with this code.
  const isOfInputMethod = (event) => event.isComposing || event.keyCode === 229;
  const isText = (target) => target.closest?.("input, textarea, select, [contenteditable]");

  function press(event) {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    if (event.defaultPrevented || isOfInputMethod(event) || document.querySelector("dialog[open]")) return;
    if ((ctrlKey || metaKey) && !altKey && key.toLowerCase() === "k") { event.preventDefault(); deskPalette.open(""); return; }
    if (ctrlKey || metaKey || altKey || !isSingle || isText(target)) return;
    const run = single(key);
    if (!run) return;
    event.preventDefault();
    run();
  }

  function single(key) {
    const named = {
      "/": () => deskPalette.open(""), "?": open, ",": () => deskPalette.open("Interval "),
      "[": () => deskShell.toggle("watch"), "]": () => deskShell.toggle("details"),
    };
    return named[key] || (/^[\p{L}\p{N}]$/u.test(key) ? () => deskPalette.open(key) : null);
  }

  function make() {
    const { element } = deskPanels, list = element("dl", "keys"), label = element("label", "keys-single"), box = element("input", "");
    for (const [keys, text] of LIST) {
      const pair = element("div", "");
      pair.append(element("dt", "", keys), element("dd", "", text));
      list.append(pair);
    }
    Object.assign(box, { type: "checkbox", id: "single-keys", checked: isSingle });
    box.addEventListener("change", () => setSingle(box.checked));
    label.append(box, "Single keys: / ? , [ ], letters and digits");
    const close = element("button", "icon-button close-button", "\u00d7"), title = element("h2", "", "Keyboard");
    Object.assign(close, { type: "button", ariaLabel: "Close" });
    Object.assign(title, { id: "keys-title" });
    dialog = element("dialog", "dialog keys-dialog");
    dialog.setAttribute("aria-labelledby", "keys-title");
    dialog.append(close, title, list, label);
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", ({ target }) => { if (target === dialog) dialog.close(); });
    document.getElementById("app").append(dialog);
  }

  function open() {
    if (!dialog) make();
    dialog.showModal();
  }

  function begin() {
    document.addEventListener("keydown", press);
    document.getElementById("keys").addEventListener("click", open);
    document.getElementById("find").addEventListener("click", () => deskPalette.open(""));
  }

  window.deskKeys = { begin, open, isOfInputMethod };
})();
