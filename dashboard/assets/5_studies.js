// What is shown beside the price, and whether prices are adjusted: chosen in the toolbar, kept in the browser or named by the
// address.
(function () {
  "use strict";
  const KEY = "desk-studies", ADJUSTED = "desk-adjusted", NONE = "none";
  const byId = (id) => document.getElementById(id);
  let first = "", isAdjusted = read(ADJUSTED) === true;

  // If the browser blocks storage, every visit begins as the first one.
  function read(key) {
    try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
  }

  function keep(key, value) {
    try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* as above */ }
  }

  const buttons = () => [...byId("studies").querySelectorAll("button")];
  const isOn = (button) => button.getAttribute("aria-pressed") === "true";
  const names = () => buttons().filter(isOn).map(({ dataset }) => dataset.study);

  // The studies as the address has them; empty for those of a first visit.
  function named() { return names().join() === first ? "" : names().join() || NONE; }

  function set(wanted) {
    for (const button of buttons()) button.setAttribute("aria-pressed", String(wanted.includes(button.dataset.study)));
    deskPanels.write(byId("studies-count"), String(names().length));
    deskChart.show(names());
  }

  function toggle(study) {
    const shown = names();
    set(shown.includes(study) ? shown.filter((each) => each !== study) : [...shown, study]);
    keep(KEY, names());
  }

  function adjust() {
    isAdjusted = !isAdjusted;
    keep(ADJUSTED, isAdjusted);
    mark();
    deskGo.ask();
  }

  function mark() { byId("adjusted").setAttribute("aria-pressed", String(isAdjusted)); }

  // `given` are the studies of an address, null where it names none. Returns those that don't exist.
  function show(given) {
    const own = read(KEY), known = buttons().map(({ dataset }) => dataset.study), all = given ? given.split(",") : [];
    set((given ? all : Array.isArray(own) ? own : first.split(",")).filter((each) => known.includes(each)));
    return all.filter((each) => each !== NONE && !known.includes(each));
  }

  function begin() {
    first = names().join();
    byId("studies").addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) toggle(button.dataset.study);
    });
    byId("adjusted").addEventListener("click", adjust);
    mark();
  }

  window.deskStudies = {
    begin, show, named, toggle, adjust, isAdjusted: () => isAdjusted,
    list: () => buttons().map((button) => ({ study: button.dataset.study, label: button.textContent, isOn: isOn(button) })),
  };
})();
