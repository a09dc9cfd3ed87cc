// The shell: tabs of the inspector, sides, the panes of a phone, and what opens from a button.
(function () {
  "use strict";
  const KEY = "desk-tab", GAP = 4, EDGE = 8; // pixels
  const phone = window.matchMedia("(max-width: 699.98px)");
  const byId = (id) => document.getElementById(id);
  const all = (selector) => [...document.querySelectorAll(selector)];

  function kept() {
    try { return localStorage.getItem(KEY); } catch { return null; }
  }

  function keep(name) {
    try { localStorage.setItem(KEY, name); } catch { /* if the browser blocks storage, a visit begins with the first tab */ }
  }

  function showTab(name) {
    for (const tab of all("[role=tab]")) {
      const isIt = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(isIt));
      tab.tabIndex = isIt ? 0 : -1;
      byId(`panel-${tab.dataset.tab}`).hidden = !isIt;
    }
    keep(name);
  }

  // Shows a tab wherever it is: in a side that is hidden, or in another pane.
  function openTab(name) {
    showTab(name);
    deskSides.set("details", true);
    showPane("details");
  }

  // The arrow keys move between tabs (as in the patterns of ARIA).
  function moveTab(event) {
    const tabs = all("[role=tab]"), place = tabs.indexOf(event.target.closest("[role=tab]")), last = tabs.length - 1;
    const next = { ArrowRight: (place + 1) % tabs.length, ArrowLeft: (place + last) % tabs.length, Home: 0, End: last }[event.key];
    if (place < 0 || next === undefined) return;
    event.preventDefault();
    showTab(tabs[next].dataset.tab);
    tabs[next].focus();
  }

  // On a phone one pane is seen at a time. All are laid out, so that each keeps its place.
  function showPane(name) {
    byId("app").dataset.pane = name;
    for (const button of all("#panes button")) button.setAttribute("aria-pressed", String(button.dataset.pane === name));
    for (const pane of all(".desk > [data-pane]")) pane.inert = phone.matches && pane.dataset.pane !== name;
  }

  // After a choice that the chart shows: what lies over it goes away.
  function showChart() {
    showPane("chart");
    if (deskSides.isNarrow()) deskSides.set("details", false);
  }

  function choose(symbol) {
    dash_clientside.set_props("symbol", { value: symbol });
    if (phone.matches) showPane("chart");
  }

  function nameSides() {
    for (const name of ["watch", "details"]) byId(`${name}-switch`).setAttribute("aria-pressed", String(deskSides.isOn(name)));
  }

  const toggle = (name) => deskSides.set(name, !deskSides.isOn(name));

  // Opens a panel below its button; a click elsewhere and Escape close it.
  function attach(button, panel) {
    panel.popover = "auto";
    panel.hidden = false;
    button.popoverTargetElement = panel;
    panel.addEventListener("toggle", ({ newState }) => button.setAttribute("aria-expanded", String(newState === "open")));
    panel.addEventListener("beforetoggle", ({ newState }) => { if (newState === "open") requestAnimationFrame(() => place(button, panel)); });
    window.addEventListener("resize", () => { if (panel.matches(":popover-open")) place(button, panel); });
  }

  function place(button, panel) {
    const { left, bottom } = button.getBoundingClientRect(), most = window.innerWidth - panel.offsetWidth - EDGE;
    Object.assign(panel.style, { left: `${Math.max(EDGE, Math.min(left, most))}px`, top: `${bottom + GAP}px` });
  }

  function listen() {
    document.querySelector("[role=tablist]").addEventListener("click", ({ target }) => {
      const tab = target.closest("[role=tab]");
      if (tab) showTab(tab.dataset.tab);
    });
    document.querySelector("[role=tablist]").addEventListener("keydown", moveTab);
    byId("panes").addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) showPane(button.dataset.pane);
    });
    for (const name of ["watch", "details"]) byId(`${name}-switch`).addEventListener("click", () => toggle(name));
    document.addEventListener("keydown", (event) => {
      const isOpen = deskSides.isNarrow() && deskSides.isOn("details") && !document.querySelector("dialog[open], :popover-open");
      if (event.key === "Escape" && isOpen) deskSides.set("details", false);
      if (event.key === "Escape" && byId("feed-box").matches(":hover, :focus-within")) byId("feed-box").classList.add("dismissed");
    });
    for (const name of ["mouseleave", "focusout"]) byId("feed-box").addEventListener(name, () => byId("feed-box").classList.remove("dismissed"));
    phone.addEventListener("change", () => showPane(byId("app").dataset.pane));
    deskSides.onChange(nameSides);
  }

  function begin() {
    listen();
    attach(byId("status"), byId("pipeline"));
    attach(byId("studies-open"), byId("studies"));
    if (byId(`tab-${kept()}`)) showTab(kept());
    nameSides();
    showPane("chart");
    // It may be forbidden: then the browser's own page is shown where the server can't be reached.
    navigator.serviceWorker?.register("/worker.js").catch(() => {});
    deskLook.begin();
    deskStudies.begin();
    deskKeys.begin();
    deskChartKeys.begin();
  }

  window.deskShell = { begin, openTab, showChart, choose, toggle };
})();
